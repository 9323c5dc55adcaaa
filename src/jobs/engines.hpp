// SPDX-License-Identifier: BSL-1.0
// The engines that there are.
#ifndef CONQ_SRC_JOBS_ENGINES_HPP
#define CONQ_SRC_JOBS_ENGINES_HPP

#include <chrono>
#include <memory>

#include "conq/jobs/engine.hpp"
#include "src/jobs/url.hpp"

namespace conq::jobs {

/// The longest that a sleeper trusts that it will be told: what a process that was killed between
/// its commit and its news left untold, and the death of an owner, is seen after so long.
inline constexpr job_span recheck{500};

std::unique_ptr<engine> open_memory();
std::unique_ptr<engine> open_sqlite(const queue_url& url);

}  // namespace conq::jobs

#endif

// SPDX-License-Identifier: BSL-1.0
// Functions that open each kind of engine.
#ifndef CONQ_SRC_JOBS_ENGINES_HPP
#define CONQ_SRC_JOBS_ENGINES_HPP

#include <chrono>
#include <memory>

#include "conq/jobs/engine.hpp"
#include "src/jobs/url.hpp"

namespace conq::jobs {

/// How long a sleeper relies on being woken; then it looks by itself. So it sees, after this time
/// at the latest, the death of an owner, and a commit of a process that was killed before it told
/// of it.
inline constexpr job_span recheck{500};

std::unique_ptr<engine> open_memory();
std::unique_ptr<engine> open_sqlite(const queue_url& url);

}  // namespace conq::jobs

#endif

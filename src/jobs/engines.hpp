// SPDX-License-Identifier: BSL-1.0
// Functions that open each kind of engine.
#ifndef CONQ_SRC_JOBS_ENGINES_HPP
#define CONQ_SRC_JOBS_ENGINES_HPP

#include <chrono>
#include <functional>
#include <memory>

#include "conq/jobs/engine.hpp"
#include "src/jobs/url.hpp"

namespace conq::jobs {

/// How long a sleeper relies on being woken; then it looks by itself. So it sees, after this time
/// at the latest, the death of an owner, and a commit of a process that was killed before it told
/// of it.
inline constexpr job_span recheck{500};

/// Says whether the engine's user holds a lease, and so will renew it. Called from any thread,
/// within calls of the engine.
using held_check = std::function<bool(const job_ticket&)>;

/// An engine in memory. What `is_held` says is held is not lost, however late it is renewed.
std::unique_ptr<engine> open_memory(held_check is_held = {});
/// An engine on the file of `url`. `is_held`: the same, as long as this handle looks; others judge
/// by time.
std::unique_ptr<engine> open_sqlite(const queue_url& url, held_check is_held = {});

}  // namespace conq::jobs

#endif

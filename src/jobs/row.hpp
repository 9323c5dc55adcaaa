// SPDX-License-Identifier: BSL-1.0
// A job's row and the rules by which it changes, the same for each engine.
#ifndef CONQ_SRC_JOBS_ROW_HPP
#define CONQ_SRC_JOBS_ROW_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include "conq/jobs/engine.hpp"

namespace conq::jobs {

/// The instant `span` after `now_ms`, or the end of time if it is later than that.
constexpr std::int64_t after_ms(std::int64_t now_ms, job_span span) noexcept {
    constexpr std::int64_t end_ms = std::numeric_limits<std::int64_t>::max();
    return span.count() > end_ms - now_ms ? end_ms : now_ms + span.count();
}

/// What the rules need to know of a job.
struct row {
    job_id id = 0;                       ///< Its name.
    job_state state = job_state::ready;  ///< What has become of it.
    std::int64_t due_ms = 0;         ///< delayed: when it becomes ready; running: end of its lease.
    std::uint64_t token = 0;         ///< How often it was handed out.
    std::uint32_t attempts = 0;      ///< The same, without crashes and releases.
    std::uint32_t crashes = 0;       ///< How many workers died while they held it.
    std::uint32_t max_attempts = 0;  ///< See job_options.
    std::uint32_t max_crashes = 0;   ///< See job_options.
    job_span time_limit{0};          ///< See job_options.
    std::uint64_t owner = 0;         ///< Who holds its lease, as the engine numbers holders.
    std::int64_t begin_ms = 0;       ///< When it was last handed out, by the clock of delays.

    /// Whether join waits for it.
    [[nodiscard]] bool is_unfinished() const noexcept {
        return state == job_state::ready || state == job_state::delayed ||
               state == job_state::running;
    }

    /// Whether it can be handed out to a caller that asks for this job. If `revives`, first makes a
    /// dead letter or a cancelled job ready, as if it were new.
    bool can_start(bool revives) noexcept {
        const bool is_lost = state == job_state::dead || state == job_state::cancelled;
        if (is_lost && revives) revive();
        return state == job_state::ready || state == job_state::delayed;
    }
    /// Hands the job out.
    void grant(std::uint64_t to, std::int64_t until_ms, std::int64_t now_ms) noexcept {
        state = job_state::running;
        due_ms = until_ms;
        owner = to;
        begin_ms = now_ms;
        ++token;
        ++attempts;
    }
    /// Makes `whom` the keeper of its lease, until `until_ms`. If it is the keeper already, the
    /// lease never gets shorter.
    void hold(std::uint64_t whom, std::int64_t until_ms) noexcept {
        due_ms = owner == whom ? std::max(due_ms, until_ms) : until_ms;
        owner = whom;
    }
    /// Ends its lease. `now_ms`: by the clock of delays.
    void end(ending how, std::int64_t now_ms, job_span delay) noexcept {
        owner = 0;
        if (how == ending::done || how == ending::forget) {
            state = job_state::done;
        } else if (how == ending::give_back) {
            --attempts;
            state = job_state::ready;
        } else if (how == ending::fail || attempts >= max_attempts) {
            state = job_state::dead;
        } else {
            hold_back(now_ms, delay);
        }
    }
    /// Takes the job back from a worker that died or has not renewed its lease.
    void lose_worker() noexcept {
        owner = 0;
        --attempts;
        ++crashes;
        state = crashes >= max_crashes ? job_state::dead : job_state::ready;
    }
    /// Makes the job ready after a delay.
    void hold_back(std::int64_t now_ms, job_span delay) noexcept {
        state = delay.count() > 0 ? job_state::delayed : job_state::ready;
        due_ms = after_ms(now_ms, delay);
    }
    /// Makes the job ready again, as if it were new; tokens go on.
    void revive() noexcept {
        state = job_state::ready;
        attempts = crashes = 0;
    }
};

/// The note of a job whose worker took longer than its time limit.
inline constexpr std::string_view late_note = "it took longer than its time limit";

/// The note of a job whose worker died.
inline constexpr std::string_view crash_note = "its worker died, or was stopped, too often";

}  // namespace conq::jobs

#endif

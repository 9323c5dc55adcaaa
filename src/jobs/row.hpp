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

/// A span after an instant, or the end of time.
constexpr std::int64_t after_ms(std::int64_t now_ms, job_span span) noexcept {
    constexpr std::int64_t end_ms = std::numeric_limits<std::int64_t>::max();
    return span.count() > end_ms - now_ms ? end_ms : now_ms + span.count();
}

/// What the rules need to know of a job.
struct row {
    job_id id = 0;                       ///< Its name.
    job_state state = job_state::ready;  ///< What has become of it.
    std::int64_t due_ms = 0;             ///< delayed: when it becomes ready; running: lease's end.
    std::uint64_t token = 0;             ///< How often it was handed out.
    std::uint32_t attempts = 0;          ///< The same, less crashes and what was handed back.
    std::uint32_t crashes = 0;           ///< How many workers died over it.
    std::uint32_t max_attempts = 0;      ///< See job_options.
    std::uint32_t max_crashes = 0;       ///< See job_options.
    job_span time_limit{0};              ///< See job_options.
    std::uint64_t owner = 0;             ///< Who holds its lease, as the engine names him.
    std::int64_t begin_ms = 0;           ///< When it was last handed out, by the clock of delays.

    /// Whether join waits for it.
    [[nodiscard]] bool is_unfinished() const noexcept {
        return state == job_state::ready || state == job_state::delayed ||
               state == job_state::running;
    }

    /// Whether it can be handed out to who asks for it by name. Then it is as new, if it was lost.
    bool can_start(bool revives) noexcept {
        const bool is_lost = state == job_state::dead || state == job_state::cancelled;
        if (is_lost && revives) revive();
        return state == job_state::ready || state == job_state::delayed;
    }
    /// Handed out.
    void grant(std::uint64_t to, std::int64_t until_ms, std::int64_t now_ms) noexcept {
        state = job_state::running;
        due_ms = until_ms;
        owner = to;
        begin_ms = now_ms;
        ++token;
        ++attempts;
    }
    /// Its lease is kept by `whom` until then; by who keeps it anyway, as long as it was, at least.
    void hold(std::uint64_t whom, std::int64_t until_ms) noexcept {
        due_ms = owner == whom ? std::max(due_ms, until_ms) : until_ms;
        owner = whom;
    }
    /// Its lease has ended; `now_ms` of the clock of delays.
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
    /// Its worker died, or has not renewed it.
    void lose_worker() noexcept {
        owner = 0;
        --attempts;
        ++crashes;
        state = crashes >= max_crashes ? job_state::dead : job_state::ready;
    }
    /// Ready after a delay.
    void hold_back(std::int64_t now_ms, job_span delay) noexcept {
        state = delay.count() > 0 ? job_state::delayed : job_state::ready;
        due_ms = after_ms(now_ms, delay);
    }
    /// Ready again, as if it were new; tokens go on.
    void revive() noexcept {
        state = job_state::ready;
        attempts = crashes = 0;
    }
};

/// What a job is told whose worker took longer than its limit.
inline constexpr std::string_view late_note = "it took longer than its time limit";

/// What a dead letter says whose workers died.
inline constexpr std::string_view crash_note = "its worker died, or was stopped, too often";

}  // namespace conq::jobs

#endif

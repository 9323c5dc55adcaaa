// SPDX-License-Identifier: BSL-1.0
// How long a job may take.
#ifndef CONQ_CLI_TIME_LIMIT_HPP
#define CONQ_CLI_TIME_LIMIT_HPP

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "cli/duration.hpp"

namespace conq::cli {

/// Ends a job that takes too long: sends SIGTERM to its process group and, if it is still there
/// after a grace, SIGKILL. Belongs to one thread, which calls enforce() again and again, until it
/// has seen the job end.
///
/// The limit is in time that passes, also while we are stopped. A job that has ended before we
/// signal it is left as it is: if we are late (Ctrl-Z, a loaded machine) we cannot tell when it
/// ended, and it has done its work.
class time_limit {
    using clock = std::chrono::steady_clock;

public:
    /// The time begins now. Zero: no limit.
    explicit time_limit(std::chrono::milliseconds span = {},
                        std::chrono::milliseconds grace = std::chrono::seconds(10))
        : span_(span), grace_(grace), is_set_(span.count() != 0), next_(clock::now() + span) {}

    [[nodiscard]] bool is_set() const noexcept { return is_set_; }
    /// The message about a job that the limit has ended.
    [[nodiscard]] std::string reason() const {
        return "it took too long: more than " + shown_duration(span_);
    }
    /// Whether the limit has ended the job, or tried to.
    [[nodiscard]] bool has_struck() const noexcept { return has_struck_; }

    /// How long to wait, at most `most_ms`, before enforce() must be called again.
    [[nodiscard]] int wait_ms(int most_ms) const {
        if (!is_set_ || signal_ == 0) return most_ms;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - clock::now());
        return static_cast<int>(
            std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, most_ms));
    }
    /// Signals the job if that is due: the group of the process, or the process `alone`. The caller
    /// is its parent, and has not reaped it.
    void enforce(pid_t leader, bool alone = false) {
        if (!is_set_ || signal_ == 0 || clock::now() < next_) return;
        // After the time, so that a job which is found running has taken longer.
        if (has_ended(leader)) {
            signal_ = 0;
            return;
        }
        const pid_t to = alone ? leader : -leader;
        ::kill(to, signal_);
        ::kill(to, SIGCONT);  // a stopped process does not act on SIGTERM
        has_struck_ = true;
        signal_ = signal_ == SIGTERM ? SIGKILL : 0;
        next_ = clock::now() + grace_;  // from now, so that the job has its grace if we are late
    }

private:
    static bool has_ended(pid_t process) {
        siginfo_t about{};
        const int failed =
            ::waitid(P_PID, static_cast<id_t>(process), &about, WEXITED | WNOHANG | WNOWAIT);
        return failed != 0 || about.si_pid != 0;
    }

    std::chrono::milliseconds span_, grace_;
    bool is_set_;
    bool has_struck_ = false;
    clock::time_point next_;
    int signal_ = SIGTERM;  // the next one to send; 0: none is left
};

}  // namespace conq::cli

#endif

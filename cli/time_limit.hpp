// SPDX-License-Identifier: BSL-1.0
// How long a job may take.
#ifndef CONQ_CLI_TIME_LIMIT_HPP
#define CONQ_CLI_TIME_LIMIT_HPP

#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "cli/duration.hpp"

namespace conq::cli {

/// Ends a job that takes too long: sends SIGTERM to its process group and, if it is still there
/// after `grace`, SIGKILL. Belongs to one thread, which calls enforce() again and again.
class time_limit {
    using clock = std::chrono::steady_clock;

public:
    static constexpr std::chrono::seconds grace{10};

    /// The time begins now. Zero: no limit.
    explicit time_limit(std::chrono::milliseconds span = {})
        : span_(span), is_set_(span.count() != 0), next_(clock::now() + span) {}

    [[nodiscard]] bool is_set() const noexcept { return is_set_; }
    /// The message about a job that the limit has ended.
    [[nodiscard]] std::string reason() const {
        return "it took too long: more than " + shown_duration(span_);
    }
    /// Whether the limit has ended the job, or tried to.
    [[nodiscard]] bool has_struck() const noexcept { return signal_ != SIGTERM; }

    /// How long to wait, at most `most_ms`, before enforce() must be called again.
    [[nodiscard]] int wait_ms(int most_ms) const {
        if (!is_set_ || signal_ == 0) return most_ms;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - clock::now());
        return static_cast<int>(
            std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, most_ms));
    }
    /// Signals the group if that is due.
    void enforce(pid_t group) {
        if (!is_set_ || signal_ == 0 || clock::now() < next_) return;
        ::kill(-group, signal_);
        ::kill(-group, SIGCONT);  // a stopped process does not act on SIGTERM
        signal_ = signal_ == SIGTERM ? SIGKILL : 0;
        next_ += grace;
    }

private:
    std::chrono::milliseconds span_;
    bool is_set_;
    clock::time_point next_;
    int signal_ = SIGTERM;  // the next one to send; 0: none is left
};

}  // namespace conq::cli

#endif

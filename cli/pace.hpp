// SPDX-License-Identifier: BSL-1.0
// How soon one job may begin after another.
#ifndef CONQ_CLI_PACE_HPP
#define CONQ_CLI_PACE_HPP

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <mutex>

namespace conq::cli {

/// Sleeps until `span` is over or `file` is readable. Returns whether it slept to the end.
inline bool sleep_unless(int file, std::chrono::nanoseconds span) {
    using std::chrono::steady_clock;
    constexpr std::chrono::milliseconds::rep most = std::numeric_limits<int>::max();
    const auto until = steady_clock::now() + span;
    for (auto left = span; left.count() > 0; left = until - steady_clock::now()) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        pollfd ready{file, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(std::min(ms, most))) > 0) return false;
    }
    return true;
}

/// Keeps at least `delay` between the beginnings of any two jobs. Any thread.
class pace {
public:
    explicit pace(std::chrono::milliseconds delay) : delay_(delay) {}
    /// Waits until the caller's job may begin. False: `interrupt` became readable meanwhile.
    bool wait(int interrupt) {
        using std::chrono::steady_clock;
        if (delay_.count() == 0) return true;
        const auto now = steady_clock::now();
        steady_clock::time_point mine;
        {
            const std::lock_guard held(mutex_);
            mine = std::max(now, next_);
            next_ = mine + delay_;
        }
        return sleep_unless(interrupt, mine - now);
    }

private:
    const std::chrono::milliseconds delay_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace conq::cli

#endif

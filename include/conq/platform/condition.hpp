// SPDX-License-Identifier: BSL-1.0
// A mutex and a condition variable for the parts that want the operating system's own: the
// portable waiter and the baseline queue.
//
// glibc up to 2.40 can lose a wake of a condition variable (its bug 25847). Every wait here ends by
// itself after `recheck_ns`, so that the caller looks at its condition again and no wake is lost
// for longer than that.
#ifndef CONQ_PLATFORM_CONDITION_HPP
#define CONQ_PLATFORM_CONDITION_HPP

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "conq/platform/clock.hpp"

namespace conq::platform {

/// std::condition_variable whose waits end by themselves. Threads: as std::condition_variable.
class condition {
public:
    /// The longest single wait.
    static constexpr std::uint64_t recheck_ns = 50'000'000;

    /// Unlocks, sleeps until notified, until `deadline` or for `recheck_ns`, and locks again. May
    /// return early at any time: the caller tests its condition and the clock in a loop.
    void wait(std::unique_lock<std::mutex>& lock, instant_ns deadline) {
        const instant_ns recheck = after(monotonic_now(), recheck_ns);
        const instant_ns until = deadline < recheck ? deadline : recheck;
        condition_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(
                                        static_cast<std::int64_t>(until))));
    }

    /// Wakes one waiting thread.
    void notify_one() noexcept { condition_.notify_one(); }

    /// Wakes all waiting threads.
    void notify_all() noexcept { condition_.notify_all(); }

private:
    std::condition_variable condition_;
};

}  // namespace conq::platform

#endif

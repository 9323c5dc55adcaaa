// SPDX-License-Identifier: BSL-1.0
// A condition variable for the parts that use the operating system's own: the portable futex and
// the baseline queue.
//
// In glibc up to 2.40 a condition variable can lose a wake (glibc bug 25847). Every wait here ends
// by itself after `recheck_ns`, and the caller then looks at its condition again, so no wake is
// lost for longer than that.
#ifndef CONQ_PLATFORM_CONDITION_HPP
#define CONQ_PLATFORM_CONDITION_HPP

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "conq/platform/clock.hpp"

namespace conq::platform {

/// A std::condition_variable whose waits end by themselves. Threads: as std::condition_variable.
class condition {
public:
    /// The longest single wait, in nanoseconds.
    static constexpr std::uint64_t recheck_ns = 50'000'000;

    /// Unlocks; sleeps until notified, until `deadline`, or for `recheck_ns`; locks again. It may
    /// return early at any time, so the caller tests its condition and the clock in a loop.
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

// SPDX-License-Identifier: BSL-1.0
// The clock of histories: the monotonic clock that the queues themselves use, read so that nothing
// of the recorded call slips past the reading.
//
// Why not the processor's counter? steady_clock is that counter on x86, taken up by the kernel only
// while its watchdog finds the cores in step, and it is the clock of the time-outs under test, so
// that "not a nanosecond early" can be checked. It costs 25 ns more a reading (46 against 71 ns
// with the fences, measured), which widens an interval, and so can hide a fault, never invent one.
//
// The fences: a load of the call that the processor runs ahead of the clock's would have happened
// before the interval began, and a correct answer would look false. The clock's own code keeps
// earlier loads before it, not later ones after it. Stores are another matter: one that is still
// in a store buffer when the call ends takes effect after the interval. An operation whose effect
// is a read-modify-write (put, get, task_done, shutdown: all claims here) is complete; one made of
// plain stores alone (spsc_queue) is not linearizable for this very reason, and is checked for
// sequential consistency. No store fence is added here: it would hide a missing one.
#ifndef CONQ_TESTING_HISTORY_CLOCK_HPP
#define CONQ_TESTING_HISTORY_CLOCK_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"

namespace conq::testing {

/// Keeps loads on either side where they are.
inline void hold_loads() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    asm volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
    asm volatile("dsb ld\n\tisb" ::: "memory");
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

/// Nanoseconds of the monotonic clock, one for all threads.
[[nodiscard]] inline std::uint64_t stamp() noexcept {
    hold_loads();
    const std::uint64_t now = platform::monotonic_now();
    hold_loads();
    return now;
}

}  // namespace conq::testing

#endif

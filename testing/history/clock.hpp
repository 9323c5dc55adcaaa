// SPDX-License-Identifier: BSL-1.0
// The clock of histories: the monotonic clock that the queues themselves use. It is read so that no
// load of the recorded call can move past the reading.
//
// Why not the processor's counter? On x86, steady_clock is that counter: the kernel uses it only
// while its watchdog finds the cores in step. And steady_clock is the clock of the time-outs under
// test, so "not a nanosecond early" can be checked. A reading costs 25 ns more (46 against 71 ns
// with the fences, measured). That widens the interval, which can hide a fault but never invent
// one.
//
// The fences: if the processor ran a load of the call ahead of the clock's, the load would happen
// before the interval began, and a correct answer would look wrong. The clock's own code keeps
// earlier loads before it, but not later ones after it. Stores differ: a store that is still in a
// store buffer when the call ends takes effect after the interval. An operation whose effect is a
// read-modify-write (put, get, task_done, shutdown: all claims here) is complete when it returns.
// One that is made of plain stores alone (spsc_queue) is not linearizable for this very reason, and
// is checked for sequential consistency. No store fence is added here: it would hide a missing one.
#ifndef CONQ_TESTING_HISTORY_CLOCK_HPP
#define CONQ_TESTING_HISTORY_CLOCK_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"

namespace conq::testing {

/// Keeps the processor from moving loads across it.
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

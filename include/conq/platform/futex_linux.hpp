// SPDX-License-Identifier: BSL-1.0
// Sleeping on a 32-bit word with Linux's futex(2): private to the process, with absolute deadlines
// on the monotonic clock. On other systems this file is empty.
#ifndef CONQ_PLATFORM_FUTEX_LINUX_HPP
#define CONQ_PLATFORM_FUTEX_LINUX_HPP

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "conq/platform/clock.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/sleep_end.hpp"

namespace conq::platform {

/// Sleep and wake on a word, by the kernel.
///
/// Threads: any. Progress: `wait` waits; `wake` is one system call. Allocates nothing.
struct linux_futex {
    /// Sleeps while `word` holds `expected`, but not beyond `deadline`. May return early.
    static sleep_end wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                          instant_ns deadline) noexcept {
        timespec until{};
        until.tv_sec = static_cast<time_t>(deadline / 1'000'000'000);
        until.tv_nsec = static_cast<long>(deadline % 1'000'000'000);
        const long failed =
            ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                      deadline == never ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
        if (failed == 0 || errno == EAGAIN) return sleep_end::woken;
        if (errno == ETIMEDOUT) return sleep_end::timed_out;
        if (errno == EINTR) return sleep_end::interrupted;
        abort_with("the kernel refuses futex(FUTEX_WAIT_BITSET): a seccomp filter?");
    }

    /// Wakes up to `count` threads that sleep on the word at `address`. The word need not exist any
    /// more: the kernel only compares addresses, and a stray wake only makes another thread's wait
    /// return early.
    static void wake(const void* address, int count) noexcept {
        ::syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
    }
};

}  // namespace conq::platform
#endif

#endif

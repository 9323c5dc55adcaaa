// SPDX-License-Identifier: BSL-1.0
// A barrier in two halves, of which one thread pays for both. The light half costs nothing: it only
// keeps the compiler from moving accesses across it. The heavy half makes every other thread of the
// process pass a full barrier, wherever that thread is. Suppose one thread stores, passes the light
// half and loads, and another stores, passes the heavy half and loads: then at least one of them
// sees the other's store. After D. Goldblatt, "Asymmetric Fences" (P1202).
//
// Neither half creates a happens-before edge: data is still handed over by acquire and release.
#ifndef CONQ_PLATFORM_BARRIER_HPP
#define CONQ_PLATFORM_BARRIER_HPP

#include <atomic>

#include "conq/platform/config.hpp"

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#define CONQ_HAS_MEMBARRIER 1  ///< Whether this system's headers know membarrier(2).
#else
#define CONQ_HAS_MEMBARRIER 0
#endif

namespace conq::platform {

/// For systems without such a barrier: code that needs one has to order both sides itself.
struct no_barrier {
    /// Whether the halves may be used: always false.
    [[nodiscard]] static constexpr bool is_there() noexcept { return false; }
    /// Must not be called: aborts.
    static void light() noexcept { heavy(); }
    /// Must not be called: aborts.
    static void heavy() noexcept { abort_with("this platform has no barrier for all threads"); }
};

#if CONQ_HAS_MEMBARRIER
/// The barrier by Linux's membarrier(2), command PRIVATE_EXPEDITED. It is there since Linux 4.14,
/// unless a filter forbids it.
///
/// Threads: any. Progress: `light` compiles to no instruction; `heavy` is a system call that
/// interrupts the cores on which other threads of this process run (about 0.4 us here if there are
/// none, 10 us if there is one). Allocates nothing.
struct linux_barrier {
    /// Whether the kernel offers it to this process. Asks the kernel once. False: do not use the
    /// halves.
    [[nodiscard]] static bool is_there() noexcept {
        static const bool is_registered = ask(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
        return is_registered;
    }
    /// The half on the side that must be fast.
    static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
    /// The half on the side that pays. Aborts if the kernel refuses the call after all.
    static void heavy() noexcept {
        if (!ask(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
            abort_with("the kernel refuses membarrier(), which it had offered: a seccomp filter?");
        }
    }

private:
    static bool ask(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }
};
#endif

}  // namespace conq::platform

#endif

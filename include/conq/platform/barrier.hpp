// SPDX-License-Identifier: BSL-1.0
// A barrier in two halves: one thread pays for both sides. The light half keeps the compiler alone
// from moving accesses across it and costs nothing; the heavy half makes every other thread of the
// process pass a full barrier, wherever it stands. Of a thread that stores, passes the light half
// and loads, and another that stores, passes the heavy half and loads, one sees the other's store.
// After D. Goldblatt, "Asymmetric Fences" (P1202).
//
// Neither half makes an edge of happens-before: data is handed over by acquire and release, as
// ever.
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

/// A system without such a barrier: who would need one orders both sides himself.
struct no_barrier {
    /// Whether the halves may be used: no.
    [[nodiscard]] static constexpr bool is_there() noexcept { return false; }
    /// Not to be called.
    static void light() noexcept { heavy(); }
    /// Not to be called.
    static void heavy() noexcept { abort_with("this platform has no barrier for all threads"); }
};

#if CONQ_HAS_MEMBARRIER
/// The barrier by Linux's membarrier(2), PRIVATE_EXPEDITED: since Linux 4.14, where no filter
/// forbids it.
///
/// Threads: any. Progress: `light` is no instruction at all; `heavy` is a system call that
/// interrupts the cores on which threads of this process run (some 0.4 us here if none does, 10 us
/// if one does). Allocates nothing.
struct linux_barrier {
    /// Whether the kernel offers it to this process; asked once.
    [[nodiscard]] static bool is_there() noexcept {
        static const bool is_registered = ask(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
        return is_registered;
    }
    /// The half of those who are in a hurry.
    static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
    /// The half of the one who pays.
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

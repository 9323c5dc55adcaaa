// SPDX-License-Identifier: BSL-1.0
// The platform seam's own lock: one 32-bit word, and no system call unless a thread sleeps. After
// Drepper, "Futexes Are Tricky" (2011), mutex 2.
#ifndef CONQ_PLATFORM_LOCK_HPP
#define CONQ_PLATFORM_LOCK_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"
#include "conq/platform/config.hpp"

namespace conq::platform {

/// A lock for critical sections of a few instructions. Satisfies Lockable.
///
/// Threads: any. Progress: `try_lock` is non-blocking; `lock` waits for the holder; `unlock` makes
/// a system call only if a thread sleeps. Allocates nothing. The exchange in `unlock` is its last
/// access to the lock, so the thread that takes the lock next may destroy it.
template <class Platform> class futex_lock {
public:
    /// Takes the lock. Polls for about half a microsecond, then sleeps.
    void lock() noexcept {
        if (!try_lock()) lock_slow();
    }

    /// Takes the lock if it is free. False: another thread holds it.
    [[nodiscard]] bool try_lock() noexcept {
        std::uint32_t expected = free;
        return word_.compare_exchange_strong(expected, held,
                                             std::memory_order_acquire,   // (1) with (4)
                                             std::memory_order_relaxed);  // (2) reads nothing
    }

    /// Releases the lock.
    void unlock() noexcept {
        const void* const address = &word_;
        const std::uint32_t was =
            word_.exchange(free, std::memory_order_release);  // (4) with (1) and (3)
        if (was == contended) {
            Platform::wake(address, 1);
        }
    }

private:
    // Polls for about half a microsecond, then sleeps.
    CONQ_COLD void lock_slow() noexcept {
        for (int round = 0; round < 4; ++round) {
            Platform::pause(1 << round);
            if (try_lock()) return;
        }
        for (;;) {
            const std::uint32_t was =
                word_.exchange(contended, std::memory_order_acquire);  // (3) with (4)
            if (was == free) return;
            static_cast<void>(Platform::wait(word_, contended, never));
        }
    }

    static constexpr std::uint32_t free = 0, held = 1, contended = 2;
    typename Platform::template atomic<std::uint32_t> word_{free};
};

}  // namespace conq::platform

#endif

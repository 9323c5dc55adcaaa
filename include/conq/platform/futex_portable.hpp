// SPDX-License-Identifier: BSL-1.0
// Sleeping on a 32-bit word where the kernel has no call for it: a table of mutexes and condition
// variables, indexed by the word's address. Several words may share an entry; a wake then wakes the
// sleepers of all of them, and each looks at its own word again.
#ifndef CONQ_PLATFORM_FUTEX_PORTABLE_HPP
#define CONQ_PLATFORM_FUTEX_PORTABLE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "conq/platform/clock.hpp"
#include "conq/platform/condition.hpp"
#include "conq/platform/sleep_end.hpp"

namespace conq::platform {

/// Sleep and wake on a word, made of mutexes and condition variables.
///
/// Threads: any. Progress: `wait` waits; `wake` takes a mutex for a moment. Allocates nothing.
struct portable_futex {
    /// Sleeps while `word` holds `expected`, but not beyond `deadline`. Whoever wakes the sleeper
    /// must change the word first.
    static sleep_end wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                          instant_ns deadline) {
        entry& shared = entry_of(&word);
        std::unique_lock lock(shared.mutex);
        while (word.load() == expected) {
            if (deadline != never && monotonic_now() >= deadline) return sleep_end::timed_out;
            shared.changed.wait(lock, deadline);
        }
        return sleep_end::woken;
    }

    /// Wakes all threads that sleep on the word at `address`. The word need not exist any more.
    static void wake(const void* address, int) noexcept {
        entry& shared = entry_of(address);
        {
            std::lock_guard lock(shared.mutex);
        }  // no thread is now between its look at the word and its sleep
        shared.changed.notify_all();
    }

private:
    struct alignas(64) entry {
        std::mutex mutex;
        condition changed;
    };
    static entry& entry_of(const void* address) noexcept {
        static std::array<entry, 64> table;
        return table[(reinterpret_cast<std::uintptr_t>(address) >> 4) % table.size()];
    }
};

}  // namespace conq::platform

#endif

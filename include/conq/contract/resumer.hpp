// SPDX-License-Identifier: BSL-1.0
// The target of a wake: a 32-bit word and a function. Threads and callbacks (coroutines, select,
// event loops) wait in the same way; the thread that wakes them need not tell them apart.
//
// Invariants. After a resumer has been registered, either its owner takes the registration back or
// the resumer is resumed: exactly one of the two. To resume is to set `resumed` in the word, then
// to call `notify`. A sleeping thread may return, and its resumer end, as soon as the word is set,
// so the `notify` of a thread uses only the address. Owners of every other kind keep the resumer
// alive until notify has been called.
#ifndef CONQ_CONTRACT_RESUMER_HPP
#define CONQ_CONTRACT_RESUMER_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"
#include "conq/platform/sleep_end.hpp"
#include "conq/platform/stop.hpp"

namespace conq {

/// One waiting party. Threads: any thread may resume it. Progress: non-blocking, but for what
/// `notify` does. Allocates nothing.
template <class Platform> struct resumer {
    /// The second half of a wake. `self` may no longer exist: see the head of this file.
    using notify_function = void (*)(resumer* self) noexcept;

    /// Bits of the word.
    static constexpr std::uint32_t resumed = 1, stop_seen = 2;

    /// Not resumed yet. `function` is called once for each time that it is resumed.
    explicit resumer(notify_function function) noexcept : notify(function) {}
    resumer(const resumer&) = delete;
    resumer& operator=(const resumer&) = delete;

    /// Whether it has been resumed since the last `rearm`.
    [[nodiscard]] bool is_resumed() const noexcept {
        return (word.load(std::memory_order_acquire) & resumed) != 0;  // (1) with (2)
    }

    /// The first half of a wake: sets the word and returns the function that is the second half, to
    /// be called with this resumer's address. A sleeping thread may be gone, and this object with
    /// it, once its word is set, unless the caller holds a lock that the thread has to take before
    /// it leaves.
    [[nodiscard]] notify_function mark_resumed() noexcept {
        const notify_function function = notify;
        word.fetch_or(resumed, std::memory_order_release);  // (2) with (1)
        return function;
    }

    /// Makes a resumed resumer ready to be registered again. It keeps `stop_seen`.
    void rearm() noexcept { word.fetch_and(~resumed); }

    /// Holds the bits `resumed` and `stop_seen`. Threads sleep on it.
    typename Platform::template atomic<std::uint32_t> word{0};
    /// The function that a wake calls.
    const notify_function notify;
};

/// Wakes `who`: sets its word, then calls its notify function, at which time `who` may be gone.
template <class Platform> void resume(resumer<Platform>& who) noexcept {
    const auto notify = who.mark_resumed();
    notify(&who);
}

/// A thread that sleeps on its own word until it is resumed.
///
/// Threads: `sleep` belongs to the owner. Progress: `sleep` waits.
template <class Platform> struct sleeper : resumer<Platform> {
    /// Not resumed yet.
    sleeper() noexcept : resumer<Platform>(&wake_thread) {}

    /// Sleeps until resumed, until a stop is seen, or until `deadline`. It may return early. Throws
    /// only what Platform::interrupted() throws.
    void sleep(platform::instant_ns deadline) {
        // (3) relaxed: the caller looks again at what it waits for after this returns
        if (this->word.load(std::memory_order_relaxed) != 0) return;  // (3)
        if (Platform::wait(this->word, 0, deadline) == platform::sleep_end::interrupted) {
            Platform::interrupted();
        }
    }

    /// The callback that a stop token calls to wake the sleeper.
    struct on_stop {
        /// The sleeper to wake.
        sleeper* self;
        /// Wakes the sleeper for good: none of its sleeps waits from now on.
        void operator()() const noexcept {
            self->word.fetch_or(resumer<Platform>::stop_seen);
            Platform::wake(&self->word, 1);
        }
    };

private:
    static void wake_thread(resumer<Platform>* self) noexcept { Platform::wake(&self->word, 1); }
};

}  // namespace conq

#endif

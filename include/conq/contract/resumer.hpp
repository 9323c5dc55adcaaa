// SPDX-License-Identifier: BSL-1.0
// What a wake is delivered to: a 32-bit word and a function. Threads and callbacks (coroutines,
// select, event loops) wait alike; those who wake know no difference.
//
// Invariants. A resumer that has been registered somewhere is either taken back by its owner or
// resumed, never both and never neither. Resuming sets `resumed` in the word, then calls `notify`.
// A sleeping thread may be gone as soon as its word is set: its notify uses the address alone.
// Every other kind of owner keeps the resumer alive until notify has been called.
#ifndef CONQ_CONTRACT_RESUMER_HPP
#define CONQ_CONTRACT_RESUMER_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"
#include "conq/platform/sleep_end.hpp"
#include "conq/platform/stop.hpp"

namespace conq {

/// Somebody who waits. Threads: `resume` may come from any thread.
template <class Platform> struct resumer {
    /// The second half of a wake; `self` may be gone, see above.
    using notify_function = void (*)(resumer* self) noexcept;

    /// Bits of the word.
    static constexpr std::uint32_t resumed = 1, stop_seen = 2;

    /// Not resumed yet; `function` is called once for each resuming.
    explicit resumer(notify_function function) noexcept : notify(function) {}
    resumer(const resumer&) = delete;
    resumer& operator=(const resumer&) = delete;

    /// Whether it has been resumed since the last `rearm`.
    [[nodiscard]] bool is_resumed() const noexcept {
        return (word.load(std::memory_order_acquire) & resumed) != 0;  // (1) with (2)
    }

    /// The first half of a wake: sets the word and answers the function of the second half, to be
    /// called with this address. A sleeping thread may be gone once its word is set, unless the
    /// caller holds a lock that the thread has to pass.
    [[nodiscard]] notify_function mark_resumed() noexcept {
        const notify_function function = notify;
        word.fetch_or(resumed, std::memory_order_release);  // (2) with (1)
        return function;
    }

    /// Makes a resumer that was resumed ready to be registered again; a stop is not forgotten.
    void rearm() noexcept { word.fetch_and(~resumed); }

    /// Holds the bits `resumed` and `stop_seen`; threads sleep on it.
    typename Platform::template atomic<std::uint32_t> word{0};
    /// What a wake calls.
    const notify_function notify;
};

/// Delivers a wake: sets the word, then calls notify, which may outlive the resumer.
template <class Platform> void resume(resumer<Platform>& who) noexcept {
    const auto notify = who.mark_resumed();
    notify(&who);
}

/// A thread that sleeps on its own word until it is resumed.
///
/// Threads: `sleep` and `stopping` belong to the owner. Progress: `sleep` waits.
template <class Platform> struct sleeper : resumer<Platform> {
    /// Awake: its first sleep waits for a resuming from now on.
    sleeper() noexcept : resumer<Platform>(&wake_thread) {}

    /// Sleeps until resumed, until a stop is seen or until `deadline`; may return early. Throws
    /// only what Platform::interrupted() throws.
    void sleep(platform::instant_ns deadline) {
        // (3) relaxed: who returns looks again at what he waits for
        if (this->word.load(std::memory_order_relaxed) != 0) return;  // (3)
        if (Platform::wait(this->word, 0, deadline) == platform::sleep_end::interrupted) {
            Platform::interrupted();
        }
    }

    /// What a stop callback does to the sleeper.
    struct on_stop {
        /// Who is woken.
        sleeper* self;
        /// Wakes it for good: no sleep of it waits from here on.
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

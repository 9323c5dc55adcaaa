// SPDX-License-Identifier: BSL-1.0
// Leaves out wakes that guests (see is_guest) do not need. Of several threads that wait for the
// same, one that polls is back at once. If another is woken as well, it asks for the lock that
// guests share while somebody holds it, and sleeps again (4 producers and 4 consumers with 100
// slots: 7 context switches for 100 items without this, 0.7 with it).
//
// Invariant. A wake is left out only while one of the sleepers has a timer. That sleeper takes the
// timer back before it looks once more, for itself or, when it leaves, for the others. So it looks
// later than every change whose wake was left out because of its timer, and nothing is overlooked
// for longer than limits::put_wake_delay_ns.
#ifndef CONQ_WAITING_WAKE_THROTTLE_HPP
#define CONQ_WAITING_WAKE_THROTTLE_HPP

#include <atomic>
#include <cstdint>

#include "conq/waiting/patience.hpp"

namespace conq {

/// Counts the threads of one side that poll, and those that sleep with a timer. Where threads are
/// not guests, as in this primary template, it counts nothing.
///
/// Threads: any. Progress: non-blocking.
template <class Platform> struct wake_throttle {
    /// Stands in for the class of the same name below. Does nothing.
    struct polling {
        /// Counts nothing.
        explicit polling(wake_throttle&) noexcept {}
    };
    /// Stands in for the class of the same name below. Sets no timer.
    struct timer {
        /// Sets nothing.
        timer(wake_throttle&, bool) noexcept {}
        /// Always false.
        static constexpr bool is_set = false;
    };
    /// Always false: every wake is needed.
    static constexpr bool spares_wakes() noexcept { return false; }
};

/// The throttle where threads are guests.
template <class Platform>
    requires is_guest<Platform>
class wake_throttle<Platform> {
public:
    /// An object that lives while its owner polls.
    class polling {
    public:
        /// Counts its owner as polling.
        explicit polling(wake_throttle& of) noexcept : of_(of) {
            of_.pollers_.fetch_add(1, std::memory_order_relaxed);  // (1) a hint
        }
        polling(const polling&) = delete;
        polling& operator=(const polling&) = delete;
        ~polling() { of_.pollers_.fetch_sub(1, std::memory_order_relaxed); }  // (2) a hint

    private:
        wake_throttle& of_;
    };

    /// An object that lives from before a look to the end of the sleep that follows. It sets a
    /// timer if its owner is the first in the room and another thread polls.
    class timer {
    public:
        /// Sets the timer or not. `stands_first`: whether the owner is the first in the room.
        timer(wake_throttle& of, bool stands_first) noexcept
            : is_set(stands_first && of.has_pollers()), of_(of) {
            if (is_set) of_.timers_.fetch_add(1);
        }
        timer(const timer&) = delete;
        timer& operator=(const timer&) = delete;
        ~timer() {
            if (is_set) of_.timers_.fetch_sub(1);
        }

        /// Whether the timer is set: then the owner must end its sleep after
        /// limits::put_wake_delay_ns, and must look on behalf of the others when it leaves.
        const bool is_set;

    private:
        wake_throttle& of_;
    };

    /// Whether what has just come needs no wake: a thread polls, and a sleeper has a timer.
    [[nodiscard]] bool spares_wakes() const noexcept {
        return has_pollers() && timers_.load() != 0;
    }

private:
    [[nodiscard]] bool has_pollers() const noexcept {
        return pollers_.load(std::memory_order_relaxed) != 0;  // (3) a hint
    }

    template <class U> using atomic = typename Platform::template atomic<U>;
    atomic<std::uint32_t> pollers_{0};
    atomic<std::uint32_t> timers_{0};
};

}  // namespace conq

#endif

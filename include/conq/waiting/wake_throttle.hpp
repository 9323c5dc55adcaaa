// SPDX-License-Identifier: BSL-1.0
// Wakes that guests (see is_guest) are spared. Of those who wait for the same, one who polls is
// back at once; one who is woken beside him asks for what they share while somebody holds it, and
// sleeps again (4 putters and 4 getters with 100 slots: 7 changes of context for 100 items, 0.7
// so).
//
// Invariant. A wake is left out only while one who sleeps has a timer. He gives it up before he
// looks once more, for himself or, when he leaves, for the others; so he looks after what was put
// when his timer was seen, and nothing is overlooked for longer than limits::put_wake_delay_ns.
#ifndef CONQ_WAITING_WAKE_THROTTLE_HPP
#define CONQ_WAITING_WAKE_THROTTLE_HPP

#include <atomic>
#include <cstdint>

#include "conq/waiting/patience.hpp"

namespace conq {

/// Who of one side polls, and who sleeps with a timer. Where the waiting are not guests: nobody.
///
/// Threads: any. Progress: non-blocking.
template <class Platform> struct wake_throttle {
    /// As of guests, below: does nothing.
    struct polling {
        /// Nobody is counted.
        explicit polling(wake_throttle&) noexcept {}
    };
    /// As of guests, below: is never set.
    struct timer {
        /// Nothing is set.
        timer(wake_throttle&, bool) noexcept {}
        /// Never.
        static constexpr bool is_set = false;
    };
    /// Never: every wake is needed.
    static constexpr bool spares_wakes() noexcept { return false; }
};

/// The same, of guests.
template <class Platform>
    requires is_guest<Platform>
class wake_throttle<Platform> {
public:
    /// Lives while its owner polls.
    class polling {
    public:
        /// Counts its owner.
        explicit polling(wake_throttle& of) noexcept : of_(of) {
            of_.pollers_.fetch_add(1, std::memory_order_relaxed);  // (1) a hint
        }
        polling(const polling&) = delete;
        polling& operator=(const polling&) = delete;
        ~polling() { of_.pollers_.fetch_sub(1, std::memory_order_relaxed); }  // (2) a hint

    private:
        wake_throttle& of_;
    };

    /// Lives from before a look to the end of the sleep that follows. A timer is set for one who
    /// stands first, if somebody polls.
    class timer {
    public:
        /// Sets it, or not; `stands_first`: in the room.
        timer(wake_throttle& of, bool stands_first) noexcept
            : is_set(stands_first && of.has_pollers()), of_(of) {
            if (is_set) of_.timers_.fetch_add(1);
        }
        timer(const timer&) = delete;
        timer& operator=(const timer&) = delete;
        ~timer() {
            if (is_set) of_.timers_.fetch_sub(1);
        }

        /// Whether its owner has to end the sleep after limits::put_wake_delay_ns, and to look for
        /// the others when he leaves.
        const bool is_set;

    private:
        wake_throttle& of_;
    };

    /// Whether nobody needs to be woken for what has just come.
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

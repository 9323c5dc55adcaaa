// SPDX-License-Identifier: BSL-1.0
// The place where one side of a queue waits, and what the side has learned from its waits.
#ifndef CONQ_WAITING_LOBBY_HPP
#define CONQ_WAITING_LOBBY_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/config.hpp"
#include "conq/waiting/pace.hpp"
#include "conq/waiting/patience.hpp"
#include "conq/waiting/waiting_room.hpp"
#include "conq/waiting/wake_throttle.hpp"

namespace conq {

/// The waiting room of one side, and hints: how long the first pause of a wait should be, how many
/// waits in a row polled in vain, and how fast the other side is.
///
/// Threads: any. Progress: non-blocking, except for the room.
template <class Platform> struct alignas(cache_line_bytes) lobby {
    /// The waiters that sleep.
    waiting_room<Platform> room;
    /// Above 1: how many pauses before the first look. Else waits look at once, and each adds 1,
    /// until a pause is tried again.
    typename Platform::template atomic<int> first_pause{1};
    /// How many waits in a row polled in vain.
    typename Platform::template atomic<int> vain_polls{0};
    /// How many waiters in the room have no timer. Each counts itself.
    typename Platform::template atomic<std::uint32_t> untimed{0};
    /// Decides which wakes are left out where the waiters are guests.
    [[no_unique_address]] wake_throttle<Platform> throttle;
    /// The pace of the other side.
    pace<Platform> others;

    /// For a wait that began with a first pause of `learned` and has found what it waits for;
    /// `more` says whether there is more of it. A streaming peer writes the cache line that this
    /// side polls, so polling later takes more items for one transfer of the line; but not so late
    /// that a queue of `capacity` slots (0: no bound) runs dry. A ping-pong peer never has a second
    /// item ready: then poll at once, and try the long pause again at every 16th wait. Overwrites
    /// what others have learned meanwhile. O(1).
    void learn(int learned, bool more, std::uint64_t capacity) noexcept {
        int next = learned;
        if (learned <= 1) {
            next = learned + 1 >= 1 ? shortest_streaming_pause : learned + 1;
        } else if (!more) {
            next = -15;
        } else if (learned < longest_first_pause(capacity)) {
            const int longest = longest_first_pause(capacity);
            next = 2 * learned < longest ? 2 * learned : longest;
        }
        first_pause.store(next, std::memory_order_relaxed);  // (1) a hint
    }
    /// Looks without a pause for a peer's answer, if there was no wait yet or the last waits were
    /// those of a ping-pong. Such an answer comes in the time of a few cache-line transfers between
    /// cores, or not soon; a thread that pauses sees it late (a round trip took 1.4 to 3.9 times
    /// that of a bare ring; 0.7 to 1.3 times with this). Does nothing for guests (see is_guest).
    /// Waits for at most about 0.5 us.
    template <class Look> void glance(Look is_there) const noexcept {
        if constexpr (is_guest<Platform>) return;
        if (first_pause.load(std::memory_order_relaxed) > 1) return;  // (2) a hint
        if (vain_polls.load(std::memory_order_relaxed) != 0) return;  // (3) a hint
        for (int looks = 8 * Platform::longest_pause; looks != 0 && !is_there(); --looks) {
        }
    }

private:
    static constexpr int shortest_streaming_pause = 16;
    [[nodiscard]] static int longest_first_pause(std::uint64_t capacity) noexcept {
        if (capacity == 0) return 64;
        return capacity < 128 ? 16 : capacity < 512 ? static_cast<int>(capacity / 8) : 64;
    }
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// Where one side of a queue waits, and what its waiting has taught.
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

/// A side's room, and hints: how long the first pause of a wait is, how often in a row polling was
/// in vain, and the pace of the other side.
///
/// Threads: any. Progress: non-blocking but for the room.
template <class Platform> struct alignas(cache_line_bytes) lobby {
    /// Who sleeps.
    waiting_room<Platform> room;
    /// Above 1: pauses before the first look. Else what is left of the waits that look at once.
    typename Platform::template atomic<int> first_pause{1};
    /// Waits in a row that polled in vain.
    typename Platform::template atomic<int> vain_polls{0};
    /// Who waits there without a timer, and counts himself.
    typename Platform::template atomic<std::uint32_t> untimed{0};
    /// Which wakes guests are spared.
    [[no_unique_address]] wake_throttle<Platform> throttle;
    /// How fast the other side is.
    pace<Platform> others;

    /// A wait that began with a first pause of `learned` has found what it waits for, and maybe
    /// more of it. A streaming peer writes the line that we poll: poll later, and take more for one
    /// transfer of the line, but not so late that a queue of `capacity` slots (0: no bound) runs
    /// dry. A ping-pong peer never has a second item ready: poll at once, and try the long pause
    /// again at every 16th wait. What others have learned meanwhile is not built upon. O(1).
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
    /// Looks for what a peer answers, without a pause, if the last waits were those of a ping-pong,
    /// or there was none: it comes in the time of a few lines from core to core, or not soon, and
    /// whoever pauses there sees it late (a round trip took 1.4 to 3.9 times that of a bare ring,
    /// 0.7 to 1.3 so). Not for guests. Waits for at most some 0.5 us.
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

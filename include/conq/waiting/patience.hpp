// SPDX-License-Identifier: BSL-1.0
// How long a thread polls before it sleeps, and how it waits for another thread's unfinished claim.
#ifndef CONQ_WAITING_PATIENCE_HPP
#define CONQ_WAITING_PATIENCE_HPP

#include <cstdint>

#include "conq/contract/limits.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/clock.hpp"
#include "conq/platform/config.hpp"

namespace conq {

/// Roughly how long a wake takes: nanoseconds until the sleeping thread runs again.
inline constexpr std::uint64_t wake_ns = 25'000;

/// Whether threads are guests: they hold something without which others cannot run, such as a
/// language's interpreter lock. The platform then has a type `away`, and a thread is without that
/// lock while an object of type `away` lives on it.
template <class Platform> inline constexpr bool is_guest = requires { typename Platform::away; };

/// Polling before a sleep: pauses that double in length, then yields that serve as a probe. A yield
/// that returns at once says that the thread is alone on its core, so polling on for a while is
/// cheaper than a sleep (a wake costs each side about 20 us). Yields that take long say that there
/// are more threads than cores: sleep.
///
/// Threads: belongs to one thread. Progress: non-blocking.
template <class Platform> class patience {
public:
    /// `first_pause`: length of the first pause, in pauses of the platform; each later one is twice
    /// as long. 1 if the other side answers at once, or waits for this core. `alone_ns`: how many
    /// nanoseconds to poll while alone on the core.
    patience(int first_pause, std::uint64_t alone_ns) noexcept
        : pause_(first_pause),
          last_pause_(first_pause > 1 ? longest_pause : answer_pause),
          alone_ns_(alone_ns) {}

    /// Waits a little: pauses or yields. False: it is time to sleep.
    [[nodiscard]] bool more() noexcept {
        if (pause_ <= last_pause_) {
            Platform::pause(pause_);
            pause_ *= 2;
            return true;
        }
        const platform::instant_ns before = Platform::now();
        if (since_ == 0) {
            since_ = before;
        } else if (before - since_ > alone_ns_) {
            return false;
        }
        Platform::yield();
        const std::uint64_t away_ns = Platform::now() - before;
        if (away_ns > others_ns) alone_ns_ = 0;  // look once more, then sleep
        if (away_ns > switched_ns) return ++switched_ < 3;
        Platform::pause(longest_pause);
        return true;
    }

private:
    static constexpr int longest_pause = Platform::longest_pause;
    // An answer from another core arrives within a microsecond, or not soon.
    static constexpr int answer_pause = longest_pause < 16 ? longest_pause : 16;
    static constexpr std::uint64_t switched_ns = 1'500;  // a switching yield takes some 1.4 us
    // In a yield this long another thread had its whole turn: a sleeping thread is back sooner.
    static constexpr std::uint64_t others_ns = 500'000;
    int pause_;
    const int last_pause_;
    int switched_ = 0;
    platform::instant_ns since_ = 0;
    std::uint64_t alone_ns_;
};

/// Polls as a guest (see is_guest). It first gives up the lock that guests share, and makes no
/// attempts until `is_ready()`. Then it waits until `count()`, which counts what the other side has
/// done, stands still: while the other side makes progress it holds that lock, and asking for it
/// would be a sleep. False: it is time to sleep.
///
/// Progress: waits for as long as `polls` says, and then for at most about 20 us, which is less
/// than a sleep costs both sides.
template <class Platform, class Look, class Count>
[[nodiscard]] bool poll_away(patience<Platform>& polls, Look is_ready, Count count) {
    // About 1 us a look: longer than what an interpreter does between two items.
    constexpr int looks_most = 20, pauses = 40;
    const typename Platform::away gone;
    do {
        if (!polls.more()) return false;
    } while (!is_ready());
    auto last = count();
    for (int looks = 0; looks != looks_most; ++looks) {
        Platform::pause(pauses);
        const auto next = count();
        if (next == last) break;
        last = next;
    }
    return true;
}

/// The wait for a slot that another thread has claimed and not yet published, or for a lock that a
/// try has found held. It ends a few instructions later, unless that other thread has lost its
/// core.
///
/// Threads: belongs to one thread. Progress: each call waits at most
/// limits::claim_sleep_longest_ns.
template <class Platform> class claim_wait {
public:
    /// Waits a little, longer each time: pauses, then yields, then sleeps.
    CONQ_COLD void once() noexcept {
        if (pause_ <= longest_pause) {
            Platform::pause(pause_);
            pause_ *= 2;
        } else if (yields_ < limits::claim_yields) {
            Platform::yield();
            ++yields_;
        } else {
            Platform::sleep(sleep_ns_);
            sleep_ns_ *= 2;
            if (sleep_ns_ > limits::claim_sleep_longest_ns) {
                sleep_ns_ = limits::claim_sleep_longest_ns;
            }
        }
    }

    /// Whether the pauses are over: from now on the caller looks at its deadline, too.
    [[nodiscard]] bool is_long() const noexcept { return pause_ > longest_pause; }

private:
    static constexpr int longest_pause = 32;  // 8 + 16 + 32 pauses: under limits::claim_pause_ns
    int pause_ = 8;
    int yields_ = 0;
    std::uint64_t sleep_ns_ = limits::claim_sleep_first_ns;
};

/// Calls `once()` until it answers something other than `busy`, and returns that. There is no limit
/// to the wait except a requested stop or a passed deadline, upon which it returns `blocked`.
template <class Platform, class Attempt, class Stop>
CONQ_COLD status resolved(status blocked, Attempt once, platform::instant_ns deadline,
                          const Stop& stop) {
    claim_wait<Platform> claimed;
    for (;;) {
        if (const status answer = once(); answer != status::busy) return answer;
        if (claimed.is_long()) {
            if (stop.stop_requested()) return blocked;
            if (deadline != platform::never && Platform::now() >= deadline) return blocked;
        }
        claimed.once();
    }
}

}  // namespace conq

#endif

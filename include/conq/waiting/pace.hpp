// SPDX-License-Identifier: BSL-1.0
// How fast the other side is, from what a waiting side sees of it.
#ifndef CONQ_WAITING_PACE_HPP
#define CONQ_WAITING_PACE_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"

namespace conq {

/// The pace at which a count rises, between the moments at which somebody looks. All of it is a
/// hint: of two who look at once one may see the count of the one and the time of the other.
///
/// Threads: any. Progress: non-blocking. O(1).
template <class Platform> class pace {
public:
    /// The count is at `count` at `time`. Nanoseconds for one more since the last look; 0: not
    /// known.
    [[nodiscard]] std::uint64_t look(std::uint64_t count, platform::instant_ns time) noexcept {
        const std::uint64_t count_before = count_.replace(count), before = at_.replace(time);
        if (before == 0 || time <= before || count <= count_before) return 0;
        return (time - before) / (count - count_before);
    }

private:
    struct hint {
        typename Platform::template atomic<std::uint64_t> value{0};
        std::uint64_t replace(std::uint64_t next) noexcept {
            const std::uint64_t last = value.load(std::memory_order_relaxed);  // (1) a hint
            value.store(next, std::memory_order_relaxed);                      // (2) a hint
            return last;
        }
    };
    hint count_, at_;
};

}  // namespace conq

#endif

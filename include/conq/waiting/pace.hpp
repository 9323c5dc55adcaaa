// SPDX-License-Identifier: BSL-1.0
// How fast the other side of a queue is, as the waiting side observes it.
#ifndef CONQ_WAITING_PACE_HPP
#define CONQ_WAITING_PACE_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"

namespace conq {

/// The pace at which a count rises between the moments at which threads look at it. It is only a
/// hint: of two threads that look at once, one may combine one look's count with the other look's
/// time.
///
/// Threads: any. Progress: non-blocking. O(1).
template <class Platform> class pace {
public:
    /// Records that the count is `count` at `time`. Returns the nanoseconds that it took since the
    /// last look to rise by one; 0 if that is not known.
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

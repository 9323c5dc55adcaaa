// SPDX-License-Identifier: BSL-1.0
// Time as the seam sees it: nanoseconds of a monotonic clock in 64 bits, and instants from the
// durations and time points of std::chrono, which never overflow.
//
// Threads: every function may be called from any thread. Progress: non-blocking, allocates nothing.
#ifndef CONQ_PLATFORM_CLOCK_HPP
#define CONQ_PLATFORM_CLOCK_HPP

#include <cstdint>
#include <limits>
#include <type_traits>

#include "conq/platform/standard.hpp"

namespace conq::platform {

/// An instant in nanoseconds of the platform's monotonic clock.
using instant_ns = std::uint64_t;

/// The instant that no clock reaches: "no deadline".
inline constexpr instant_ns never = std::numeric_limits<instant_ns>::max();

/// A span in nanoseconds: 0 for a negative one or for "not a number", `never` for duration::max()
/// and for everything of a hundred years or more.
template <class Rep, class Period>
[[nodiscard]] constexpr std::uint64_t span_ns(std::chrono::duration<Rep, Period> span) noexcept {
    using seconds = std::chrono::duration<double>;
    constexpr double hundred_years_s = 100.0 * 365 * 24 * 3600;
    if (!(span > std::chrono::duration<Rep, Period>::zero())) return 0;
    if (std::chrono::duration_cast<seconds>(span).count() >= hundred_years_s) return never;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(span).count());
}

/// The span from one time point to another of the same clock: 0 if that is not later.
template <class Clock, class From, class To>
[[nodiscard]] constexpr std::uint64_t span_between_ns(
    std::chrono::time_point<Clock, From> from, std::chrono::time_point<Clock, To> to) noexcept {
    // Two far points, or one in another unit, could overflow; as seconds in a double they cannot.
    using seconds = std::chrono::duration<double>;
    constexpr double hundred_years_s = 100.0 * 365 * 24 * 3600;
    const double away_s =
        seconds(to.time_since_epoch()).count() - seconds(from.time_since_epoch()).count();
    if (away_s >= hundred_years_s) return never;
    if (away_s <= -hundred_years_s || to <= from) return 0;
    return span_ns(to - from);
}

/// How far away a time point of any clock is, as a span. A time point of a clock other than the
/// monotonic one is translated once: later jumps of that clock are not followed.
template <class Clock, class Duration>
[[nodiscard]] std::uint64_t span_until_ns(std::chrono::time_point<Clock, Duration> point) {
    if (point == std::chrono::time_point<Clock, Duration>::max()) return never;
    return span_between_ns(Clock::now(), point);
}

/// The instant `span` after `from`, saturating at `never`.
[[nodiscard]] constexpr instant_ns after(instant_ns from, std::uint64_t span) noexcept {
    return span >= never - from ? never : from + span;
}

/// The instant of a time point, where `present` is the platform's now. One of steady_clock, which
/// is the platform's, is exact; one of another clock is translated once, with the error of two
/// readings. Those before the monotonic clock's epoch are at it.
template <class Clock, class Duration>
[[nodiscard]] instant_ns instant_of(std::chrono::time_point<Clock, Duration> point,
                                    instant_ns present) {
    if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
        return span_ns(point.time_since_epoch());
    } else {
        if (point == std::chrono::time_point<Clock, Duration>::max()) return never;
        const auto there = Clock::now();
        const std::uint64_t ago = span_between_ns(point, there);  // those past keep their order
        return ago < present ? after(present - ago, span_between_ns(there, point)) : 0;
    }
}

/// The monotonic clock that std::chrono::steady_clock and the futex time-outs of Linux share.
[[nodiscard]] inline instant_ns monotonic_now() noexcept {
    return static_cast<instant_ns>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                       std::chrono::steady_clock::now().time_since_epoch())
                                       .count());
}

}  // namespace conq::platform

#endif

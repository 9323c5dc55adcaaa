// SPDX-License-Identifier: BSL-1.0
// Time as the platform seam sees it: 64-bit counts of nanoseconds on a monotonic clock, and
// conversions from the durations and time points of std::chrono. The conversions never overflow.
//
// Threads: any thread may call any function. Progress: non-blocking, allocates nothing.
#ifndef CONQ_PLATFORM_CLOCK_HPP
#define CONQ_PLATFORM_CLOCK_HPP

#include <cstdint>
#include <limits>
#include <type_traits>

#include "conq/platform/standard.hpp"

namespace conq::platform {

/// An instant in nanoseconds of the platform's monotonic clock.
using instant_ns = std::uint64_t;

/// The instant that no clock reaches. It means "no deadline".
inline constexpr instant_ns never = std::numeric_limits<instant_ns>::max();

/// A duration in nanoseconds: 0 if it is negative or not a number; `never` for duration::max() and
/// for everything from a hundred years on.
template <class Rep, class Period>
[[nodiscard]] constexpr std::uint64_t span_ns(std::chrono::duration<Rep, Period> span) noexcept {
    using seconds = std::chrono::duration<double>;
    constexpr double hundred_years_s = 100.0 * 365 * 24 * 3600;
    if (!(span > std::chrono::duration<Rep, Period>::zero())) return 0;
    if (std::chrono::duration_cast<seconds>(span).count() >= hundred_years_s) return never;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(span).count());
}

/// The nanoseconds from one time point to another of the same clock; 0 if `to` is not later.
template <class Clock, class From, class To>
[[nodiscard]] constexpr std::uint64_t span_between_ns(
    std::chrono::time_point<Clock, From> from, std::chrono::time_point<Clock, To> to) noexcept {
    // Two distant points, or two units, could overflow. As seconds in a double they cannot.
    using seconds = std::chrono::duration<double>;
    constexpr double hundred_years_s = 100.0 * 365 * 24 * 3600;
    const double away_s =
        seconds(to.time_since_epoch()).count() - seconds(from.time_since_epoch()).count();
    if (away_s >= hundred_years_s) return never;
    if (away_s <= -hundred_years_s || to <= from) return 0;
    return span_ns(to - from);
}

/// The nanoseconds from now until a time point of any clock. The clock is read once: if it jumps
/// later, the result does not follow.
template <class Clock, class Duration>
[[nodiscard]] std::uint64_t span_until_ns(std::chrono::time_point<Clock, Duration> point) {
    if (point == std::chrono::time_point<Clock, Duration>::max()) return never;
    return span_between_ns(Clock::now(), point);
}

/// The instant `span` after `from`, saturating at `never`.
[[nodiscard]] constexpr instant_ns after(instant_ns from, std::uint64_t span) noexcept {
    return span >= never - from ? never : from + span;
}

/// The instant of a time point; `now()` reads the platform's clock. A time point of steady_clock,
/// which is the platform's clock, is exact. One of another clock is translated once: the result is
/// late by the time between the reading of that clock and of the platform's, and never early. One
/// before the monotonic clock's epoch gives 0.
template <class Clock, class Duration, class Now>
[[nodiscard]] instant_ns instant_of(std::chrono::time_point<Clock, Duration> point, Now now) {
    if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
        return span_ns(point.time_since_epoch());
    } else {
        if (point == std::chrono::time_point<Clock, Duration>::max()) return never;
        const auto there = Clock::now();
        const instant_ns present = now();
        const std::uint64_t ago = span_between_ns(point, there);  // past instants keep their order
        return ago < present ? after(present - ago, span_between_ns(there, point)) : 0;
    }
}

/// The present instant of the monotonic clock, in nanoseconds. std::chrono::steady_clock and
/// Linux's futex time-outs share that clock.
[[nodiscard]] inline instant_ns monotonic_now() noexcept {
    return static_cast<instant_ns>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                       std::chrono::steady_clock::now().time_since_epoch())
                                       .count());
}

}  // namespace conq::platform

#endif

// SPDX-License-Identifier: BSL-1.0
// How long a call may wait: a deadline, a stop token, or both.
#ifndef CONQ_CONTRACT_LIMIT_HPP
#define CONQ_CONTRACT_LIMIT_HPP

#include <cstdint>
#include <type_traits>
#include <utility>

#include "conq/platform/clock.hpp"
#include "conq/platform/standard.hpp"
#include "conq/platform/stop.hpp"

namespace conq {

/// How long a call may wait. It holds a span, not an instant, so that a call that need not wait
/// does not pay for reading the clock.
template <class Stop = never_stop_token> struct limit {
    /// Nanoseconds from the start of the call; platform::never means no deadline.
    std::uint64_t span_ns = platform::never;
    /// The stop token through which another thread may ask the call to give up.
    [[no_unique_address]] Stop stop{};
};

/// The type by which a function that is not inlined takes a limit: by value, hence in registers, if
/// the limit is trivially copyable; else by reference.
template <class Stop>
using cold_limit =
    std::conditional_t<std::is_trivially_copyable_v<limit<Stop>>, limit<Stop>, const limit<Stop>&>;

/// The limit that ends `span` after the start of the call, or when `stop` is requested.
template <class Rep, class Period, class Stop>
[[nodiscard]] constexpr limit<Stop> limit_for(std::chrono::duration<Rep, Period> span,
                                              Stop stop) noexcept {
    return {platform::span_ns(span), std::move(stop)};
}

/// The limit that ends at a time point of any clock, or when `stop` is requested. Reads that clock.
template <class Clock, class Duration, class Stop>
[[nodiscard]] limit<Stop> limit_until(std::chrono::time_point<Clock, Duration> point, Stop stop) {
    return {platform::span_until_ns(point), std::move(stop)};
}

/// The limit of a call that does not wait at all. Like the try_ calls, it may answer `busy`.
struct now_t {
    explicit now_t() = default;
};
/// For example q.put_after(item, 5s, conq::now).
inline constexpr now_t now{};

/// The limit that the trailing arguments of a call describe. They may be: nothing, a duration, a
/// time point, a stop token, a duration or time point and a stop token, or `now`.
[[nodiscard]] constexpr limit<> limit_of() noexcept {
    return {};
}
template <class Rep, class Period, stop_token_like Stop = never_stop_token>
[[nodiscard]] constexpr limit<Stop> limit_of(std::chrono::duration<Rep, Period> span,
                                             Stop stop = {}) noexcept {
    return limit_for(span, std::move(stop));
}
template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
[[nodiscard]] limit<Stop> limit_of(std::chrono::time_point<Clock, Duration> point, Stop stop = {}) {
    return limit_until(point, std::move(stop));
}
template <stop_token_like Stop> [[nodiscard]] constexpr limit<Stop> limit_of(Stop stop) noexcept {
    return {platform::never, std::move(stop)};
}
[[nodiscard]] constexpr now_t limit_of(now_t) noexcept {
    return now;
}

/// Satisfied if limit_of() accepts these arguments.
template <class... Limit>
concept limiting = requires(Limit... within) { conq::limit_of(std::move(within)...); };

}  // namespace conq

#endif

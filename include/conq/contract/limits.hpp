// SPDX-License-Identifier: BSL-1.0
// Every bound that the documentation promises, by name. Names that end in _ns are in nanoseconds.
#ifndef CONQ_CONTRACT_LIMITS_HPP
#define CONQ_CONTRACT_LIMITS_HPP

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "conq/platform/config.hpp"
#include "conq/platform/exceptions.hpp"

namespace conq::limits {

/// The largest capacity of a bounded queue, and the largest maxsize of any queue.
inline constexpr std::uint64_t maxsize_max = std::uint64_t{1} << 31;

/// A waiting put returns at most this long after room appears (see policy::prompt). So does a guest
/// (see is_guest) whose wake was left out, after the event that it waits for.
inline constexpr std::uint64_t put_wake_delay_ns = 1'000'000;

/// From this capacity on, waiting producers are woken when the queue is half empty rather than at
/// each free slot.
inline constexpr std::uint64_t half_empty_wake_slots = 64;

/// A waiting get that runs alone on its core polls at most this long before it sleeps. After that,
/// an idle consumer uses no processor time.
inline constexpr std::uint64_t get_spin_window_ns = 50'000;

/// The same for a waiting put. It is shorter because the consumer is then the slower side.
inline constexpr std::uint64_t put_spin_window_ns = 5'000;

/// How a call waits for a slot that another thread has claimed and not yet published: it pauses for
/// at most claim_pause_ns in all, then yields claim_yields times, then sleeps, first for
/// claim_sleep_first_ns, then longer each time, up to claim_sleep_longest_ns. This is the only wait
/// without a guaranteed wake.
inline constexpr std::uint64_t claim_pause_ns = 2'000;
inline constexpr int claim_yields = 20;
inline constexpr std::uint64_t claim_sleep_first_ns = 50'000;
inline constexpr std::uint64_t claim_sleep_longest_ns = 1'000'000;

/// A batch claims at most this many items at once, and holds a lock for at most this many, so that
/// other threads get their turn in between.
inline constexpr std::uint64_t batch_claim_most = 64;

/// The smaller of two numbers. std::min is not used because its header takes a tenth of the time
/// that conq/queue.hpp takes to compile.
[[nodiscard]] constexpr std::uint64_t smaller(std::uint64_t a, std::uint64_t b) noexcept {
    return b < a ? b : a;
}

/// Throws what checked_size throws. It exists once for all integer types, and without std::string,
/// so that users do not compile it anew with each queue.
[[noreturn]] CONQ_COLD inline void refuse_size(bool is_negative, std::uint64_t magnitude,
                                               std::uint64_t least, const char* name) {
    char message[128];
    std::snprintf(message, sizeof message,
                  "conq: a %s of %s%llu is not possible: give one from %llu to 2147483648%s", name,
                  is_negative ? "-" : "", static_cast<unsigned long long>(magnitude),
                  static_cast<unsigned long long>(least), least == 0 ? " (0: no bound)" : "");
    platform::throw_or_abort(std::invalid_argument(message));
}

/// Returns `size` if it is from `least` to maxsize_max. Otherwise throws std::invalid_argument,
/// whose message names the value and the range that is possible.
template <std::integral Integer>
[[nodiscard]] constexpr std::uint64_t checked_size(Integer size, std::uint64_t least,
                                                   const char* name) {
    const auto value = static_cast<std::uint64_t>(size);
    if (std::cmp_less(size, least) || std::cmp_greater(size, maxsize_max)) {
        const bool is_negative = std::cmp_less(size, 0);
        refuse_size(is_negative, is_negative ? 0 - value : value, least, name);
    }
    return value;
}

}  // namespace conq::limits

#endif

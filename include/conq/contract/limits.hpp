// SPDX-License-Identifier: BSL-1.0
// Every bound that the documentation promises, by name.
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

/// The most slots that a bounded queue may have, and the largest maxsize of any.
inline constexpr std::uint64_t maxsize_max = std::uint64_t{1} << 31;

/// A put that waits returns at most this long after room appears (see policy::prompt), and a guest
/// (see is_guest) that was spared a wake, after what it waits for.
inline constexpr std::uint64_t put_wake_delay_ns = 1'000'000;

/// From this capacity on, waiting putters are woken at half empty rather than at each free slot.
inline constexpr std::uint64_t half_empty_wake_slots = 64;

/// A waiting get that runs alone on its core polls at most this long before it sleeps: an idle
/// consumer costs no processor time after it.
inline constexpr std::uint64_t get_spin_window_ns = 50'000;

/// The same for a waiting put, whose consumer is the slower side.
inline constexpr std::uint64_t put_spin_window_ns = 5'000;

/// An item that another thread has claimed and not yet published is waited for by pauses of this
/// length in all, then by yielding `claim_yields` times, then by sleeping, first and longest as
/// named: the only wait without a guaranteed wake.
inline constexpr std::uint64_t claim_pause_ns = 2'000;
inline constexpr int claim_yields = 20;
inline constexpr std::uint64_t claim_sleep_first_ns = 50'000;
inline constexpr std::uint64_t claim_sleep_longest_ns = 1'000'000;

/// A batch claims at most this many items at once, and holds a lock for at most so many: others get
/// their turn between.
inline constexpr std::uint64_t batch_claim_most = 64;

/// The smaller one. (std::min comes with all of its header, a tenth of what conq/queue.hpp costs
/// to compile.)
[[nodiscard]] constexpr std::uint64_t smaller(std::uint64_t a, std::uint64_t b) noexcept {
    return b < a ? b : a;
}

/// What checked_size throws. Once for all types of integers, and without strings, which users would
/// compile with each queue.
[[noreturn]] CONQ_COLD inline void refuse_size(bool is_negative, std::uint64_t magnitude,
                                               std::uint64_t least, const char* name) {
    char message[128];
    std::snprintf(message, sizeof message,
                  "conq: a %s of %s%llu is not possible: give one from %llu to 2147483648%s", name,
                  is_negative ? "-" : "", static_cast<unsigned long long>(magnitude),
                  static_cast<unsigned long long>(least), least == 0 ? " (0: no bound)" : "");
    platform::throw_or_abort(std::invalid_argument(message));
}

/// `size` as a bound, checked. Throws std::invalid_argument that names the bound and the mend.
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

// SPDX-License-Identifier: BSL-1.0
// How a call on a queue ended: one vocabulary for every queue and every face.
#ifndef CONQ_CONTRACT_STATUS_HPP
#define CONQ_CONTRACT_STATUS_HPP

#include <cstdint>

#include "conq/platform/config.hpp"

namespace conq {

/// How a call ended. Whatever is not `ok` has changed nothing: a put has not touched its argument,
/// a get has taken nothing.
///
/// What wins if several would fit: `stopped` if the stop was requested before the call; else `ok`
/// if the call could be carried out, whatever its deadline; else `shut_down`, `stopped`,
/// `timed_out`.
enum class status : std::uint8_t {
    ok,         ///< Done.
    full,       ///< Calls that do not wait only: no room.
    empty,      ///< Calls that do not wait only: no item.
    busy,       ///< Calls that do not wait only: another thread is in the middle of a call; try
                ///< again. And a put_many that an exception cut short.
    shut_down,  ///< The queue takes no more items; for a get: and the last one has been taken.
    timed_out,  ///< The deadline passed.
    stopped,    ///< The stop token asked.
    lease_lost  ///< Ends of leases of job queues only: the job has been given to somebody else.
};

/// The status as a word, for messages. Never null.
[[nodiscard]] constexpr const char* to_string(status value) noexcept {
    switch (value) {
        case status::ok:
            return "ok";
        case status::full:
            return "full";
        case status::empty:
            return "empty";
        case status::busy:
            return "busy";
        case status::shut_down:
            return "shut_down";
        case status::timed_out:
            return "timed_out";
        case status::stopped:
            return "stopped";
        case status::lease_lost:
            return "lease_lost";
    }
    return "unknown";
}

/// What a batch did: how many items, from the first on, and why not more.
struct [[nodiscard]] batch_result {
    /// How many items were put, or taken. The rest is as it was.
    std::uint64_t count = 0;
    /// Of a put: ok if all were put. Of a get: ok if any was taken. Else why not.
    conq::status status = conq::status::ok;

    /// Compares both.
    friend bool operator==(const batch_result&, const batch_result&) = default;
};

/// Tag of shutdown(immediate): what no getter has claimed is dropped.
struct immediate_t {
    explicit immediate_t() = default;
};
/// q.shutdown(conq::immediate)
inline constexpr immediate_t immediate{};

}  // namespace conq

#endif

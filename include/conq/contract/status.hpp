// SPDX-License-Identifier: BSL-1.0
// How a call on a queue ended: one vocabulary for all queues, the Python module and the command.
#ifndef CONQ_CONTRACT_STATUS_HPP
#define CONQ_CONTRACT_STATUS_HPP

#include <cstdint>

#include "conq/platform/config.hpp"

namespace conq {

/// How a call ended. A call that does not return `ok` has changed nothing: a put has not touched
/// its argument, and a get has taken nothing.
///
/// If several results are possible, the first of these applies: `stopped`, if the stop was
/// requested before the call; `ok`, if the call could be carried out, whatever its deadline;
/// `shut_down`; `stopped`; `timed_out`.
enum class status : std::uint8_t {
    ok,         ///< Done.
    full,       ///< Only from calls that do not wait: there is no room.
    empty,      ///< Only from calls that do not wait: there is no item.
    busy,       ///< Only from calls that do not wait: another thread is in the middle of a call, so
                ///< try again. Also from a put_many that an exception cut short.
    shut_down,  ///< No more puts are accepted. From a get: and the last item has been taken.
    timed_out,  ///< The deadline passed.
    stopped,    ///< A stop was requested through the stop token.
    lease_lost  ///< Only from the end of a job queue's lease: the job was given to somebody else.
};

/// The name of the status, for messages. Never null.
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

/// The result of a batch: how many items, counted from the first, and why not more.
struct [[nodiscard]] batch_result {
    /// How many items were put or taken. The other items are unchanged.
    std::uint64_t count = 0;
    /// For a put, `ok` if all items were put. For a get, `ok` if any was taken. Else the reason.
    conq::status status = conq::status::ok;

    /// Compares both members.
    friend bool operator==(const batch_result&, const batch_result&) = default;
};

/// The tag of shutdown(immediate), which drops every item that no consumer has claimed.
struct immediate_t {
    explicit immediate_t() = default;
};
/// For example q.shutdown(conq::immediate).
inline constexpr immediate_t immediate{};

}  // namespace conq

#endif

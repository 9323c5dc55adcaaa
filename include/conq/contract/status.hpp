// SPDX-License-Identifier: BSL-1.0
// How a call on a queue ended: one vocabulary for every queue and every face.
#ifndef CONQ_CONTRACT_STATUS_HPP
#define CONQ_CONTRACT_STATUS_HPP

#include <cstdint>

namespace conq {

/// How a call ended. Whatever is not `ok` has changed nothing: a put has not touched its argument,
/// a get has taken nothing.
///
/// What wins if several would fit: `stopped` if the stop was requested before the call; else `ok`
/// if the call could be carried out, whatever its deadline; else `shut_down`, `stopped`,
/// `timed_out`.
enum class status : std::uint8_t {
    ok,         ///< Done.
    full,       ///< try_put only: no room.
    empty,      ///< try_get and try_take only: no item.
    busy,       ///< try_ calls only: another thread is in the middle of a call; try again.
    shut_down,  ///< The queue takes no more items; for a get: and the last one has been taken.
    timed_out,  ///< The deadline passed.
    stopped     ///< The stop token asked.
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
    }
    return "unknown";
}

/// Tag of shutdown(immediate): what no getter has claimed is dropped.
struct immediate_t {
    explicit immediate_t() = default;
};
/// q.shutdown(conq::immediate)
inline constexpr immediate_t immediate{};

}  // namespace conq

#endif

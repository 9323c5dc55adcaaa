// SPDX-License-Identifier: BSL-1.0
// The parts of a history: calls, each with its interval, value and answer.
#ifndef CONQ_TESTING_HISTORY_OPERATION_HPP
#define CONQ_TESTING_HISTORY_OPERATION_HPP

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "conq/contract/status.hpp"

namespace conq::testing {

/// Which member was called.
enum class call : std::uint8_t {
    put,
    get,   ///< or take
    done,  ///< task_done, and the end of a lease; its value is how many
    join,
    shutdown,      ///< graceful
    shutdown_now,  ///< shutdown(immediate)
    resize,        ///< set_maxsize; its value is the new bound, 0: none. Made by one thread only.
    ask_stop,      ///< requests a stop of the one source that all tokens of a history belong to
    other          ///< any other call of a queue; it only overlaps others
};

/// The form of the call: how it may wait.
enum class form : std::uint8_t { waits, tries, timed, stoppable, timed_stoppable };

[[nodiscard]] constexpr bool has_token(form f) noexcept {
    return f >= form::stoppable;
}
[[nodiscard]] constexpr bool has_deadline(form f) noexcept {
    return f == form::timed || f == form::timed_stoppable;
}

/// What the call answered: a conq::status, or
enum class answer : std::uint8_t {
    ok,
    full,
    empty,
    busy,
    shut_down,
    timed_out,
    stopped,
    refused,  ///< task_done said that there would be more dones than puts
    maybe     ///< no answer, or an exception: the call may have taken effect, or may yet do so
};
[[nodiscard]] constexpr answer to_answer(status s) noexcept {
    return static_cast<answer>(s);
}

/// A time that no call reaches: the end of a call that has not returned.
inline constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

/// One call. It has only 32 bytes, because there are many.
struct operation {
    std::uint64_t begin_ns = 0;     ///< read before the call
    std::uint64_t end_ns = no_end;  ///< read after it
    std::uint64_t value = 0;        ///< the item's; for other calls see `call`
    std::uint32_t span_ns = 0;      ///< the time-out, if there is one
    std::uint8_t thread = 0;
    call what = call::other;
    form how = form::waits;
    answer said = answer::maybe;
};
static_assert(sizeof(operation) == 32);

/// What the queue itself reported when all threads had ended.
struct final_state {
    std::uint64_t size = 0, unfinished = 0;
};

/// All calls on one queue since it was made, by all threads, in any order.
struct history {
    std::vector<operation> operations;
    std::optional<final_state> at_end;
};

/// A call as text: "thread 2  put(17)  [120, 480] ns  ok", with times since `origin_ns`.
[[nodiscard]] std::string to_string(const operation& op, std::uint64_t origin_ns);

}  // namespace conq::testing

#endif

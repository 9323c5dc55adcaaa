// SPDX-License-Identifier: BSL-1.0
// Whether a recorded history is one that a correct queue could have had.
//
// The calls are intervals on one clock. A history is linearizable if each call can be given an
// instant inside its interval so that the calls, one after another in that order, are what the
// queue's specification says. In general that is a search (Wing and Gong, 1993; Gibbons and Korach,
// 1997: NP-hard); for queues whose items are all different it is not. What is checked:
//
//   fresh, once   No item comes out that was not put, none before it was put, and none twice.
//   order         FIFO, LIFO, and priority with equals in order of put: exactly the linearizable
//                 histories pass. This includes the answers `empty` and `shut_down`, and calls
//                 without an end. O(n log n); FIFO is linear after the sort by time. spsc: the
//                 order of each side's calls counts, not the clock (sequential consistency), with
//                 `full` and `empty`; this is exact, too, for a fixed bound.
//   hand-over     In a queue that stores nothing, a put overlaps the get that took its item
//                 (exact).
//   batches       The items of a batch are calls of one thread in one interval. spsc: in the order
//                 of the history. FIFO: no item comes out before one that precedes it in its batch,
//                 and none is taken in a batch before one that was put earlier. (Necessary: a cycle
//                 through several batches may pass.) Otherwise: as calls that overlap, in any
//                 order.
//   empty         There was an instant in the call when no item had to be in (exact).
//   full, bound   `full`: there was an instant in the call when as many items as the bound allows
//                 may have been in. No put was accepted while that many were certainly in.
//                 (Necessary.)
//   shutdown      No put was accepted that began after a shutdown returned or after another call
//                 answered `shut_down`. No call answers it before a shutdown began, and a get
//                 answers it only when no item is to come out any more. After shutdown(immediate)
//                 none comes out, and the items that it drops count as done. (Exact for the
//                 graceful shutdown.)
//   count, join   The dones never exceed the puts, and task_done is refused only if they might.
//                 join returns ok only if the count may have been zero at an instant in the call,
//                 and gives up only if the count may have been other than zero. (Necessary.)
//   stop          No call is stopped before a stop was requested. If the request came before the
//                 call, the call is stopped.
//   time-out      No call times out even a nanosecond early. A get gives up only if there was an
//                 instant when no item had to be in, a put only if there was one when as many as
//                 the bound allows may have been in; or if another call overlapped, behind whose
//                 claim the call may have waited. The same holds for `busy`.
//   form          `full`, `empty` and `busy` are answers of the try_ forms alone, and so on.
//   end           In the end, the queue reports puts - gets as its size and puts - dones as its
//                 unfinished items.
//
// Sources. FIFO: Henzinger, Sezgin, Vafeiadis, "Aspect-oriented linearizability proofs" (CONCUR
// 2013), and Abdulla, Grahn, Jonsson, Krishna, Mishra, "Efficient linearizability monitoring"
// (LiMo, PLDI 2025), who found the proofs of earlier tools wrong. LIFO and priority: the idea of
// Lee and Mathur, "Efficient decrease-and-conquer linearizability monitoring" (OOPSLA 2025, arXiv
// 2410.04581), to remove one value whose absence changes nothing. The proofs are our own and stand
// in each file, so tests/history compares every checker with brute force.
//
// What is not checked. Values must differ (std::invalid_argument if not): with equal values the
// check would be a search again. The checks marked necessary (`full`, join and others) may let a
// wrong answer pass that no single reading of the counts excludes. That a call returns at all is
// checked by the time-outs of the tests and by the schedules. Intervals are as wide as the calls
// take, so a fault that heals before its call returns is not seen. All threads must read one clock:
// see clock.hpp.
#ifndef CONQ_TESTING_HISTORY_CHECKER_HPP
#define CONQ_TESTING_HISTORY_CHECKER_HPP

#include <cstdint>
#include <optional>
#include <string>

#include "testing/history/operation.hpp"

namespace conq::testing {

/// The order in which items must come out.
enum class order : std::uint8_t {
    fifo,
    lifo,
    priority,  ///< lowest first, equals in order of put
    spsc,      ///< first in, first out between two threads; each sees only its own order
    hand_over  ///< nothing is stored: a put and its get are one step
};

/// What the queue promises.
struct rules {
    order by = order::fifo;
    std::uint64_t bound = 0;      ///< maxsize at the beginning; 0: none
    unsigned priority_from = 48;  ///< an item's priority is value >> priority_from

    [[nodiscard]] std::uint64_t priority_of(std::uint64_t value) const noexcept {
        return value >> priority_from;
    }
};

/// What is wrong: the name of the violated property, as in the list above, and a text that
/// describes it and lists the calls that show it, with their threads, intervals and values.
struct violation {
    std::string property, text;
};

/// Checks a history. Returns the first violation found, or nothing. Throws std::invalid_argument if
/// the history is not one: two accepted puts of one value, an interval that ends before it begins,
/// two threads that resize.
[[nodiscard]] std::optional<violation> check(const history& of, const rules& by);

}  // namespace conq::testing

#endif

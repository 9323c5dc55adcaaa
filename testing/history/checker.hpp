// SPDX-License-Identifier: BSL-1.0
// Whether a recorded history is one that a correct queue could have had.
//
// The calls are intervals on one clock. A history is linearizable if each call can be given an
// instant inside its interval so that the calls, one after another in that order, are what the
// queue's specification says. In general that is a search (Wing and Gong, 1993; Gibbons and Korach,
// 1997: NP-hard); for queues whose items are all different it is not. What is checked:
//
//   fresh, once   Nothing comes out that was not put, before it was put, or twice.
//   order         FIFO, LIFO, and priority with equals in order of put: exactly the histories that
//                 are linearizable pass, the answers `empty` and `shut_down` and calls without an
//                 end included. O(n log n); FIFO is linear after the sort by time. spsc: the order
//                 of each side's calls instead of the clock (sequential consistency), with `full`
//                 and `empty`: exact, too, for a fixed bound.
//   hand-over     Without room, a put overlaps the get that took its item (exact).
//   batches       The items of a batch are calls of one thread in one interval. spsc: in the order
//                 of the history. FIFO: no item comes out before one that precedes it in its batch,
//                 and none is taken in a batch before one that was put earlier. (Necessary: a cycle
//                 through several batches may pass.) Else: as calls that overlap, in any order.
//   empty         There was an instant in the call when nothing had to be in (exact).
//   full, bound   `full`: there was an instant in the call when so much may have been in. No put
//                 was accepted while so much was certainly in. (Necessary.)
//   shutdown      No put was accepted that began after a shutdown returned or after another call
//                 had been told of it; nobody is told before a shutdown began; `shut_down` of a get
//                 only when nothing is to come out any more; after shutdown(immediate) nothing does
//                 and its drops count as done. (Exact for the graceful one.)
//   count, join   The dones never exceed the puts, and task_done is refused only if they might;
//                 join returns ok only if the count may have been zero at an instant in the call,
//                 and gives up only if it may have been other than zero. (Necessary.)
//   stop          Nobody is stopped who was not asked to; whoever was asked before the call is.
//   time-out      Not a nanosecond before the time. A get (put) gives up only if there was an
//                 instant when nothing need have been in (as much may have been in), or if another
//                 call kept it company, behind whose claim it may have waited; the same for busy.
//   form          `full`, `empty` and `busy` are answers of the try_ forms alone, and so on.
//   end           What the queue says of itself in the end is puts - gets and puts - dones.
//
// Sources. FIFO: Henzinger, Sezgin, Vafeiadis, "Aspect-oriented linearizability proofs" (CONCUR
// 2013), and Abdulla, Grahn, Jonsson, Krishna, Mishra, "Efficient linearizability monitoring"
// (LiMo, PLDI 2025), who found the proofs of earlier tools wrong. LIFO and priority: the idea of
// Lee and Mathur, "Efficient decrease-and-conquer linearizability monitoring" (OOPSLA 2025, arXiv
// 2410.04581), to take away one value whose absence changes nothing. The proofs are ours, in each
// file, and so tests/history puts every checker to the question against brute force.
//
// What is not checked. Values must differ (std::invalid_argument if not): equal ones would make it
// a search again. `full`, join and the others marked necessary may let a wrong answer pass that
// no single reading of the counts excludes. That a call returns at all is the business of the
// test's time-out and of the schedules. Intervals are as wide as the calls take, so a fault that
// heals before its call returns is not seen; and the clock has to be one clock, see clock.hpp.
#ifndef CONQ_TESTING_HISTORY_CHECKER_HPP
#define CONQ_TESTING_HISTORY_CHECKER_HPP

#include <cstdint>
#include <optional>
#include <string>

#include "testing/history/operation.hpp"

namespace conq::testing {

/// In which order items have to come out.
enum class order : std::uint8_t {
    fifo,
    lifo,
    priority,  ///< lowest first, equals in order of put
    spsc,      ///< first in first out between two threads, each of which sees its own order only
    hand_over  ///< no room: a put and its get are one step
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

/// What is wrong: the name of the property as above, and a text that says it, with the calls that
/// show it, their threads, intervals and values.
struct violation {
    std::string property, text;
};

/// The first thing found wrong, or nothing. Throws std::invalid_argument if the history is not one:
/// two accepted puts of one value, an interval that ends before it begins, two threads that resize.
[[nodiscard]] std::optional<violation> check(const history& of, const rules& by);

}  // namespace conq::testing

#endif

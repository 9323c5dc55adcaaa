// SPDX-License-Identifier: BSL-1.0
// priority_queue<T, Before>: a work queue that hands out the lowest item first.
#ifndef CONQ_QUEUE_PRIORITY_QUEUE_HPP
#define CONQ_QUEUE_PRIORITY_QUEUE_HPP

#include <concepts>
#include <functional>
#include <utility>

#include "conq/buffers/heap.hpp"
#include "conq/buffers/locked_buffer.hpp"
#include "conq/contract/limits.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// The buffer of a priority_queue.
template <class T, class Before, class Traits, class Flag = wake_flag<typename Traits::platform>>
using priority_buffer =
    locked_buffer<heap<T, typename Traits::template allocator<T>, Before>, Traits, Flag, Flag>;

/// A work queue in the order of `before`, without a bound or with a maxsize. `before(a, b)` says
/// whether item a goes before item b, and is a strict weak order, as for std::sort.
///
/// Order: the lowest item first, as in Python (std::priority_queue has the highest first); equals
/// in the order in which they were put. Strict and linearizable. A stream of low items keeps the
/// high ones waiting for ever. Threads: any number of putters and getters. Memory: an array that
/// doubles as it fills up and that only trim() makes smaller; items whose move may throw are
/// allocated one by one. Progress: a put or get holds a lock while it compares and moves, up to
/// log2(size) (put) or twice as many (get) times; so a try_ call may answer `busy`, and what a
/// thread that dies in the middle of a call leaves is a locked queue. A put may allocate, under the
/// lock. O(log size).
///
/// `before` is called under the lock, by one thread at a time: it must not call the queue. If it
/// throws, so does the put or get, and the queue is as it was. T's moves and destructor must not
/// call the queue either.
template <class T, class Before = std::less<T>, class Traits = default_traits>
class basic_priority_queue : public composition<basic_priority_queue<T, Before, Traits>, T,
                                                priority_buffer<T, Before, Traits>, Traits> {
public:
    /// See traits.
    using typename basic_priority_queue::composition::allocator_type;

    /// A queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if it is
    /// negative or more than 2^31, and what moving `before` throws.
    explicit basic_priority_queue(std::integral auto maxsize, Before before = Before(),
                                  const allocator_type& allocator = allocator_type())
        : basic_priority_queue::composition(limits::checked_size(maxsize, 0, "maxsize"), allocator,
                                            std::move(before)) {}
    explicit basic_priority_queue(std::integral auto maxsize, const allocator_type& allocator)
        : basic_priority_queue(maxsize, Before(), allocator) {}
    basic_priority_queue() : basic_priority_queue(0) {}
    explicit basic_priority_queue(const allocator_type& allocator)
        : basic_priority_queue(0, Before(), allocator) {}
};

/// basic_priority_queue with the default traits.
template <class T, class Before = std::less<T>>
using priority_queue = basic_priority_queue<T, Before>;

}  // namespace conq

#endif

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
/// whether item a comes out before item b; it must be a strict weak order, as for std::sort.
///
/// Order: the lowest item first, as in Python (std::priority_queue has the highest first); equal
/// items in the order in which they were put. Strict and linearizable. A steady stream of low items
/// keeps the high ones waiting for ever. Threads: any number of producers and consumers. Memory: an
/// array that doubles as it fills up and that only trim() makes smaller; items whose move may throw
/// are allocated one by one. Progress: a put or get holds a lock while it compares and moves, up to
/// log2(size) times (put) or twice as often (get). So a try_ call may return `busy`, and a thread
/// that dies inside a call leaves the queue locked. A put may allocate under the lock. O(log size)
/// per call.
///
/// `before` is called under the lock, by one thread at a time: it must not call the queue. If it
/// throws, the put or get throws, and the queue is unchanged. T's moves and destructor must not
/// call the queue either.
template <class T, class Before = std::less<T>, class Traits = default_traits>
class basic_priority_queue : public composition<basic_priority_queue<T, Before, Traits>, T,
                                                priority_buffer<T, Before, Traits>, Traits> {
public:
    /// See default_traits::allocator.
    using typename basic_priority_queue::composition::allocator_type;

    /// Makes a queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if
    /// `maxsize` is negative or more than 2^31, and what moving `before` throws.
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

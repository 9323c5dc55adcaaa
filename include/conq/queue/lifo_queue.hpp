// SPDX-License-Identifier: BSL-1.0
// lifo_queue<T>: a work queue that hands out the newest item first.
#ifndef CONQ_QUEUE_LIFO_QUEUE_HPP
#define CONQ_QUEUE_LIFO_QUEUE_HPP

#include <concepts>

#include "conq/buffers/locked_buffer.hpp"
#include "conq/buffers/row.hpp"
#include "conq/contract/limits.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// The buffer of a lifo_queue.
template <class T, class Traits, class Flag = wake_flag<typename Traits::platform>>
using lifo_buffer =
    locked_buffer<stack<T, typename Traits::template allocator<T>>, Traits, Flag, Flag>;

/// A last-in first-out work queue, without a bound or with a maxsize. The newest item is likely to
/// be in the cache still, and under a backlog the newest request is served while it is still of
/// use. The oldest item may wait for ever.
///
/// Order: the newest item first; strict and linearizable. Threads: any number of producers and
/// consumers. Memory: grows and shrinks with the backlog, in blocks of 512 bytes or one item.
/// Progress: a put or get holds a lock for a few instructions and for T's move. So a try_ call may
/// return `busy`, and a thread that dies inside a call leaves the queue locked. A put may allocate
/// under the lock. T's constructors, moves and destructor must not call the queue. O(1) per call.
template <class T, class Traits = default_traits>
class basic_lifo_queue
    : public composition<basic_lifo_queue<T, Traits>, T, lifo_buffer<T, Traits>, Traits> {
public:
    /// See default_traits::allocator.
    using typename basic_lifo_queue::composition::allocator_type;

    /// Makes a queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if
    /// `maxsize` is negative or more than 2^31, and what the allocator throws.
    explicit basic_lifo_queue(std::integral auto maxsize,
                              const allocator_type& allocator = allocator_type())
        : basic_lifo_queue::composition(limits::checked_size(maxsize, 0, "maxsize"), allocator) {}
    basic_lifo_queue() : basic_lifo_queue(0) {}
    explicit basic_lifo_queue(const allocator_type& allocator) : basic_lifo_queue(0, allocator) {}
};

/// basic_lifo_queue with the default traits.
template <class T> using lifo_queue = basic_lifo_queue<T>;

}  // namespace conq

#endif

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

/// A last-in first-out work queue, without a bound or with a maxsize: what was put last is likely
/// to be in the cache still, and a backlog serves the newest request while it is of use. The oldest
/// may wait for ever.
///
/// Order: the newest item first; strict and linearizable. Threads: any number of putters and
/// getters. Memory: grows and shrinks with the backlog, by blocks of 512 bytes or one item.
/// Progress: a put or get holds a lock for a few instructions, and for T's move; so a try_ call may
/// answer `busy`, and what a thread that dies in the middle of a call leaves is a locked queue. A
/// put may allocate, under the lock. T's constructors, moves and destructor must not call the
/// queue. O(1).
template <class T, class Traits = default_traits>
class basic_lifo_queue
    : public composition<basic_lifo_queue<T, Traits>, T, lifo_buffer<T, Traits>, Traits> {
public:
    /// See traits.
    using typename basic_lifo_queue::composition::allocator_type;

    /// A queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if it is
    /// negative or more than 2^31, and what the allocator throws.
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

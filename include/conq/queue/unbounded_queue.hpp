// SPDX-License-Identifier: BSL-1.0
// queue<T>: a work queue without a bound, or with a bound that may change.
#ifndef CONQ_QUEUE_UNBOUNDED_QUEUE_HPP
#define CONQ_QUEUE_UNBOUNDED_QUEUE_HPP

#include <concepts>

#include "conq/buffers/locked_buffer.hpp"
#include "conq/buffers/row.hpp"
#include "conq/buffers/segments.hpp"
#include "conq/contract/limits.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// The buffer of a queue: segments, or a locked buffer if T's move may throw.
template <class T, class Traits, class Flag = wake_flag<typename Traits::platform>>
struct segmented_buffer {
    /// The buffer type chosen.
    using type = locked_buffer<fifo<T, typename Traits::template allocator<T>>, Traits, Flag, Flag>;
};
template <class T, class Traits, class Flag>
    requires lock_free_storable<T, typename Traits::template allocator<T>>
struct segmented_buffer<T, Traits, Flag> {
    using type = segments<T, Traits, Flag, Flag>;
};

/// A first-in first-out work queue, without a bound or with a maxsize that may change.
///
/// Order: strict and linearizable. Threads: any number of producers and consumers. Memory: nothing
/// beyond the object (under 1 KiB) until the first put, then segments of about 4 KiB as the backlog
/// grows. They are freed as it shrinks, except for at most 16 that stay until the queue is
/// destroyed. Items whose move may throw are kept behind a lock instead.
/// Progress: an uncontended put or get is one compare-and-swap, except at the end of a segment,
/// where a lock is taken for about a microsecond. Not lock-free: an item behind a slot that is
/// claimed and not yet published waits for the thread that claimed it. A put may allocate. Cost:
/// O(1) per call, but O(waiters) for shutdown and set_maxsize, and O(items) for an immediate
/// shutdown.
template <class T, class Traits = default_traits>
class basic_queue : public composition<basic_queue<T, Traits>, T,
                                       typename segmented_buffer<T, Traits>::type, Traits> {
public:
    /// See default_traits::allocator.
    using typename basic_queue::composition::allocator_type;

    /// Makes a queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if
    /// `maxsize` is negative or more than 2^31.
    explicit basic_queue(std::integral auto maxsize,
                         const allocator_type& allocator = allocator_type())
        : basic_queue::composition(limits::checked_size(maxsize, 0, "maxsize"), allocator) {}
    basic_queue() : basic_queue(0) {}
    explicit basic_queue(const allocator_type& allocator) : basic_queue(0, allocator) {}

    /// Changes maxsize; 0: no bound. Items beyond a smaller maxsize stay; waiting puts see a larger
    /// one at once. Throws std::invalid_argument as the constructor does.
    void set_maxsize(std::integral auto maxsize) {
        this->buffer().set_capacity(limits::checked_size(maxsize, 0, "maxsize"));
        this->wake_all_putters();
    }
};

/// basic_queue with the default traits.
template <class T> using queue = basic_queue<T>;

}  // namespace conq

#endif

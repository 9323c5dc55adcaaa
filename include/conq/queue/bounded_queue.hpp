// SPDX-License-Identifier: BSL-1.0
// bounded_queue<T>: a work queue with a fixed number of slots.
#ifndef CONQ_QUEUE_BOUNDED_QUEUE_HPP
#define CONQ_QUEUE_BOUNDED_QUEUE_HPP

#include <concepts>
#include <type_traits>

#include "conq/buffers/fixed_row.hpp"
#include "conq/buffers/locked_buffer.hpp"
#include "conq/buffers/ring.hpp"
#include "conq/contract/limits.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// The buffer of a bounded_queue: a ring, or a locked buffer if T's move may throw.
template <class T, class Traits, class Flag = wake_flag<typename Traits::platform>>
struct bounded_buffer {
    /// The buffer type chosen.
    using type =
        locked_buffer<fixed_row<T, typename Traits::template allocator<T>>, Traits, Flag, Flag>;
};
template <class T, class Traits, class Flag>
    requires lock_free_storable<T, typename Traits::template allocator<T>>
struct bounded_buffer<T, Traits, Flag> {
    using type = ring<T, Traits, Flag, Flag>;
};

/// A first-in first-out work queue of a fixed capacity: exactly the number given, from 1 to 2^31.
///
/// Order: strict and linearizable. Threads: any number of producers and consumers. Memory: capacity
/// (plus 8 slots from 256 on) times (sizeof(T) + 8) bytes, rounded up to alignment; allocated by
/// the constructor and never again. Items whose move may throw are kept behind a lock instead.
/// Progress: an uncontended put or get is one compare-and-swap. Not lock-free: an item behind a
/// slot that is claimed and not yet published waits for the thread that claimed it. Cost: O(1) per
/// call, but O(waiters) for shutdown and O(items) for an immediate one.
template <class T, class Traits = default_traits>
class basic_bounded_queue : public composition<basic_bounded_queue<T, Traits>, T,
                                               typename bounded_buffer<T, Traits>::type, Traits> {
public:
    /// See default_traits::allocator.
    using typename basic_bounded_queue::composition::allocator_type;

    /// Makes a queue of `capacity` slots. Throws std::invalid_argument if that is less than 1 or
    /// more than 2^31, and what the allocator throws.
    explicit basic_bounded_queue(std::integral auto capacity,
                                 const allocator_type& allocator = allocator_type())
        : basic_bounded_queue::composition(limits::checked_size(capacity, 1, "capacity"),
                                           allocator) {}
};

/// basic_bounded_queue with the default traits.
template <class T> using bounded_queue = basic_bounded_queue<T>;

}  // namespace conq

#endif

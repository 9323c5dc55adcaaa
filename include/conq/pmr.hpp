// SPDX-License-Identifier: BSL-1.0
// Queues that allocate from a std::pmr::memory_resource.
//
//     std::pmr::unsynchronized_pool_resource pool;     // a ring allocates in its constructor only
//     conq::pmr::bounded_queue<int> q(100, &pool);
//     std::pmr::synchronized_pool_resource shared;
//     conq::pmr::queue<std::pmr::string> names(&shared);  // the strings live in it, too
//
// Any thread that puts or gets may allocate and free, so the resource must be safe to use from many
// threads, unless the queue allocates in its constructor only. The resource must outlive the queue
// and every item that was taken out and still uses it.
#ifndef CONQ_PMR_HPP
#define CONQ_PMR_HPP

#include <functional>
#include <memory_resource>

#include "conq/delay_queue.hpp"
#include "conq/lifo_queue.hpp"
#include "conq/locked_queue.hpp"
#include "conq/priority_queue.hpp"
#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"
#include "conq/spsc_queue.hpp"

namespace conq::pmr {

/// The traits of queues that allocate from a memory resource.
struct traits : default_traits {
    /// Made from a pointer to the resource.
    template <class T> using allocator = std::pmr::polymorphic_allocator<T>;
};

/// The queues of the same names, allocating from a memory resource.
template <class T> using bounded_queue = basic_bounded_queue<T, traits>;
template <class T> using queue = basic_queue<T, traits>;
template <class T> using locked_queue = basic_locked_queue<T, traits>;
template <class T> using spsc_queue = basic_spsc_queue<T, traits>;
template <class T> using lifo_queue = basic_lifo_queue<T, traits>;
template <class T> using delay_queue = basic_delay_queue<T, traits>;
template <class T, class Before = std::less<T>>
using priority_queue = basic_priority_queue<T, Before, traits>;
/// A rendezvous allocates nothing itself: the resource is for items that use it.
template <class T> using rendezvous = basic_rendezvous<T, traits>;

}  // namespace conq::pmr

#endif

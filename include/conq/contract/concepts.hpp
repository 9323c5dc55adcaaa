// SPDX-License-Identifier: BSL-1.0
// The concepts that describe what an algorithm may ask of a queue.
#ifndef CONQ_CONTRACT_CONCEPTS_HPP
#define CONQ_CONTRACT_CONCEPTS_HPP

#include <concepts>
#include <cstdint>
#include <utility>

#include "conq/contract/status.hpp"
#include "conq/platform/native.hpp"
#include "conq/platform/stop.hpp"

namespace conq {

/// A queue of work: satisfied by memory queues and by job queues. `workers` requires nothing more.
template <class Queue>
concept work_queue =
    requires(Queue& queue, typename Queue::value_type item, never_stop_token stop) {
        typename Queue::lease_type;
        { queue.put(std::move(item)) } -> std::same_as<status>;
        { queue.put(std::move(item), stop) } -> std::same_as<status>;
        { queue.take() } -> std::same_as<typename Queue::lease_type>;
        { queue.take(stop) } -> std::same_as<typename Queue::lease_type>;
        queue.join();
        { queue.join(stop) } -> std::same_as<status>;
        queue.shutdown();
        queue.shutdown(immediate);
    };

/// A work queue that also hands out bare items, which the caller counts with task_done().
template <class Queue>
concept counted_queue = work_queue<Queue> && requires(Queue& queue, std::uint64_t count) {
    { *queue.get() } -> std::convertible_to<typename Queue::value_type>;
    queue.task_done();
    queue.task_done(count);
};

/// The platform that a queue runs on: Queue::platform_type if it names one, else platform::native.
template <class Queue> struct platform_of {
    /// The platform class.
    using type = platform::native;
};
template <class Queue>
    requires requires { typename Queue::platform_type; }
struct platform_of<Queue> {
    using type = typename Queue::platform_type;
};

/// A queue on which something other than a thread can wait: select, a coroutine, an event loop.
template <class Queue>
concept selectable = requires(Queue& queue, typename Queue::waiter_type& waiter) {
    queue.enlist_getter(waiter);
    queue.leave_getter(waiter);
    queue.enlist_putter(waiter);
    queue.leave_putter(waiter);
};

}  // namespace conq

#endif

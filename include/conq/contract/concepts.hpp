// SPDX-License-Identifier: BSL-1.0
// What an algorithm may ask of a queue.
#ifndef CONQ_CONTRACT_CONCEPTS_HPP
#define CONQ_CONTRACT_CONCEPTS_HPP

#include <concepts>
#include <cstdint>
#include <utility>

#include "conq/contract/status.hpp"
#include "conq/platform/native.hpp"
#include "conq/platform/stop.hpp"

namespace conq {

/// A queue of work: memory queues and job queues. `workers` needs no more.
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

/// A work queue that hands out bare items, too.
template <class Queue>
concept counted_queue = work_queue<Queue> && requires(Queue& queue, std::uint64_t count) {
    { *queue.get() } -> std::convertible_to<typename Queue::value_type>;
    queue.task_done();
    queue.task_done(count);
};

/// The platform under a queue: the one that it names, or the native one.
template <class Queue> struct platform_of {
    /// The platform.
    using type = platform::native;
};
template <class Queue>
    requires requires { typename Queue::platform_type; }
struct platform_of<Queue> {
    using type = typename Queue::platform_type;
};

/// A queue that others than threads can wait on: select, coroutines, event loops.
template <class Queue>
concept selectable = requires(Queue& queue, typename Queue::waiter_type& waiter) {
    queue.enlist_getter(waiter);
    queue.leave_getter(waiter);
    queue.enlist_putter(waiter);
    queue.leave_putter(waiter);
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// atomic_queue's AtomicQueueB2 and libcds' ring after Vyukov. They cannot wait, so they are
// retried.
#ifndef CONQ_BENCH_RIVALS_ATOMIC_QUEUES_HPP
#define CONQ_BENCH_RIVALS_ATOMIC_QUEUES_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "bench/rivals/rival.hpp"
#if __has_include(<atomic_queue/atomic_queue.h>)
#define CONQ_BENCH_HAS_ATOMIC_QUEUE
#include <atomic_queue/atomic_queue.h>
#endif
#if __has_include(<cds/container/vyukov_mpmc_cycle_queue.h>)
#define CONQ_BENCH_HAS_LIBCDS
#include <cds/container/vyukov_mpmc_cycle_queue.h>
#endif

namespace conq::bench {

template <class T> struct atomic_queue_b2 {
    static constexpr about who{"atomic_queue AtomicQueueB2", false};
#if defined(CONQ_BENCH_HAS_ATOMIC_QUEUE)
    explicit atomic_queue_b2(std::uint64_t capacity) : queue(static_cast<unsigned>(capacity)) {}
    void put(T item) {
        retry([&] { return queue.try_push(std::move(item)); });
    }
    T get() {
        T item;
        retry([&] { return queue.try_pop(item); });
        return item;
    }
    atomic_queue::AtomicQueueB2<T, std::allocator<T>, true, true> queue;  // keeps a total order
#endif
};
template <class T> struct libcds_vyukov {
    static constexpr about who{"libcds VyukovMPMCCycleQueue", false};
#if defined(CONQ_BENCH_HAS_LIBCDS)
    explicit libcds_vyukov(std::uint64_t capacity) : queue(capacity) {}
    void put(T item) {
        retry([&] { return queue.enqueue(std::move(item)); });
    }
    T get() {
        T item;
        retry([&] { return queue.dequeue(item); });
        return item;
    }
    cds::container::VyukovMPMCCycleQueue<T> queue;
#endif
};

}  // namespace conq::bench

#endif

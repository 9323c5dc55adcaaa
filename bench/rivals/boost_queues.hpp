// SPDX-License-Identifier: BSL-1.0
// Boost: sync_bounded_queue (a mutex and condition variables), the buffered channel of its fibers
// (between threads that have one fiber each), and lockfree::queue.
#ifndef CONQ_BENCH_RIVALS_BOOST_QUEUES_HPP
#define CONQ_BENCH_RIVALS_BOOST_QUEUES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "bench/rivals/rival.hpp"
#if defined(CONQ_BENCH_HAS_BOOST_FIBER)
#include <boost/fiber/buffered_channel.hpp>
#endif
#if defined(CONQ_BENCH_HAS_BOOST)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/thread/concurrent_queues/sync_bounded_queue.hpp>
#endif

namespace conq::bench {

template <class T> struct boost_sync_bounded {
    static constexpr about who{"Boost sync_bounded_queue", true};
#if defined(CONQ_BENCH_HAS_BOOST)
    explicit boost_sync_bounded(std::uint64_t capacity) : queue(capacity) {}
    void put(T item) { queue.push_back(std::move(item)); }
    T get() { return queue.pull_front(); }
    boost::sync_bounded_queue<T> queue;
#endif
};
template <class T> struct boost_fiber_channel {
    static constexpr about who{"Boost fibers::buffered_channel", true};
#if defined(CONQ_BENCH_HAS_BOOST_FIBER)
    // A power of two; one of the slots stays free.
    explicit boost_fiber_channel(std::uint64_t capacity) : queue(capacity) {}
    void put(T item) { queue.push(std::move(item)); }
    T get() { return queue.value_pop(); }
    boost::fibers::buffered_channel<T> queue;
#endif
};
template <class T> struct boost_lockfree {
    static constexpr about who{"Boost lockfree::queue", false};
#if defined(CONQ_BENCH_HAS_BOOST)
    explicit boost_lockfree(std::uint64_t capacity)
        : queue(std::min(capacity, std::uint64_t{65534})) {}  // the most that it can hold
    void put(T item) {
        retry([&] { return queue.bounded_push(item); });
    }
    T get() {
        T item;
        retry([&] { return queue.pop(item); });
        return item;
    }
    boost::lockfree::queue<T, boost::lockfree::fixed_sized<true>> queue;
#endif
};
template <class T> struct boost_spsc {
    static constexpr about who{"Boost lockfree::spsc_queue", false, order::single_sides};
#if defined(CONQ_BENCH_HAS_BOOST)
    explicit boost_spsc(std::uint64_t capacity) : queue(capacity) {}
    void put(T item) {
        retry([&] { return queue.push(item); });
    }
    T get() {
        T item;
        retry([&] { return queue.pop(item); });
        return item;
    }
    boost::lockfree::spsc_queue<T> queue;
#endif
};

}  // namespace conq::bench

#endif

// SPDX-License-Identifier: BSL-1.0
// conq's own queues as contenders.
#ifndef CONQ_BENCH_RIVALS_CONQ_QUEUES_HPP
#define CONQ_BENCH_RIVALS_CONQ_QUEUES_HPP

#include <cstdint>
#include <iterator>
#include <utility>

#include "bench/rivals/rival.hpp"
#include "conq/locked_queue.hpp"
#include "conq/queue.hpp"
#include "conq/spsc_queue.hpp"

namespace conq::bench {

template <class Queue> struct conq_rival {
    using item_type = typename Queue::value_type;
    explicit conq_rival(std::uint64_t capacity) : queue(capacity) {}
    void put(item_type item) { queue.put(std::move(item)); }
    item_type get() { return *queue.get(); }
    void done() { queue.task_done(); }
    void join() { queue.join(); }
    template <class Iterator> void put_many(Iterator first, Iterator last) {
        static_cast<void>(queue.put_many(std::move_iterator(first), std::move_iterator(last)));
    }
    template <class Iterator> std::uint64_t get_many(Iterator out, std::uint64_t most) {
        return queue.get_many(out, most).count;
    }
    Queue queue;
};

template <class T> struct conq_bounded : conq_rival<bounded_queue<T>> {
    static constexpr about who{"conq::bounded_queue", true};
    using conq_rival<bounded_queue<T>>::conq_rival;
};
template <class T> struct conq_unbounded : conq_rival<queue<T>> {
    static constexpr about who{"conq::queue", true};
    using conq_rival<queue<T>>::conq_rival;
};
template <class T> struct conq_spsc : conq_rival<spsc_queue<T>> {
    static constexpr about who{"conq::spsc_queue", true, order::single_sides};
    using conq_rival<spsc_queue<T>>::conq_rival;
};
template <class T> struct conq_locked : conq_rival<locked_queue<T>> {
    static constexpr about who{"conq::locked_queue (mutex, condition variables)", true};
    using conq_rival<locked_queue<T>>::conq_rival;
};

}  // namespace conq::bench

#endif

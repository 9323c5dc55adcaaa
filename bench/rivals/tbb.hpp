// SPDX-License-Identifier: BSL-1.0
// oneTBB's concurrent_bounded_queue: push and pop wait.
#ifndef CONQ_BENCH_RIVALS_TBB_HPP
#define CONQ_BENCH_RIVALS_TBB_HPP

#include <cstddef>
#include <cstdint>
#include <utility>

#include "bench/rivals/rival.hpp"
#if defined(CONQ_BENCH_HAS_TBB)
#include <oneapi/tbb/concurrent_queue.h>
#endif

namespace conq::bench {

template <class T> struct tbb_bounded {
    static constexpr about who{"oneTBB concurrent_bounded_queue", true};
#if defined(CONQ_BENCH_HAS_TBB)
    explicit tbb_bounded(std::uint64_t capacity) {
        if (capacity != 0) queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    }
    void put(T item) { queue.push(std::move(item)); }
    T get() {
        T item;
        queue.pop(item);
        return item;
    }
    tbb::concurrent_bounded_queue<T> queue;
#endif
};

}  // namespace conq::bench

#endif

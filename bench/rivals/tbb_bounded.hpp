// SPDX-License-Identifier: BSL-1.0
// oneTBB's concurrent_bounded_queue: push and pop wait.
#ifndef CONQ_BENCH_RIVALS_TBB_BOUNDED_HPP
#define CONQ_BENCH_RIVALS_TBB_BOUNDED_HPP

#include <oneapi/tbb/concurrent_queue.h>

#include <cstddef>
#include <cstdint>

namespace conq::bench {

struct tbb_bounded {
    explicit tbb_bounded(std::uint64_t capacity) {
        queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    }
    void put(std::uint64_t item) { queue.push(item); }
    std::uint64_t get() {
        std::uint64_t item = 0;
        queue.pop(item);
        return item;
    }
    tbb::concurrent_bounded_queue<std::uint64_t> queue;
};

}  // namespace conq::bench

#endif

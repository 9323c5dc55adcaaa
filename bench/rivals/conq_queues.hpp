// SPDX-License-Identifier: BSL-1.0
// conq's own queues as contenders.
#ifndef CONQ_BENCH_RIVALS_CONQ_QUEUES_HPP
#define CONQ_BENCH_RIVALS_CONQ_QUEUES_HPP

#include <cstdint>

#include "conq/queue.hpp"

namespace conq::bench {

template <class Queue> struct conq_rival {
    explicit conq_rival(std::uint64_t capacity) : queue(capacity) {}
    void put(std::uint64_t item) { queue.put(item); }
    std::uint64_t get() { return queue.get().value_or(std::uint64_t{0}); }
    Queue queue;
};

}  // namespace conq::bench

#endif

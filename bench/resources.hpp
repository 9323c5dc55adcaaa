// SPDX-License-Identifier: BSL-1.0
// What queues use while nothing happens: processor time and memory.
#ifndef CONQ_BENCH_RESOURCES_HPP
#define CONQ_BENCH_RESOURCES_HPP

#include <cstddef>

namespace conq::bench {

/// Processor time that a consumer uses in a second of waiting, once its spin window is over.
double idle_consumer_ns();

/// Bytes of an empty queue<int>, heap and all.
std::size_t empty_queue_bytes();

}  // namespace conq::bench

#endif

// SPDX-License-Identifier: BSL-1.0
// What idle queues use: processor time and memory.
#ifndef CONQ_BENCH_RESOURCES_HPP
#define CONQ_BENCH_RESOURCES_HPP

#include <cstddef>

namespace conq::bench {

/// Processor time that a consumer uses in one second of waiting, after its spin window has ended.
double idle_consumer_ns();

/// Bytes of an empty queue<int>, its heap memory included.
std::size_t empty_queue_bytes();

}  // namespace conq::bench

#endif

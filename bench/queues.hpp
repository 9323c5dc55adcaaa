// SPDX-License-Identifier: BSL-1.0
// The workloads on queues, as samples for measure.hpp.
#ifndef CONQ_BENCH_QUEUES_HPP
#define CONQ_BENCH_QUEUES_HPP

#include <cstdint>
#include <vector>

#include "bench/measure.hpp"

namespace conq::bench {

/// Putters and getters at full speed through `capacity` slots: bounded_queue first, then
/// locked_queue and oneTBB's bounded queue. Putter i is bound to core i, getter j to core j + 1.
std::vector<contender> saturated(int putters, int getters, std::uint64_t capacity);

/// One thread, put then get: two locked read-modify-writes first, then bounded_queue and queue.
std::vector<contender> uncontended_pair();

/// One putter and one getter through 1024 slots, of each kind of queue: by batches of 16 first,
/// then by single calls.
std::vector<std::vector<contender>> batches_and_single_calls();

}  // namespace conq::bench

#endif

// SPDX-License-Identifier: BSL-1.0
// Bare rings for one putter and one getter, as a measure for a queue. They retry, cannot be shut
// down, and count nothing.
#ifndef CONQ_BENCH_RIVALS_RAW_RINGS_HPP
#define CONQ_BENCH_RIVALS_RAW_RINGS_HPP

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/rivals/rival.hpp"

namespace conq::bench {

/// Reads the index of the other side at each call, or, with `Caches` (the design of rigtorp's
/// SPSCQueue), only if the remembered index says full or empty. Publishes each item, or `Batch`
/// items at once; then the last items of the putter must fill a batch.
template <class T, bool Caches, std::uint64_t Batch> struct raw_ring {
    static constexpr about who{Batch != 1 ? "a raw ring that publishes 16"
                               : Caches   ? "a ring after rigtorp's SPSCQueue"
                                          : "a raw ring that publishes each",
                               false, order::single_sides};
    explicit raw_ring(std::uint64_t capacity) : slots(std::bit_ceil(capacity)) {}
    void put(T item) {
        retry([&] {
            if (tail - seen_head == slots.size() || !Caches) seen_head = head_out.load(acquire);
            return tail - seen_head != slots.size();
        });
        slots[tail & (slots.size() - 1)] = std::move(item);
        if (++tail % Batch == 0) tail_out.store(tail, release);
    }
    T get() {
        retry([&] {
            if (head == seen_tail || !Caches) seen_tail = tail_out.load(acquire);
            return head != seen_tail;
        });
        T item = std::move(slots[head & (slots.size() - 1)]);
        if (++head % Batch == 0) head_out.store(head, release);
        return item;
    }

private:
    static constexpr auto acquire = std::memory_order_acquire, release = std::memory_order_release;
    std::vector<T> slots;
    alignas(128) std::uint64_t tail = 0, seen_head = 0;
    alignas(128) std::atomic<std::uint64_t> tail_out{0};
    alignas(128) std::uint64_t head = 0, seen_tail = 0;
    alignas(128) std::atomic<std::uint64_t> head_out{0};
};

}  // namespace conq::bench

#endif

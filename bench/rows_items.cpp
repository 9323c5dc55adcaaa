// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <memory>
#include <string>

#include "bench/rivals/atomic_queues.hpp"
#include "bench/rivals/boost_queues.hpp"
#include "bench/rivals/conq_queues.hpp"
#include "bench/rivals/moodycamel.hpp"
#include "bench/rivals/raw_rings.hpp"
#include "bench/rivals/tbb.hpp"
#include "bench/rows.hpp"
#include "bench/workloads/streams.hpp"

namespace conq::bench {
namespace {

using u64 = std::uint64_t;
template <class T> using moodycamel_tokens = moodycamel_queue<T, false, true>;
template <class T> using raw_each = raw_ring<T, false, 1>;
template <class T> using rigtorp_ring = raw_ring<T, true, 1>;
template <class T> using raw_16 = raw_ring<T, true, 16>;

std::string config_of(const stream& how, const char* what) {
    return std::to_string(how.putters) + "P" + std::to_string(how.getters) + "C, " + what;
}

row lines(const stream& how) {
    row made{"64-byte values",
             config_of(how, "1024 slots"),
             {moving<conq_bounded, block_64>(how), moving<conq_locked, block_64>(how),
              moving<tbb_bounded, block_64>(how), moving<boost_sync_bounded, block_64>(how),
              moving<libcds_vyukov, block_64>(how), moving<atomic_queue_b2, block_64>(how),
              moving<moodycamel_tokens, block_64>(how)},
             {faster_than_blocking(2.5, 4), faster_than_any(0.8, 1.2)}};
    if (how.putters != 1 || how.getters != 1) return made;
    made.contenders.push_back(moving<raw_each, block_64>(how));
    made.gates.push_back(faster_than("a raw ring that publishes each", 0.5, 0.7));
    return made;
}

// A rival without batches moves one item at a time.
row batches(const stream& how) {
    row made{"batches of 16",
             config_of(how, "1024 slots"),
             {moving<conq_bounded, u64>(how), moving<conq_locked, u64>(how),
              moving<tbb_bounded, u64>(how), moving<boost_sync_bounded, u64>(how),
              moving<libcds_vyukov, u64>(how), moving<atomic_queue_b2, u64>(how)},
             {faster_than_blocking(5, 12), faster_than_any(1.5, 3)}};
    if (how.putters != 1 || how.getters != 1) return made;
    made.contenders.push_back(moving<raw_16, u64>(how));
    made.gates.push_back(faster_than("a raw ring that publishes 16", 0.7, 0.85));
    return made;
}
// Batches must be no slower than single calls, at any capacity.
row batches_beside_single_calls(const stream& single) {
    stream how = single;
    how.batches = true;
    contender one_by_one = moving<conq_bounded, u64>(single);
    one_by_one.name = "single calls";
    return {"batches of 16 against single calls",
            config_of(how, (std::to_string(how.capacity) + " slots").c_str()),
            {moving<conq_bounded, u64>(how), one_by_one},
            {faster_than("single calls", 1.0, 1.0)}};
}

template <class T> row heap_items(const char* what) {
    const stream how{.putters = 2, .getters = 2};
    return {"other items",
            config_of(how, what),
            {moving<conq_bounded, T>(how), moving<conq_locked, T>(how), moving<tbb_bounded, T>(how),
             moving<boost_sync_bounded, T>(how), moving<libcds_vyukov, T>(how)},
            {}};
}

std::vector<row> single_sides() {
    stream how;
    std::vector<row> rows;
    rows.push_back(
        {"spsc_queue",
         "each, 1024 slots",
         {moving<conq_spsc, u64>(how), moving<conq_locked, u64>(how), moving<tbb_bounded, u64>(how),
          moving<boost_sync_bounded, u64>(how), moving<boost_spsc, u64>(how),
          moving<rigtorp_ring, u64>(how), moving<raw_each, u64>(how)},
         {faster_than_blocking(10, 10), faster_than("a ring after rigtorp's SPSCQueue", 0.9, 1.0),
          faster_than("Boost lockfree::spsc_queue", 0.9, 1.0),
          faster_than("a raw ring that publishes each", 0.9, 0.9)}});
    how.batches = true;
    rows.push_back(
        {"spsc_queue",
         "batches of 16, 1024 slots",
         {moving<conq_spsc, u64>(how), moving<conq_locked, u64>(how), moving<tbb_bounded, u64>(how),
          moving<raw_16, u64>(how)},
         {faster_than_blocking(10, 10), faster_than("a raw ring that publishes 16", 0.8, 0.8)}});
    return rows;
}

}  // namespace

std::vector<row> item_rows() {
    std::vector<row> rows;
    const stream all[] = {{1, 1}, {2, 2}, {4, 4}};
    for (const stream& each : all) rows.push_back(lines(each));
    for (stream each : all) {
        each.batches = true;
        rows.push_back(batches(each));
    }
    for (const u64 capacity : {64u, 1024u, 65536u}) {
        for (stream each : all) {
            each.capacity = capacity;
            rows.push_back(batches_beside_single_calls(each));
        }
    }
    for (row& each : single_sides()) rows.push_back(std::move(each));
    rows.push_back(heap_items<std::string>("std::string"));
    rows.push_back(heap_items<std::unique_ptr<u64>>("std::unique_ptr"));
    return rows;
}

}  // namespace conq::bench

// SPDX-License-Identifier: BSL-1.0
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/rivals/atomic_queues.hpp"
#include "bench/rivals/boost_queues.hpp"
#include "bench/rivals/conq_queues.hpp"
#include "bench/rivals/languages.hpp"
#include "bench/rivals/moodycamel.hpp"
#include "bench/rivals/raw_rings.hpp"
#include "bench/rivals/tbb.hpp"
#include "bench/rows.hpp"
#include "bench/workloads/streams.hpp"

namespace conq::bench {
namespace {

using u64 = std::uint64_t;
template <class T> using moodycamel_blocking = moodycamel_queue<T, true, false>;
template <class T> using moodycamel_blocking_tokens = moodycamel_queue<T, true, true>;
template <class T> using moodycamel_plain = moodycamel_queue<T, false, false>;
template <class T> using moodycamel_tokens = moodycamel_queue<T, false, true>;
template <class T> using raw_each = raw_ring<T, false, 1>;

std::string config_of(const stream& how) {
    const std::string room = how.capacity == 0 ? "no bound" : fmt::format("{} slots", how.capacity);
    return fmt::format("{}P{}C, {}", how.putters, how.getters, room);
}

std::vector<contender> with_languages(std::vector<contender> all, const stream& how) {
    for (contender& each : of_other_languages(how)) all.push_back(std::move(each));
    return all;
}

// Through a bounded queue: all rivals that have a bound, and moodycamel's, which has none.
std::vector<contender> bounded(const stream& how) {
    return with_languages(
        {moving<conq_bounded, u64>(how), moving<conq_locked, u64>(how),
         moving<tbb_bounded, u64>(how), moving<boost_sync_bounded, u64>(how),
         moving<boost_fiber_channel, u64>(how), moving<moodycamel_blocking_tokens, u64>(how),
         moving<libcds_vyukov, u64>(how), moving<atomic_queue_b2, u64>(how),
         moving<boost_lockfree, u64>(how), moving<moodycamel_tokens, u64>(how)},
        how);
}
std::vector<contender> unbounded(const stream& how) {
    return with_languages({moving<conq_unbounded, u64>(how), moving<conq_locked, u64>(how),
                           moving<tbb_bounded, u64>(how), moving<moodycamel_blocking, u64>(how),
                           moving<moodycamel_blocking_tokens, u64>(how),
                           moving<moodycamel_plain, u64>(how), moving<moodycamel_tokens, u64>(how)},
                          how);
}

row with_one_each(u64 capacity, std::vector<gate> gates) {
    const stream how{.capacity = capacity};
    row made{fmt::format("saturated {}, one each", capacity), config_of(how), bounded(how),
             std::move(gates)};
    made.contenders.push_back(moving<raw_each, u64>(how));
    return made;
}

}  // namespace

std::vector<row> stream_rows() {
    std::vector<row> rows;
    const stream several[] = {{1, 2}, {2, 1}, {2, 2}, {4, 4}, {8, 8}};
    const auto at = [](stream how, u64 capacity) {
        how.capacity = capacity;
        return how;
    };
    rows.push_back(with_one_each(1024, {faster_than_blocking(6, 10), faster_than_any(0.8, 1.0),
                                        faster_than("a raw ring that publishes each", 1.0, 1.0)}));
    for (const stream& each : several) {
        rows.push_back({"saturated 1024, several",
                        config_of(each),
                        bounded(each),
                        {faster_than_blocking(7, 10), faster_than_any(1.0, 1.3)}});
    }
    const stream all[] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {4, 4}, {8, 8}};
    for (const stream& each : all) {
        const stream large = at(each, 65536);
        rows.push_back({"saturated 65536",
                        config_of(large),
                        bounded(large),
                        {faster_than_blocking(5, 8), faster_than_any(1.5, 3)}});
    }
    for (const stream& each : all) {
        const stream small = at(each, 64);
        rows.push_back({"saturated 64",
                        config_of(small),
                        bounded(small),
                        {faster_than_blocking(4, 8), faster_than_any(0.7, 1.0)}});
    }
    for (const stream& each : all) {
        const stream free = at(each, 0);
        rows.push_back({"unbounded",
                        config_of(free),
                        unbounded(free),
                        {faster_than_blocking(4, 8), faster_than_any(1.0, 2)}});
    }
    for (stream each : {stream{1, 1}, stream{2, 2}, stream{4, 4}}) {
        const contender plain = moving<conq_bounded, u64>(each);
        each.counts = true;
        row counted{"with accounting, 1024",
                    config_of(each),
                    bounded(each),
                    {faster_than_blocking(6, 10), faster_than_any(2.5, 4),
                     faster_than("conq::bounded_queue, not counted", 0.8, 0.95)}};
        counted.contenders.push_back(
            {"conq::bounded_queue, not counted", true, false, plain.sample});
        rows.push_back(std::move(counted));
    }
    return rows;
}

}  // namespace conq::bench

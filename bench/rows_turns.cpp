// SPDX-License-Identifier: BSL-1.0
#include <chrono>
#include <cstdint>
#include <memory>

#include "bench/rivals/atomic_queues.hpp"
#include "bench/rivals/boost_queues.hpp"
#include "bench/rivals/conq_queues.hpp"
#include "bench/rivals/moodycamel.hpp"
#include "bench/rivals/raw_futex.hpp"
#include "bench/rivals/raw_rings.hpp"
#include "bench/rivals/tbb.hpp"
#include "bench/rows.hpp"
#include "bench/workloads/tree.hpp"
#include "bench/workloads/turns.hpp"

namespace conq::bench {
namespace {

using namespace std::chrono_literals;
using u64 = std::uint64_t;
using moodycamel_blocking_tokens = moodycamel_queue<u64, true, true>;
using moodycamel_tokens = moodycamel_queue<u64, false, true>;

template <class Put, class Get> double time_pairs(Put put, Get get) {
    constexpr u64 pairs = 500'000;
    const u64 begin = now_ns();
    for (u64 i = 0; i < pairs; ++i) {
        put(i);
        get();
    }
    return static_cast<double>(now_ns() - begin) / static_cast<double>(pairs);
}
struct pairs {
    template <class Rival> double of() const {
        Rival queue(1024);
        auto to = putter_of(queue);
        auto from = getter_of(queue);
        u64 sum = 0;
        const double each = time_pairs([&](u64 i) { to.put(i); }, [&] { sum += from.get(); });
        static std::atomic<u64> seen;
        seen.store(sum, std::memory_order_relaxed);
        return each;
    }
};
double two_locked_rmws() {
    alignas(128) static std::atomic<u64> tail{0};
    alignas(128) static std::atomic<u64> head{0};
    return time_pairs([](u64) { tail.fetch_add(1); }, [] { head.fetch_add(1); });
}

struct round_trips {
    bool are_pinned;
    template <class Rival> double of() const { return ping_pong<Rival>(are_pinned); }
};
struct wakes {
    template <class Rival> double of() const {
        return wait_for_arrivals<Rival>(500us, 200).wake_ns;
    }
};
struct idle_time {
    template <class Rival> double of() const {
        return wait_for_arrivals<Rival>(500us, 200).used_ns;
    }
};
struct slow_items {
    template <class Rival> double of() const { return behind_a_slow_getter<Rival>().item_ns; }
};
struct slow_putters {
    template <class Rival> double of() const { return behind_a_slow_getter<Rival>().putters_ns; }
};
struct trees {
    template <class Rival> double of() const { return fan_out<Rival>(); }
};

template <class Sample> std::vector<contender> blocking(Sample sample) {
    return {sampled<conq_bounded<u64>>(sample), sampled<conq_locked<u64>>(sample),
            sampled<tbb_bounded<u64>>(sample), sampled<boost_sync_bounded<u64>>(sample),
            sampled<moodycamel_blocking_tokens>(sample)};
}
template <class Sample> std::vector<contender> every(Sample sample) {
    std::vector<contender> all = blocking(sample);
    all.push_back(sampled<libcds_vyukov<u64>>(sample));
    all.push_back(sampled<atomic_queue_b2<u64>>(sample));
    all.push_back(sampled<boost_lockfree<u64>>(sample));
    all.push_back(sampled<moodycamel_tokens>(sample));
    return all;
}

void add_pairs(std::vector<row>& rows) {
    row bounded{"uncontended pair",
                "bounded_queue",
                every(pairs{}),
                {faster_than_blocking(1.8, 2.2), faster_than_any(0.85, 1.0),
                 within("two locked RMWs", 1.25, 1.1)}};
    bounded.contenders.push_back({"two locked RMWs", false, false, two_locked_rmws});
    rows.push_back(std::move(bounded));
    rows.push_back({"uncontended pair",
                    "queue",
                    {sampled<conq_unbounded<u64>>(pairs{}),
                     {"two locked RMWs", false, false, two_locked_rmws}},
                    {within("two locked RMWs", 2.2, 1.6)}});
}

}  // namespace

std::vector<row> turn_rows() {
    std::vector<row> rows;
    add_pairs(rows);
    row pinned{"ping-pong, pinned",
               "round trip",
               every(round_trips{true}),
               {within_blocking(1.2, 1.0), within_any(2.0, 1.5),
                within("a raw ring that publishes each", 1.35, 1.1)}};
    pinned.contenders.push_back(sampled<raw_ring<u64, false, 1>>(round_trips{true}));
    rows.push_back(std::move(pinned));
    rows.push_back({"ping-pong, unpinned",
                    "round trip",
                    blocking(round_trips{false}),
                    {within_blocking(1.5, 1.0)}});
    row woken{"parked wake",
              "an item every 500 us",
              blocking(wakes{}),
              {within_blocking(1.1, 1.0), within("a raw futex", 1.3, 1.15)}};
    woken.contenders.push_back(sampled<raw_futex<u64>>(wakes{}));
    rows.push_back(std::move(woken));
    rows.push_back(
        {"idle CPU", "an item every 500 us", blocking(idle_time{}), {within_blocking(1.2, 1.0)}});
    row slow{"slow consumer, efficiency",
             "1 us an item",
             blocking(slow_items{}),
             {faster_than_blocking(1.5, 1.7), within("the work alone", 1 / 0.85, 1 / 0.92)}};
    slow.contenders.push_back({"the work alone", true, false, [] { return 1000.0; }});
    rows.push_back(std::move(slow));
    rows.push_back({"slow consumer, putters' CPU",
                    "1 us an item",
                    blocking(slow_putters{}),
                    {within_blocking(1.0 / 3, 1.0 / 8)}});
    rows.push_back(
        {"fan-out, fan-in",
         "a million tasks that spawn two, and a join",
         {sampled<conq_unbounded<u64>>(trees{}), sampled<conq_locked<u64>>(trees{}),
          sampled<tbb_bounded<u64>>(trees{}), sampled<moodycamel_blocking_tokens>(trees{})},
         {faster_than("oneTBB concurrent_bounded_queue", 2, 4)}});
    return rows;
}

}  // namespace conq::bench

// SPDX-License-Identifier: BSL-1.0
// Items that two threads wait for: a ping-pong, and the wake of a thread that sleeps.
#ifndef CONQ_BENCH_WORKLOADS_TURNS_HPP
#define CONQ_BENCH_WORKLOADS_TURNS_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "bench/measure.hpp"
#include "bench/rivals/rival.hpp"

namespace conq::bench {

/// Nanoseconds of a round trip through two queues.
template <class Rival> double ping_pong(bool pinned) {
    constexpr std::uint64_t trips = 4'000;
    retry_pauses = 1;
    Rival there(64), back(64);
    std::jthread other([&] {
        if (pinned) pin_to_core(1);
        auto from = getter_of(there);
        auto to = putter_of(back);
        for (std::uint64_t i = 0; i < trips; ++i) to.put(from.get());
    });
    double took = 0;
    std::jthread one([&] {
        if (pinned) pin_to_core(0);
        auto to = putter_of(there);
        auto from = getter_of(back);
        const std::uint64_t begin = now_ns();
        for (std::uint64_t i = 0; i < trips; ++i) {
            to.put(i);
            static_cast<void>(from.get());
        }
        took = static_cast<double>(now_ns() - begin);
    });
    one.join();
    other.join();
    retry_pauses = 16;
    return took / static_cast<double>(trips);
}

/// What waiting costs: the median time from before a put to the end of its get, and the processor
/// time of the getter, in nanoseconds an item.
struct waited {
    double wake_ns = 0, used_ns = 0;
};

/// One putter that puts every `gap`, and one getter that waits for it, on two cores.
template <class Rival> waited wait_for_arrivals(std::chrono::microseconds gap, int arrivals) {
    Rival queue(1024);
    std::vector<double> delays;
    waited seen;
    std::jthread getter([&] {
        pin_to_core(1);
        auto side = getter_of(queue);
        const double before = thread_time_ns();
        for (int i = 0; i < arrivals; ++i) {
            const std::uint64_t sent = side.get();
            delays.push_back(static_cast<double>(now_ns() - sent));
        }
        seen.used_ns = (thread_time_ns() - before) / arrivals;
    });
    std::jthread putter([&] {
        pin_to_core(0);
        auto side = putter_of(queue);
        for (int i = 0; i < arrivals; ++i) {
            std::this_thread::sleep_for(gap);
            side.put(now_ns());
        }
    });
    putter.join();
    getter.join();
    seen.wake_ns = spread_of(delays).median;
    return seen;
}

/// A getter that works 1 us on each item, behind two putters that put as fast as they can.
struct slow {
    double item_ns = 0;     ///< from one item to the next; 1000 is ideal
    double putters_ns = 0;  ///< processor time of the putters, an item
};
template <class Rival> slow behind_a_slow_getter() {
    constexpr std::uint64_t items = 12'000, work_ns = 1'000;
    Rival queue(1024);
    std::atomic<double> used{0};
    slow seen;
    const auto put = [&](std::uint64_t count) {
        pin_to_core(0);
        auto side = putter_of(queue);
        const double before = thread_time_ns();
        for (std::uint64_t i = 0; i < count; ++i) side.put(i);
        used.fetch_add(thread_time_ns() - before);
    };
    std::jthread getter([&] {
        pin_to_core(1);
        auto side = getter_of(queue);
        const std::uint64_t begin = now_ns();
        for (std::uint64_t i = 0; i < items; ++i) {
            static_cast<void>(side.get());
            for (const std::uint64_t from = now_ns(); now_ns() - from < work_ns;) {
            }
        }
        seen.item_ns = static_cast<double>(now_ns() - begin) / static_cast<double>(items);
    });
    std::jthread first(put, items / 2), second(put, items - items / 2);
    getter.join();
    first.join();
    second.join();
    seen.putters_ns = used.load() / static_cast<double>(items);
    return seen;
}

/// A contender with such a sample.
template <class Rival, class Sample> contender sampled(Sample sample) {
    constexpr about who = Rival::who;
    if constexpr (!std::is_constructible_v<Rival, std::uint64_t>) {
        return {who.name, who.blocks, who.is_gated(), nullptr};
    } else {
        return {who.name, who.blocks, who.is_gated(), [=] { return sample.template of<Rival>(); }};
    }
}

}  // namespace conq::bench

#endif

// SPDX-License-Identifier: BSL-1.0
// What a put and a get cost on more cores than this machine may have. On simulated cores it counts
// locked instructions, lines of the queue's indices, and lines that move from core to core.
//     conq_bench_cores [SCHEDULES]
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/cores/counted.hpp"
#include "conq/queue/bounded_queue.hpp"
#include "conq/queue/locked_queue.hpp"
#include "conq/queue/spsc_queue.hpp"
#include "conq/queue/unbounded_queue.hpp"
#include "testing/scheduler/explore.hpp"

namespace {

using namespace conq::bench;
using conq::testing::scenario;

constexpr int slots = 128, calls_of_a_run = 320;

struct costs {
    cost put, get;
};

// The queue is half full: no thread waits for an item or for room.
template <class Queue> struct run {
    caches held;
    Queue queue{slots};
};

template <class Queue> void put_some(run<Queue>& all, cost& sum, int count) {
    for (int i = 0; i < count; ++i) {
        all.held.begin_call(sum);
        static_cast<void>(all.queue.put(1));
        all.held.end_call();
    }
}
template <class Queue> void get_some(run<Queue>& all, cost& sum, int count) {
    for (int i = 0; i < count; ++i) {
        all.held.begin_call(sum);
        static_cast<void>(all.queue.get());
        all.held.end_call();
    }
}

// Half of the threads put and half get; a single thread does both in turn.
template <class Queue> void play(scenario& story, int threads, costs& sums) {
    auto all = std::make_shared<run<Queue>>();
    caches::present = &all->held;
    all->held.watch(&all->queue, sizeof all->queue);
    for (int i = 0; i < slots / 2; ++i) static_cast<void>(all->queue.put(0));
    if (threads == 1) {
        story.thread([all, &sums] {
            for (int i = 0; i < calls_of_a_run / 2; ++i) {
                put_some(*all, sums.put, 1);
                get_some(*all, sums.get, 1);
            }
        });
    }
    for (int t = 0; t < threads / 2; ++t) {
        const int count = calls_of_a_run / threads;
        story.thread([=, &sums] { put_some(*all, sums.put, count); });
        story.thread([=, &sums] { get_some(*all, sums.get, count); });
    }
    story.at_end([all] { caches::present = &all->held; });
}

double each(std::uint64_t sum, std::uint64_t calls) {
    return static_cast<double>(sum) / static_cast<double>(calls);
}

template <class Queue> bool print(const char* name, int threads, std::uint64_t schedules) {
    costs sums;
    conq::testing::exploration how;
    how.schedules = schedules;
    how.memory = conq::testing::memory_model::sequential;
    how.how = conq::testing::strategy::random;
    how.may_rely_on_timers = true;
    const auto found = explore(how, [&](scenario& story) { play<Queue>(story, threads, sums); });
    if (!found.failure.empty()) {
        std::fprintf(stderr, "%s, %d threads: %s\n", name, threads, found.failure.c_str());
        return false;
    }
    const auto [put, get] = sums;
    std::printf("%-14s %7d   %5.2f %5.2f   %5.2f %5.2f   %5.2f %5.2f   %5.2f %5.2f\n", name,
                threads, each(put.locked, put.calls), each(get.locked, get.calls),
                each(put.failed, put.calls), each(get.failed, get.calls),
                each(put.index, put.calls), each(get.index, get.calls),
                each(put.transfers, put.calls), each(get.transfers, get.calls));
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const char* const wanted = argc > 1 ? argv[1] : "100";
    const std::uint64_t schedules = std::strtoull(wanted, nullptr, 10);
    if (argc > 2 || schedules == 0) {
        std::fprintf(stderr, "conq_bench_cores: '%s' is no number of schedules: 100 is one\n",
                     wanted);
        return 2;
    }
    std::printf(
        "of a put and of a get: locked instructions, of them failed, lines of indices, and "
        "lines\nthat had to travel (%llu schedules of %d calls, %d slots half full)\n\n",
        static_cast<unsigned long long>(schedules), calls_of_a_run, slots);
    std::printf("%-14s %7s   %11s   %11s   %11s   %11s\n", "", "threads", "locked", "failed",
                "index lines", "transfers");
    using item = std::uint64_t;
    bool holds = true;
    for (const int threads : {1, 4, 16}) {
        holds &= print<conq::basic_bounded_queue<item, counted_traits>>("bounded_queue", threads,
                                                                        schedules);
        holds &= print<conq::basic_queue<item, counted_traits>>("queue", threads, schedules);
        holds &= print<conq::basic_locked_queue<item, counted_traits>>("locked_queue", threads,
                                                                       schedules);
    }
    for (const int threads : {1, 2}) {
        holds &=
            print<conq::basic_spsc_queue<item, counted_traits>>("spsc_queue", threads, schedules);
    }
    return holds ? 0 : 1;
}

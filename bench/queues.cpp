// SPDX-License-Identifier: BSL-1.0
#include "bench/queues.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

#include "bench/rivals/conq_queues.hpp"
#include "conq/spsc_queue.hpp"
#if defined(CONQ_BENCH_HAS_TBB)
#include "bench/rivals/tbb_bounded.hpp"
#endif

namespace conq::bench {
namespace {

constexpr double sample_ns = 15e6;

// Moves `items` items; nanoseconds from the common start to the last get.
template <class Rival>
double move_items(int putters, int getters, std::uint64_t capacity, std::uint64_t items) {
    Rival queue(capacity);
    std::barrier start(putters + getters + 1), end(putters + getters + 1);
    std::atomic<std::uint64_t> sum{0};
    const auto share = [items](int index, int count) {
        const auto n = static_cast<std::uint64_t>(count), i = static_cast<std::uint64_t>(index);
        return items * (i + 1) / n - items * i / n;
    };
    std::vector<std::jthread> threads;
    for (int p = 0; p < putters; ++p) {
        threads.emplace_back([&, p] {
            pin_to_core(p);
            start.arrive_and_wait();
            for (std::uint64_t i = share(p, putters); i != 0; --i) queue.put(i);
            end.arrive_and_wait();
        });
    }
    for (int g = 0; g < getters; ++g) {
        threads.emplace_back([&, g] {
            pin_to_core(g + 1);
            std::uint64_t mine = 0;
            start.arrive_and_wait();
            for (std::uint64_t i = share(g, getters); i != 0; --i) mine += queue.get();
            end.arrive_and_wait();
            sum += mine;
        });
    }
    start.arrive_and_wait();
    const std::uint64_t begin = now_ns();
    end.arrive_and_wait();
    const auto took = static_cast<double>(now_ns() - begin);
    threads.clear();
    std::uint64_t expected = 0;
    for (int p = 0; p < putters; ++p) expected += share(p, putters) * (share(p, putters) + 1) / 2;
    if (sum != expected) throw std::logic_error("a rival lost or made up items");
    return took;
}

// A contender whose samples take about 15 ms each.
template <class Rival>
contender moving(const char* name, int putters, int getters, std::uint64_t capacity) {
    const auto items = std::make_shared<std::uint64_t>(20'000);
    return {name, [=] {
                const double took = move_items<Rival>(putters, getters, capacity, *items);
                const double each_ns = took / static_cast<double>(*items);
                *items = static_cast<std::uint64_t>(std::clamp(sample_ns / each_ns, 2e3, 1e7));
                return each_ns;
            }};
}

template <class Put, class Get> double time_pairs(Put put, Get get) {
    constexpr std::uint64_t pairs = 1'000'000;
    const std::uint64_t begin = now_ns();
    for (std::uint64_t i = 0; i < pairs; ++i) {
        put(i);
        get();
    }
    return static_cast<double>(now_ns() - begin) / static_cast<double>(pairs);
}

double two_locked_rmws() {
    alignas(64) static std::atomic<std::uint64_t> tail{0};
    alignas(64) static std::atomic<std::uint64_t> head{0};
    return time_pairs([](std::uint64_t) { tail.fetch_add(1); }, [] { head.fetch_add(1); });
}

template <class Queue> double queue_pairs(Queue& queue) {
    std::uint64_t sum = 0;
    const double each =
        time_pairs([&](std::uint64_t i) { queue.put(i); }, [&] { sum += *queue.get(); });
    static std::atomic<std::uint64_t> seen;
    seen.store(sum, std::memory_order_relaxed);
    return each;
}

// One putter and one getter, 16 items at a time, by a batch or by single calls.
template <class Queue> double stream(bool by_batches) {
    constexpr std::uint64_t items = 1 << 18;
    using batch = std::array<std::uint64_t, 16>;
    Queue queue(1024);
    std::jthread putter([&] {
        pin_to_core(0);
        batch some{};
        for (std::uint64_t i = 0; i < items; i += some.size()) {
            std::iota(some.begin(), some.end(), i);
            if (by_batches) {
                static_cast<void>(queue.put_many(some.begin(), some.end()));
            } else {
                for (const std::uint64_t each : some) queue.put(each);
            }
        }
    });
    std::uint64_t sum = 0;
    double took = 0;
    std::jthread getter([&] {
        pin_to_core(1);
        batch some{};
        const std::uint64_t begin = now_ns();
        for (std::uint64_t got = 0; got < items;) {
            std::uint64_t count = 1;
            if (by_batches) {
                count = queue.get_many(some.begin(), some.size()).count;
            } else {
                some[0] = *queue.get();
            }
            for (std::size_t i = 0; i < count; ++i) sum += some[i];
            got += count;
        }
        took = static_cast<double>(now_ns() - begin);
    });
    getter.join();
    if (sum != items * (items - 1) / 2) throw std::logic_error("a queue lost or made up items");
    return took / static_cast<double>(items);
}
template <class Queue> std::vector<contender> by_both(const std::string& name) {
    return {{name + ", by batches of 16", [] { return stream<Queue>(true); }},
            {name + ", by single calls", [] { return stream<Queue>(false); }}};
}

}  // namespace

std::vector<std::vector<contender>> batches_and_single_calls() {
    return {by_both<bounded_queue<std::uint64_t>>("bounded_queue"),
            by_both<queue<std::uint64_t>>("queue"),
            by_both<spsc_queue<std::uint64_t>>("spsc_queue")};
}

std::vector<contender> saturated(int putters, int getters, std::uint64_t capacity) {
    std::vector<contender> all;
    all.push_back(moving<conq_rival<bounded_queue<std::uint64_t>>>("bounded_queue", putters,
                                                                   getters, capacity));
    all.push_back(moving<conq_rival<locked_queue<std::uint64_t>>>("locked_queue", putters, getters,
                                                                  capacity));
#if defined(CONQ_BENCH_HAS_TBB)
    all.push_back(
        moving<tbb_bounded>("oneTBB concurrent_bounded_queue", putters, getters, capacity));
#else
    all.push_back({"oneTBB concurrent_bounded_queue", nullptr});
#endif
    return all;
}

std::vector<contender> uncontended_pair() {
    auto bounded = std::make_shared<bounded_queue<std::uint64_t>>(1024);
    auto unbounded = std::make_shared<queue<std::uint64_t>>();
    return {{"two locked RMWs", two_locked_rmws},
            {"bounded_queue", [=] { return queue_pairs(*bounded); }},
            {"queue", [=] { return queue_pairs(*unbounded); }}};
}

}  // namespace conq::bench

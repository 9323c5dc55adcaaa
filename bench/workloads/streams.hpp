// SPDX-License-Identifier: BSL-1.0
// Items that any number of putters and getters move as fast as they can.
#ifndef CONQ_BENCH_WORKLOADS_STREAMS_HPP
#define CONQ_BENCH_WORKLOADS_STREAMS_HPP

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/items.hpp"
#include "bench/measure.hpp"
#include "bench/rivals/rival.hpp"

namespace conq::bench {

/// How the items are moved. Putter i is bound to core i, getter j to core j + 1.
struct stream {
    int putters = 1, getters = 1;
    std::uint64_t capacity = 1024;  ///< 0: no bound
    bool counts = false;            ///< task_done for each item, and a join for the last
    bool batches = false;           ///< 16 items at a time
};
inline constexpr std::uint64_t batch_size = 16;

/// The share of `all` that thread `index` of `count` has.
inline std::uint64_t share_of(std::uint64_t all, int index, int count) {
    const auto n = static_cast<std::uint64_t>(count), i = static_cast<std::uint64_t>(index);
    return all * (i + 1) / n - all * i / n;
}

/// Counts tasks for a rival that does not: one counter for all threads.
struct shared_count {
    alignas(128) std::atomic<std::uint64_t> unfinished{0};
    void join() const {
        while (unfinished.load() != 0) sched_yield();
    }
};
template <class Rival> inline constexpr bool counts_itself = requires(Rival& r) { r.done(); };
template <class Rival> void join_all(Rival& queue, shared_count& count) {
    if constexpr (counts_itself<Rival>) {
        queue.join();
    } else {
        count.join();
    }
}

template <class Rival, class T>
void put_share(Rival& queue, shared_count& count, const stream& how, std::uint64_t items) {
    auto side = putter_of(queue);
    if constexpr (requires(T* at) { queue.put_many(at, at); }) {
        if (how.batches) {
            std::array<T, batch_size> some;
            for (std::uint64_t i = items; i != 0;) {
                const std::uint64_t now = std::min(i, batch_size);
                for (std::uint64_t k = 0; k != now; ++k) some[k] = item_of<T>(i--);
                queue.put_many(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(now));
            }
            return;
        }
    }
    for (std::uint64_t i = items; i != 0; --i) {
        if (how.counts && !counts_itself<Rival>) count.unfinished.fetch_add(1);
        side.put(item_of<T>(i));
    }
}

template <class Rival, class T>
std::uint64_t get_share(Rival& queue, shared_count& count, const stream& how, std::uint64_t items) {
    auto side = getter_of(queue);
    std::uint64_t sum = 0;
    if constexpr (requires(T* at) { queue.get_many(at, items); }) {
        if (how.batches) {
            std::array<T, batch_size> some;
            for (std::uint64_t left = items; left != 0;) {
                const std::uint64_t got = queue.get_many(some.begin(), std::min(left, batch_size));
                for (std::uint64_t k = 0; k != got; ++k) sum += number_of(some[k]);
                left -= got;
            }
            return sum;
        }
    }
    for (std::uint64_t i = items; i != 0; --i) {
        sum += number_of(side.get());
        if (!how.counts) continue;
        if constexpr (counts_itself<Rival>) {
            queue.done();
        } else {
            count.unfinished.fetch_sub(1);
        }
    }
    return sum;
}

/// The time from the first thread's begin to the last thread's end, as the threads themselves read
/// the clock: the thread that starts them may get the processor late.
class stopwatch {
public:
    void begins() { lower(begin_, now_ns()); }
    void ends() { lower(minus_end_, ~now_ns()); }
    [[nodiscard]] double took_ns() const {
        return static_cast<double>(~minus_end_.load() - begin_.load());
    }

private:
    static void lower(std::atomic<std::uint64_t>& least, std::uint64_t value) {
        std::uint64_t seen = least.load();
        while (value < seen && !least.compare_exchange_weak(seen, value)) {
        }
    }
    std::atomic<std::uint64_t> begin_{~std::uint64_t{0}}, minus_end_{~std::uint64_t{0}};
};

/// Moves `items` items. Returns the nanoseconds from the first put to the last get, or to the end
/// of the join.
template <class Rival, class T> double move_items(const stream& how, std::uint64_t items) {
    Rival queue(how.capacity);
    shared_count count;
    stopwatch watch;
    std::barrier start(how.putters + how.getters), end(how.putters + how.getters);
    std::atomic<std::uint64_t> sum{0};
    std::vector<std::jthread> threads;
    const auto run = [&](int core, auto share) {
        threads.emplace_back([&, core, share] {
            pin_to_core(core);
            start.arrive_and_wait();
            watch.begins();
            share();
            if (how.counts) join_all(queue, count);
            watch.ends();
            end.arrive_and_wait();  // so that no thread's end disturbs another
        });
    };
    std::uint64_t expected = 0;
    for (int p = 0; p < how.putters; ++p) {
        const std::uint64_t mine = share_of(items, p, how.putters);
        expected += mine * (mine + 1) / 2;
        run(p, [&, mine] { put_share<Rival, T>(queue, count, how, mine); });
    }
    for (int g = 0; g < how.getters; ++g) {
        const std::uint64_t mine = share_of(items, g, how.getters);
        run(g + 1, [&, mine] { sum += get_share<Rival, T>(queue, count, how, mine); });
    }
    threads.clear();
    if (sum != expected) throw std::logic_error("a rival lost or made up items");
    return watch.took_ns();
}

/// A contender that measures a Rival with items T; each sample takes about 12 ms.
template <template <class> class Rival, class T> contender moving(const stream& how) {
    constexpr about who = Rival<T>::who;
    if constexpr (!std::is_constructible_v<Rival<T>, std::uint64_t>) {
        return {who.name, who.blocks, who.is_gated(), nullptr};
    } else {
        const auto items = std::make_shared<std::uint64_t>(16'000);
        return {who.name, who.blocks, who.is_gated(), [=] {
                    const double took = move_items<Rival<T>, T>(how, *items);
                    const double each_ns = took / static_cast<double>(*items);
                    const double next = std::clamp(12e6 / each_ns, 1.6e3, 1e7);
                    *items = static_cast<std::uint64_t>(next) / batch_size * batch_size;
                    return each_ns;
                }};
    }
}

}  // namespace conq::bench

#endif

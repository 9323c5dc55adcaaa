// SPDX-License-Identifier: BSL-1.0
// Tasks that spawn tasks, up to a join: fan-out and fan-in.
#ifndef CONQ_BENCH_WORKLOADS_TREE_HPP
#define CONQ_BENCH_WORKLOADS_TREE_HPP

#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/measure.hpp"
#include "bench/rivals/rival.hpp"
#include "bench/workloads/streams.hpp"

namespace conq::bench {

/// Runs a little over a million tasks with two workers. Each task is its depth in a binary tree,
/// and puts two tasks that are one deeper. Returns the nanoseconds a task, from the first put until
/// all are done. The queue has no bound.
template <class Rival> double fan_out() {
    constexpr std::uint64_t depth = 19, tasks = (std::uint64_t{2} << depth) - 1;
    constexpr std::uint64_t no_more = depth + 1;
    constexpr int workers = 2;
    Rival queue(0);
    shared_count count;
    const auto put = [&](auto& side, std::uint64_t task) {
        if constexpr (!counts_itself<Rival>) count.unfinished.fetch_add(1);
        side.put(task);
    };
    std::atomic<std::uint64_t> done{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < workers; ++i) {
        threads.emplace_back([&, i] {
            pin_to_core(i);
            auto from = getter_of(queue);
            auto to = putter_of(queue);
            std::uint64_t mine = 0;
            for (std::uint64_t task; (task = from.get()) != no_more; ++mine) {
                if (task != depth) put(to, task + 1), put(to, task + 1);
                if constexpr (counts_itself<Rival>) {
                    queue.done();
                } else {
                    count.unfinished.fetch_sub(1);
                }
            }
            done += mine;
        });
    }
    auto side = putter_of(queue);
    const std::uint64_t begin = now_ns();
    put(side, 0);
    join_all(queue, count);
    const auto took = static_cast<double>(now_ns() - begin);
    for (int i = 0; i < workers; ++i) side.put(no_more);
    threads.clear();
    if (done != tasks) throw std::logic_error("a rival lost or made up tasks");
    return took / static_cast<double>(tasks);
}

}  // namespace conq::bench

#endif

// SPDX-License-Identifier: BSL-1.0
#include "bench/measure.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace conq::bench {

spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) {
        return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) +
                                               0.5)];
    };
    return {at(0.5), at(0.25), at(0.75)};
}

std::vector<comparison> compare(const std::vector<contender>& contenders, int rounds) {
    std::vector<std::vector<double>> ns(contenders.size());
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            const std::size_t turn = (i + static_cast<std::size_t>(round)) % contenders.size();
            if (contenders[turn].sample) ns[turn].push_back(contenders[turn].sample());
        }
    }
    std::vector<comparison> results;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        comparison result{contenders[i].name, {}, {}};
        if (!ns[i].empty()) {
            std::vector<double> ratios;
            for (std::size_t round = 0; round < ns[i].size(); ++round) {
                ratios.push_back(ns[i][round] / ns[0][round]);
            }
            result.ns = spread_of(ns[i]);
            result.ratio = spread_of(ratios);
        }
        results.push_back(result);
    }
    return results;
}

double line_transfer_ns() {
    constexpr int trips = 2'000;
    alignas(64) std::atomic<int> turn{0};
    std::uint64_t begin = 0;
    std::jthread other([&] {
        pin_to_core(1);
        for (int i = 0; i < trips; ++i) {
            while (turn.load(std::memory_order_acquire) != 2 * i + 1) {
            }
            turn.store(2 * i + 2, std::memory_order_release);
        }
    });
    std::uint64_t end = 0;
    std::jthread one([&] {
        pin_to_core(0);
        begin = now_ns();
        for (int i = 0; i < trips; ++i) {
            turn.store(2 * i + 1, std::memory_order_release);
            while (turn.load(std::memory_order_acquire) != 2 * i + 2) {
            }
        }
        end = now_ns();
    });
    one.join();
    return static_cast<double>(end - begin) / (2.0 * trips);
}

void pin_to_core(int core) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    CPU_SET(static_cast<unsigned>(core) % std::max(1u, std::thread::hardware_concurrency()),
            &allowed);
    pthread_setaffinity_np(pthread_self(), sizeof allowed, &allowed);
}

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::steady_clock::now().time_since_epoch())
                                          .count());
}

}  // namespace conq::bench

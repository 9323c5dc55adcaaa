// SPDX-License-Identifier: BSL-1.0
#include "bench/measure.hpp"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace conq::bench {

spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) {
        return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) +
                                               0.5)];
    };
    return {at(0.5), at(0.25), at(0.75)};
}

bool round_seen::is_steady() const {
    const double more = std::max(line_before_ns, line_after_ns);
    return std::min(line_before_ns, line_after_ns) >= 0.75 * more;
}

std::vector<round_seen> measure(const std::vector<contender>& contenders, int rounds) {
    std::vector<round_seen> seen;
    for (const contender& each : contenders) {
        if (each.sample) each.sample();  // warms up; finds how many operations take long enough
    }
    for (int i = 0; i < rounds; ++i) {
        round_seen now{std::vector<double>(contenders.size()), line_transfer_ns(), 0};
        for (std::size_t k = 0; k < contenders.size(); ++k) {
            const std::size_t turn = (k + static_cast<std::size_t>(i)) % contenders.size();
            if (contenders[turn].sample) now.ns[turn] = contenders[turn].sample();
        }
        now.line_after_ns = line_transfer_ns();
        seen.push_back(std::move(now));
    }
    return seen;
}

spread times_of(const std::vector<round_seen>& rounds, std::size_t one) {
    std::vector<double> times;
    for (const round_seen& each : rounds) times.push_back(each.ns[one]);
    return spread_of(std::move(times));
}
spread ratios_of(const std::vector<round_seen>& rounds, std::size_t one, std::size_t other) {
    std::vector<double> ratios;
    for (const round_seen& each : rounds) ratios.push_back(each.ns[one] / each.ns[other]);
    return spread_of(std::move(ratios));
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

double thread_time_ns() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

}  // namespace conq::bench

// SPDX-License-Identifier: BSL-1.0
#include "testing/faults/stalls.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace conq::testing {

std::uint64_t stretch::overlap_ns(const stretch& other) const noexcept {
    const platform::instant_ns begin = std::max(from, other.from), end = std::min(to, other.to);
    return begin < end ? end - begin : 0;
}

void stop_log::add(stretch stopped) {
    const std::lock_guard held(mutex_);
    stops_.push_back(stopped);
}

std::uint64_t stop_log::stopped_ns(const stretch& time) const {
    std::vector<stretch> inside;
    {
        const std::lock_guard held(mutex_);
        for (const stretch& each : stops_) {
            if (each.overlap_ns(time) != 0) inside.push_back(each);
        }
    }
    // Once, however many were stopped at a time.
    std::sort(inside.begin(), inside.end(),
              [](const stretch& a, const stretch& b) { return a.from < b.from; });
    std::uint64_t sum = 0;
    stretch left = time;
    for (const stretch& each : inside) {
        sum += each.overlap_ns(left);
        left.from = std::max(left.from, std::min(left.to, each.to));
    }
    return sum;
}

namespace {

void watch_clock(const std::stop_token& stop, int core, stop_log& log,
                 std::atomic<std::uint64_t>& looks) {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(core, &own);
    ::sched_setaffinity(0, sizeof own, &own);  // if it fails, it still sees the process stand still
    // It sleeps for 2 ms, and otherwise it is ready to run: for longer than this it was not.
    constexpr std::uint64_t rest_least_ns = 30'000'000;
    // A core that stands still while this thread waits for it looks like one that others use. Only
    // such a long wait tells the two apart.
    constexpr std::uint64_t gap_least_ns = 500'000'000;
    const run_delay delay;
    std::uint64_t delayed_before_ns = delay.ns();
    stretch gap{0, platform::monotonic_now()};
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const std::uint64_t delayed_ns = delay.ns();
        gap = {gap.to, platform::monotonic_now()};
        const std::uint64_t waited_ns = delayed_ns - std::exchange(delayed_before_ns, delayed_ns);
        if (gap.length_ns() > std::min(waited_ns + rest_least_ns, gap_least_ns)) log.add(gap);
        ++looks;
        looks.notify_all();
    }
}

}  // namespace

stop_watch::stop_watch(stop_log& log) {
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        CPU_ZERO(&allowed);
        CPU_SET(0, &allowed);
    }
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &allowed)) continue;
        auto& made = *watches_.emplace_back(std::make_unique<watch>());
        made.thread = std::jthread([core, &log, &made](const std::stop_token& stop) {
            watch_clock(stop, core, log, made.looks);
        });
    }
}

void stop_watch::catch_up() const {
    for (const auto& each : watches_) {
        // The look that goes on now may have read the clock before; the next one has not.
        const std::uint64_t before = each->looks.load();
        for (std::uint64_t seen = before; seen < before + 2; seen = each->looks.load()) {
            each->looks.wait(seen);
        }
    }
}

run_delay::run_delay() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}

run_delay::~run_delay() {
    if (file_ >= 0) ::close(file_);
}

std::uint64_t run_delay::ns() const noexcept {
    // "ran_ns waited_ns slices"
    char text[80] = {};
    if (::pread(file_, text, sizeof text - 1, 0) <= 0) return 0;
    char* waited = nullptr;
    std::strtoull(text, &waited, 10);
    return std::strtoull(waited, nullptr, 10);
}

void histogram::add(std::uint64_t ns) noexcept {
    const auto bucket = static_cast<std::size_t>(std::bit_width(ns / 1000));
    ++counts_[std::min(bucket, buckets - 1)];
    longest_ = std::max(longest_, ns);
}

void histogram::add(const histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
    longest_ = std::max(longest_, other.longest_);
}

std::string histogram::text() const {
    std::string all;
    for (std::size_t i = 0; i < buckets; ++i) {
        if (counts_[i] == 0) continue;
        const std::uint64_t us = std::uint64_t{1} << i;
        const std::string bound = us < 1000        ? std::to_string(us) + "us"
                                  : us < 1'000'000 ? std::to_string(us / 1000) + "ms"
                                                   : std::to_string(us / 1'000'000) + "s";
        all += (all.empty() ? "<" : ", <") + bound + " " + std::to_string(counts_[i]);
    }
    return all;
}

void call_meter::note(stretch call) {
    durations_.add(call.length_ns());
    // Not at every call: that would cost as much as the calls do. After a long call it always
    // looks.
    if (call.to - looked_at_ < look_ns) return;
    const std::uint64_t delayed_ns = look();
    call.to = looked_at_;
    if (call.length_ns() > long_call_ns) long_ones_.calls.push_back({call, delayed_ns});
}

std::uint64_t call_meter::look() {
    // Both at one time, or a delay in between would be in the count and not in the stretch, or the
    // other way round. A machine that is too slow for that at any time gets what it can.
    constexpr std::uint64_t at_once_ns = 1'000'000;
    const platform::instant_ns last = looked_at_;
    std::uint64_t seen = 0;
    for (int tries = 0; tries < 100; ++tries) {
        const platform::instant_ns before = platform::monotonic_now();
        seen = delay_.ns();
        looked_at_ = platform::monotonic_now();
        if (looked_at_ - before < at_once_ns) break;
    }
    const std::uint64_t delayed_ns = seen - std::exchange(delay_seen_ns_, seen);
    if (last != 0 && delayed_ns > long_delay_ns) {
        long_ones_.delays.push_back({{last, looked_at_}, delayed_ns});
    }
    return delayed_ns;
}

std::uint64_t longest_stall_ns(std::span<const account> threads, const stop_log& stops) {
    std::uint64_t longest = 0;
    for (const account& mine : threads) {
        for (const long_call& call : mine.calls) {
            std::uint64_t explained = call.delayed_ns + stops.stopped_ns(call.when);
            for (const account& other : threads) {
                if (&other == &mine) continue;
                for (const long_delay& delay : other.delays) {
                    explained += std::min(delay.ns, delay.within.overlap_ns(call.when));
                }
            }
            const std::uint64_t took = call.when.length_ns();
            longest = std::max(longest, took - std::min(took, explained));
        }
    }
    return longest;
}

}  // namespace conq::testing

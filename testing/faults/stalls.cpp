// SPDX-License-Identifier: BSL-1.0
#include "testing/faults/stalls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>

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
    const std::lock_guard held(mutex_);
    std::uint64_t sum = 0;
    for (const stretch& each : stops_) sum += each.overlap_ns(time);
    return std::min(sum, time.length_ns());
}

stop_watch::stop_watch(stop_log& log)
    : thread_([&log](const std::stop_token& stop) {
          // Longer than a thread that mostly sleeps waits for a core on a fully loaded machine.
          constexpr std::uint64_t gap_least_ns = 30'000'000;
          stretch gap{0, platform::monotonic_now()};
          while (!stop.stop_requested()) {
              std::this_thread::sleep_for(std::chrono::milliseconds(2));
              gap = {gap.to, platform::monotonic_now()};
              if (gap.length_ns() > gap_least_ns) log.add(gap);
          }
      }) {}

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
    const std::uint64_t seen = delay_.ns();
    if (call.length_ns() > long_call_ns) long_calls_.push_back({call, seen - delay_seen_ns_});
    delay_seen_ns_ = seen;
    looked_at_ = call.to;
}

std::uint64_t call_meter::longest_stall_ns(const stop_log& stops) const {
    std::uint64_t longest = 0;
    for (const long_call& each : long_calls_) {
        const std::uint64_t took = each.when.length_ns();
        const std::uint64_t explained = each.delayed_ns + stops.stopped_ns(each.when);
        longest = std::max(longest, took - std::min(took, explained));
    }
    return longest;
}

}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
#include "testing/faults/watchdog.hpp"

#include <cstdio>
#include <cstdlib>

namespace conq::testing {

watchdog::watchdog(std::chrono::milliseconds limit, const char* what, std::uint64_t seed)
    : what_(what),
      seed_(seed),
      thread_([this, limit](const std::stop_token& stop) { watch(stop, limit); }) {}

void watchdog::beat(const char* what, std::uint64_t seed) noexcept {
    what_.store(what);
    seed_.store(seed);
    beats_.fetch_add(1);
}

void watchdog::watch(const std::stop_token& stop, std::chrono::milliseconds limit) const {
    // Counts its own short sleeps instead of reading a clock, because they do not go on while the
    // process is stopped.
    constexpr std::chrono::milliseconds step{5};
    std::uint64_t seen = beats_.load();
    std::chrono::milliseconds quiet{0};
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(step);
        quiet += step;
        if (const std::uint64_t now = beats_.load(); now != seen) {
            seen = now;
            quiet = {};
        }
        if (quiet < limit) continue;
        std::fprintf(stderr, "no end after %lld ms: %s, seed %llu\n",
                     static_cast<long long>(limit.count()), what_.load(),
                     static_cast<unsigned long long>(seed_.load()));
        std::abort();
    }
}

}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
// Canaries: planted stalls, losses and overtakings, which the harness of this suite has to find,
// and stops, which it must not.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "conq/lifo_queue.hpp"
#include "crowd.hpp"
#include "testing/faults/watchdog.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite
using namespace std::chrono_literals;

// What is found in at most so many rounds.
template <class Queue> std::string found_in(std::uint64_t rounds, bool is_fifo) {
    findings found;
    watchdog dog;
    team threads(crowd<Queue>::threads);
    crowd<Queue> stage(threads, is_fifo, found);
    for (std::uint64_t seed = 1; seed <= rounds && found.count() == 0; ++seed) {
        dog.beat("a canary", seed);
        stage.run(seed, 5'000'000, false);
    }
    stage.conclude("a canary");
    return found.text();
}

// ---- Queues that lose an item, or hand it out twice.

// The first item of the second putter. However late its threads get a core, each round puts it.
constexpr std::uint64_t planted = std::uint64_t{1} << 32;

template <class T> struct loses_one : bounded_queue<T> {
    using bounded_queue<T>::bounded_queue, bounded_queue<T>::put;
    status put(T&& item) {
        if (item.value == planted) return status::ok;
        return bounded_queue<T>::put(std::move(item));
    }
};
template <class T> struct doubles_one : bounded_queue<T> {
    using bounded_queue<T>::bounded_queue, bounded_queue<T>::put;
    status put(T&& item) {
        if (item.value == planted) static_cast<void>(bounded_queue<T>::emplace(item.value));
        return bounded_queue<T>::put(std::move(item));
    }
};

TEST(canaries, an_item_that_is_lost_or_comes_twice_or_too_early_is_found) {
    EXPECT_NE(found_in<loses_one<parcel>>(1'000, true).find("lost"), std::string::npos);
    EXPECT_NE(found_in<doubles_one<parcel>>(1'000, true).find("twice"), std::string::npos);
    EXPECT_NE(found_in<lifo_queue<parcel>>(1'000, true).find("out of order"), std::string::npos);
    EXPECT_EQ(found_in<bounded_queue<parcel>>(3, true), "") << "nothing is planted";
}

// ---- Wakes that come late: the platform loses some, until the first sleep ends by itself.

struct late_platform : platform::native {
    static inline std::atomic<int> to_lose{0};
    static inline std::atomic<std::uint64_t> spare_ns{0};
    static platform::sleep_end wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                                    platform::instant_ns deadline) {
        const platform::instant_ns rescue = platform::after(now(), stall_max_ns + spare_ns);
        const auto end = platform::native::wait(word, expected, std::min(deadline, rescue));
        if (end == platform::sleep_end::timed_out && rescue < deadline) to_lose = 0;
        return end;
    }
    static void wake(const void* address, int count) noexcept {
        if (to_lose.fetch_sub(1) <= 0) platform::native::wake(address, count);
    }
};
struct late_traits : default_traits {
    using platform = late_platform;
};

// One for each round. Usually the first shows the stall. On a machine whose other work explains a
// part of it, a longer one has to come.
struct late_queue : basic_bounded_queue<parcel, late_traits> {
    explicit late_queue(std::uint64_t capacity) : basic_bounded_queue(capacity) {
        late_platform::to_lose = 20;
        late_platform::spare_ns = 2 * late_platform::spare_ns;
    }
};

TEST(canaries, a_wake_that_comes_late_is_a_stall) {
    late_platform::spare_ns = 150'000'000;
    EXPECT_NE(found_in<late_queue>(8, true).find("stalled"), std::string::npos);
}

std::uint64_t longest_stall_ns(const account& only, const stop_log& stops) {
    return testing::longest_stall_ns({&only, 1}, stops);
}

TEST(canaries, a_stop_explains_a_long_call) {
    stop_log stops;
    std::atomic<std::uint64_t> ended{0};
    call_meter meter(ended, 1);
    const platform::instant_ns from = platform::monotonic_now();
    static_cast<void>(meter.measure([] {
        std::this_thread::sleep_for(150ms);  // the long call
        return 0;
    }));
    const account& only = meter.long_ones();
    EXPECT_GT(longest_stall_ns(only, stops), 100'000'000u);
    stops.add({from, from + 20'000'000});
    stops.add({from + 10'000'000, from + 20'000'000});
    EXPECT_GT(longest_stall_ns(only, stops), 100'000'000u) << "not all of it, and not twice";
    stops.add({from + 20'000'000, platform::monotonic_now()});
    EXPECT_EQ(longest_stall_ns(only, stops), 0u);
}

TEST(canaries, a_thread_without_a_core_explains_the_calls_of_all) {
    const stop_log no_stops;
    const long_call whole{{1'000, 2'000}, 100};
    EXPECT_EQ(longest_stall_ns({{whole}, {}}, no_stops), 900u) << "its own delay";
    EXPECT_EQ(longest_stall_ns({{whole}, {{{1'000, 2'000}, 100}}}, no_stops), 900u) << "once";
    const account caller{{whole}, {}}, other{{}, {{{1'900, 3'000}, 500}, {{1'000, 2'000}, 50}}};
    EXPECT_EQ(testing::longest_stall_ns(std::vector{other, caller}, no_stops), 750u)
        << "100 of one delay may lie in the call, and all of the other";
}

TEST(canaries, a_child_that_throws_ends_and_says_so) {
    ::testing::internal::CaptureStderr();
    child_process child([]() -> int { throw std::runtime_error("broken"); });
    EXPECT_EQ(child.exit_code(), child_process::has_thrown);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "a child process has thrown: broken\n");
}

TEST(canaries, a_call_that_is_overtaken_is_counted) {
    std::atomic<std::uint64_t> ended{0};
    call_meter meter(ended, 10);
    static_cast<void>(meter.measure([&] { return ended += 9; }));
    EXPECT_EQ(meter.most_overtakes(), 0u) << "they may have begun before";
    static_cast<void>(meter.measure([&] { return ended += 50; }));
    EXPECT_EQ(meter.most_overtakes(), 40u) << "but for those 10";
}

}  // namespace
}  // namespace conq::test

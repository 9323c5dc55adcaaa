// SPDX-License-Identifier: BSL-1.0
// Promises of the platform seam, for both ways to sleep on a word.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../support/thread_state.hpp"
#include "conq/platform/condition.hpp"
#include "conq/platform/futex_portable.hpp"
#include "conq/platform/lock.hpp"
#include "conq/platform/native.hpp"

namespace {

using namespace std::chrono_literals;
using conq::platform::never;
using conq::platform::sleep_end;
using conq::test::watched_thread;

template <class Platform> class seam : public ::testing::Test {};
struct names {
    template <class Platform> static std::string GetName(int) {
        return std::is_same_v<Platform, conq::platform::portable> ? "portable" : "native";
    }
};
using platforms = ::testing::Types<conq::platform::native, conq::platform::portable>;
TYPED_TEST_SUITE(seam, platforms, names);

TYPED_TEST(seam, a_word_that_has_changed_is_not_slept_on) {
    std::atomic<std::uint32_t> word{1};
    EXPECT_EQ(TypeParam::wait(word, 0, never), sleep_end::woken);
}

TYPED_TEST(seam, a_sleep_ends_at_its_deadline) {
    std::atomic<std::uint32_t> word{0};
    EXPECT_EQ(TypeParam::wait(word, 0, 0), sleep_end::timed_out);
    EXPECT_EQ(TypeParam::wait(word, 0, TypeParam::now()), sleep_end::timed_out);
    const auto deadline = conq::platform::after(TypeParam::now(), 2'000'000);
    while (TypeParam::wait(word, 0, deadline) != sleep_end::timed_out) {
    }
    EXPECT_GE(TypeParam::now(), deadline);
}

TYPED_TEST(seam, a_wake_ends_the_sleeps_on_its_word_and_no_others) {
    std::atomic<std::uint32_t> words[2] = {0, 0};
    const auto sleep_on = [](std::atomic<std::uint32_t>& word) {
        while (word.load() == 0) static_cast<void>(TypeParam::wait(word, 0, never));
    };
    watched_thread other([&] { sleep_on(words[1]); });
    {
        watched_thread first([&] { sleep_on(words[0]); });
        watched_thread second([&] { sleep_on(words[0]); });
        for (auto* each : {&first, &second, &other}) each->wait_until_asleep();
        words[0] = 1;
        TypeParam::wake(&words[0], 2);
    }
    EXPECT_FALSE(other.has_ended());
    words[1] = 1;
    TypeParam::wake(&words[1], 1);
}

TYPED_TEST(seam, a_wake_may_come_when_the_word_is_gone) {
    auto word = std::make_unique<std::atomic<std::uint32_t>>(0);
    const void* volatile address = word.get();  // out of the compiler's sight, which would warn
    word.reset();
    TypeParam::wake(address, 1);
}

TYPED_TEST(seam, the_lock_lets_in_one_at_a_time) {
    conq::platform::futex_lock<TypeParam> lock;
    int count = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 20'000; ++i) {
                    const std::lock_guard held(lock);
                    ++count;
                }
            });
        }
    }
    EXPECT_EQ(count, 80'000);
}

TYPED_TEST(seam, a_thread_sleeps_for_the_lock_and_is_woken) {
    conq::platform::futex_lock<TypeParam> lock;
    lock.lock();
    EXPECT_FALSE(lock.try_lock());
    watched_thread waiting([&] { const std::lock_guard held(lock); });
    waiting.wait_until_asleep();
    EXPECT_FALSE(waiting.has_ended());
    lock.unlock();
    waiting.join();
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
}

// Two threads each store, and then load what the other stores, round by round. Returns how often
// neither saw the other's store.
template <class Platform> int blind_rounds(void (*one)(), void (*other)()) {
    constexpr int rounds = 1'000;
    std::atomic<int> words[2] = {0, 0}, ready{0};
    std::vector<std::vector<int>> seen(2, std::vector<int>(rounds + 1));
    const auto play = [&](std::size_t me, void (*barrier)()) {
        for (int round = 1; round <= rounds; ++round) {
            ready.fetch_add(1);
            for (int looks = 0; ready.load() < 2 * round; ++looks) {
                looks < 200 ? Platform::pause(1) : Platform::yield();
            }
            words[me].store(round, std::memory_order_relaxed);
            barrier();
            seen[me][static_cast<std::size_t>(round)] =
                words[1 - me].load(std::memory_order_relaxed);
        }
    };
    {
        const std::jthread first([&] { play(0, one); });
        play(1, other);
    }
    int blind = 0;
    for (int round = 1; round <= rounds; ++round) {
        const auto at = static_cast<std::size_t>(round);
        blind += seen[0][at] < round && seen[1][at] < round ? 1 : 0;
    }
    return blind;
}

TYPED_TEST(seam, of_two_that_store_and_load_one_sees_the_other_by_a_barrier_that_one_pays) {
    if (!TypeParam::has_heavy_barrier()) return;  // and then nobody uses it
    EXPECT_EQ(blind_rounds<TypeParam>(TypeParam::light_barrier, TypeParam::heavy_barrier), 0);
    std::printf("    with two light halves: %d rounds of 1000 in which both were blind\n",
                blind_rounds<TypeParam>(TypeParam::light_barrier, TypeParam::light_barrier));
}

// glibc's condition variable can lose a wake (its bug 25847): then the wait has to end by itself.
TEST(portable_waiter, sees_a_change_although_its_wake_is_lost) {
    std::atomic<std::uint32_t> word{0};
    watched_thread sleeper(
        [&] { EXPECT_EQ(conq::platform::portable::wait(word, 0, never), sleep_end::woken); });
    sleeper.wait_until_asleep();
    word = 1;  // and no wake
    sleeper.join();
}

TEST(portable_waiter, its_condition_ends_each_wait_by_itself) {
    conq::platform::condition changed;
    std::mutex mutex;
    std::unique_lock held(mutex);
    changed.wait(held, never);  // nobody notifies
    EXPECT_TRUE(held.owns_lock());
}

TEST(clock, spans_never_overflow) {
    using conq::platform::span_ns;
    EXPECT_EQ(span_ns(-1s), 0u);
    EXPECT_EQ(span_ns(std::chrono::nanoseconds::min()), 0u);
    EXPECT_EQ(span_ns(1ms), 1'000'000u);
    EXPECT_EQ(span_ns(std::chrono::nanoseconds::max()), never);
    EXPECT_EQ(span_ns(std::chrono::hours::max()), never);
    using seconds = std::chrono::duration<double>;
    EXPECT_EQ(span_ns(seconds(std::numeric_limits<double>::quiet_NaN())), 0u);
    EXPECT_EQ(span_ns(seconds(std::numeric_limits<double>::infinity())), never);
    EXPECT_EQ(span_ns(seconds(0.5)), 500'000'000u);
}

TEST(clock, time_points_of_any_clock_become_spans) {
    using conq::platform::span_until_ns;
    EXPECT_EQ(span_until_ns(std::chrono::system_clock::time_point::min()), 0u);
    EXPECT_EQ(span_until_ns(std::chrono::system_clock::time_point::max()), never);
    EXPECT_EQ(span_until_ns(std::chrono::steady_clock::time_point::max()), never);
    EXPECT_EQ(span_until_ns(std::chrono::steady_clock::now()), 0u);
    const auto away = span_until_ns(std::chrono::system_clock::now() + 1h);
    EXPECT_GT(away, 0u);
    EXPECT_LE(away, 3'600'000'000'000u);
    EXPECT_EQ(conq::platform::after(never - 1, 5), never);
    EXPECT_EQ(conq::platform::after(7, never), never);
    EXPECT_EQ(conq::platform::after(7, 5), 12u);
}

// In nanoseconds, as a clock's own time points are, they would not fit into 64 bits.
TEST(clock, far_time_points_of_a_coarser_unit_keep_their_side) {
    using conq::platform::instant_of;
    using conq::platform::span_until_ns;
    using namespace std::chrono;
    constexpr sys_days last = year(9999) / December / 31, first = year(-9999) / January / 1;
    EXPECT_EQ(span_until_ns(last), never);
    EXPECT_EQ(span_until_ns(first), 0u);
    EXPECT_EQ(instant_of(last, [] { return 5u; }), never);
    EXPECT_EQ(instant_of(first, [] { return 5u; }), 0u);
    EXPECT_EQ(span_until_ns(time_point<steady_clock, hours>(hours(3'000'000'000))), never);
    EXPECT_EQ(span_until_ns(sys_time<duration<double>>(1e300s)), never);
    EXPECT_EQ(span_until_ns(sys_time<duration<double>>(-1e300s)), 0u);
}

TEST(clock, time_points_of_any_clock_become_instants) {
    using conq::platform::instant_of;
    using steady = std::chrono::steady_clock;
    using wall = std::chrono::system_clock;
    constexpr std::uint64_t present = 7'200'000'000'000;  // two hours
    const auto clock = [] { return present; };
    EXPECT_EQ(instant_of(steady::time_point(5ns), clock), 5u);
    EXPECT_EQ(instant_of(steady::time_point(-5ns), clock), 0u);
    EXPECT_EQ(instant_of(steady::time_point::min(), clock), 0u);
    EXPECT_EQ(instant_of(steady::time_point::max(), clock), never);
    EXPECT_EQ(instant_of(wall::time_point::min(), clock), 0u);
    EXPECT_EQ(instant_of(wall::time_point::max(), clock), never);
    EXPECT_EQ(instant_of(wall::now() - 3h, clock), 0u);
    const auto before = instant_of(wall::now() - 1h, clock);
    const auto beyond = instant_of(wall::now() + 1h, clock);
    EXPECT_LT(before, present);
    EXPECT_GT(before, 0u);
    EXPECT_GT(beyond, present);
    EXPECT_LE(beyond, present + 3'600'000'000'000);
}

// A clock beside the platform's. Time passes whenever one of them is read.
struct slow_clock {
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<slow_clock>;
    static inline std::uint64_t time_ns = 1'000;
    static time_point now() { return time_point(duration(platform_now())); }
    static std::uint64_t platform_now() { return time_ns += 100; }
};

TEST(clock, a_time_point_of_another_clock_is_never_early) {
    const slow_clock::time_point due(50us);
    EXPECT_GE(conq::platform::instant_of(due, slow_clock::platform_now), 50'000u);
}

TEST(named_thread, has_its_name_cut_to_what_the_system_takes) {
    std::string name(16, '\0');
    conq::platform::named_thread thread("a name of more than 15 bytes", [&] {
        pthread_getname_np(pthread_self(), name.data(), name.size());
    });
    thread.join();
    EXPECT_STREQ(name.c_str(), "a name of more ");
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Promises of delay_queue about time: no item comes out early, the earliest item comes first, and
// waiting getters wake for it.
#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "conq/delay_queue.hpp"
#include "subjects.hpp"
#include "testing/support/effort.hpp"

namespace {

using conq::status;
using conq::test::watched_thread;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

TEST(delay_queue, no_item_comes_out_before_its_instant) {
    const std::uint64_t seed = conq::testing::first_seed();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    conq::delay_queue<steady::time_point> q;
    std::jthread putter([&] {
        std::mt19937_64 random(seed);
        for (int i = 0; i < 2'000; ++i) {
            const auto due = steady::now() + std::chrono::microseconds(random() % 3'000);
            ASSERT_EQ(q.put_at(due, due), status::ok);
        }
        q.shutdown();
    });
    std::vector<std::jthread> getters;
    for (int g = 0; g < 3; ++g) {
        getters.emplace_back([&] {
            for (auto& task : q) EXPECT_GE(steady::now(), *task);
        });
    }
    getters.clear();
    EXPECT_EQ(q.unfinished(), 0u);
}

TEST(delay_queue, put_after_counts_from_the_call) {
    conq::delay_queue<int> q;
    const auto before = steady::now();
    ASSERT_EQ(q.put_after(2, 1h), status::ok);
    EXPECT_EQ(q.try_get().state(), status::empty);
    ASSERT_EQ(q.put_after(1, 3ms), status::ok);
    EXPECT_EQ(q.get().value(), 1);
    EXPECT_GE(steady::now() - before, 3ms);
}

TEST(delay_queue, the_earliest_comes_out_first_and_equals_in_order_of_put) {
    conq::delay_queue<int> q;
    const auto start = steady::now();
    for (int i = 0; i < 90; ++i) {
        ASSERT_EQ(q.put_at(i, start + std::chrono::milliseconds(i * 7 % 9)), status::ok);
    }
    std::vector<int> expected(90);
    for (int i = 0; i < 90; ++i) expected[static_cast<std::size_t>(i)] = i;
    std::ranges::sort(expected, {}, [](int i) { return std::pair(i * 7 % 9, i); });
    for (const int each : expected) EXPECT_EQ(q.get().value(), each);
}

TEST(delay_queue, an_item_without_a_delay_is_due_at_once) {
    conq::delay_queue<int> q;
    ASSERT_EQ(q.put_after(1, 1h), status::ok);
    ASSERT_EQ(q.put(2), status::ok);
    ASSERT_EQ(q.put_after(3, -1h), status::ok);
    ASSERT_EQ(q.put_at(4, std::chrono::system_clock::now() - 1h), status::ok);
    ASSERT_EQ(q.put_at(5, steady::time_point::min()), status::ok);
    std::vector<int> got;
    for (int i = 0; i < 4; ++i) got.push_back(q.try_get().value());
    std::ranges::sort(got);
    EXPECT_EQ(got, (std::vector{2, 3, 4, 5}));
    EXPECT_EQ(q.try_get().state(), status::empty);
    EXPECT_EQ(q.size(), 1u);
}

TEST(delay_queue, those_that_are_late_come_out_by_their_instants_of_any_clock) {
    conq::delay_queue<int> q;
    const auto steady_now = steady::now();
    const auto wall_now = std::chrono::system_clock::now();
    ASSERT_EQ(q.put_at(1, wall_now - 20s), status::ok);
    ASSERT_EQ(q.put_at(2, steady_now - 40s), status::ok);
    ASSERT_EQ(q.put_at(3, wall_now - 60s), status::ok);
    ASSERT_EQ(q.put(0), status::ok);
    for (const int expected : {3, 2, 1, 0}) EXPECT_EQ(q.try_get().value(), expected);
}

TEST(delay_queue, ready_at_says_when) {
    conq::delay_queue<int> q;
    EXPECT_EQ(q.ready_at(), conq::platform::never);
    ASSERT_EQ(q.put_after(1, std::chrono::hours::max()), status::ok);
    EXPECT_EQ(q.ready_at(), conq::platform::never);
    const auto due = steady::now() + 1h;
    ASSERT_EQ(q.put_at(2, due), status::ok);
    EXPECT_EQ(q.ready_at(), static_cast<std::uint64_t>(due.time_since_epoch().count()));
    q.shutdown();
    EXPECT_EQ(q.ready_at(), static_cast<std::uint64_t>(due.time_since_epoch().count()));
    q.shutdown(conq::immediate);
    EXPECT_EQ(q.ready_at(), 0u);
}

TEST(delay_queue, an_earlier_item_wakes_the_getter_that_sleeps) {
    conq::delay_queue<int> q;
    ASSERT_EQ(q.put_after(1, 1h), status::ok);
    watched_thread getter([&] { EXPECT_EQ(q.get().value(), 2); });
    getter.wait_until_asleep();
    ASSERT_EQ(q.put_after(3, 30min), status::ok);
    ASSERT_EQ(q.put_after(2, 1ms), status::ok);
    getter.join();
    EXPECT_EQ(q.size(), 2u);
}

TEST(delay_queue, whoever_gives_up_hands_the_timer_on) {
    for (int round = 0; round < 20; ++round) {
        conq::delay_queue<int> q;
        std::stop_source stop;
        ASSERT_EQ(q.put_after(1, 20ms), status::ok);
        watched_thread first([&] {
            const auto got = q.get(stop.get_token());  // ok: the stop came too late
            EXPECT_EQ(got ? q.put(*got) : got.state(), got ? status::ok : status::stopped);
        });
        first.wait_until_asleep();
        watched_thread second([&] { EXPECT_EQ(q.get().value(), 1); });
        second.wait_until_asleep();
        stop.request_stop();
        first.join();
        second.join();
    }
}

TEST(delay_queue, whoever_takes_an_item_hands_the_timer_on) {
    conq::delay_queue<int> q;
    std::vector<std::unique_ptr<watched_thread>> getters;
    for (int g = 0; g < 4; ++g) {
        getters.push_back(std::make_unique<watched_thread>([&] { EXPECT_TRUE(q.get()); }));
        getters.back()->wait_until_asleep();
    }
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(q.put_after(i, std::chrono::milliseconds(5 + i)), status::ok);
    }
    for (const auto& each : getters) each->join();
    EXPECT_TRUE(q.empty());
}

TEST(delay_queue, a_limit_ends_the_wait_for_an_item_that_is_not_due) {
    conq::delay_queue<int> q;
    ASSERT_EQ(q.put_after(1, 1h), status::ok);
    EXPECT_EQ(q.get_for(1ms).state(), status::timed_out);
    EXPECT_EQ(q.size(), 1u);
    ASSERT_EQ(q.put_after(2, 1ms), status::ok);
    EXPECT_EQ(q.get_for(1h).value(), 2);
}

TEST(delay_queue, a_put_that_fails_has_not_touched_its_argument) {
    conq::delay_queue<std::unique_ptr<int>> q(1);
    ASSERT_EQ(q.put_after(std::make_unique<int>(1), 1h), status::ok);
    EXPECT_TRUE(q.full());
    std::stop_source stop;
    stop.request_stop();
    auto item = std::make_unique<int>(2);
    EXPECT_EQ(q.put_after(std::move(item), 1ms, conq::now), status::full);
    EXPECT_EQ(q.put_after(std::move(item), 1ms, 1ms), status::timed_out);
    EXPECT_EQ(q.put_at(std::move(item), steady::now(), steady::now()), status::timed_out);
    EXPECT_EQ(q.put_at(std::move(item), steady::now(), stop.get_token()), status::stopped);
    EXPECT_EQ(q.put_after(std::move(item), 1ms, 1h, stop.get_token()), status::stopped);
    q.shutdown();
    EXPECT_EQ(q.put_after(std::move(item), 1ms), status::shut_down);
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(*item, 2);
}

TEST(delay_queue, an_item_that_throws_changes_nothing) {
    using conq::test::throwing;
    throwing::throws_on_copy = throwing::throws_on_move = false;
    conq::delay_queue<throwing> q;
    const throwing item(1);
    ASSERT_EQ(q.put_after(item, -1h), status::ok);
    throwing::throws_on_copy = throwing::throws_on_move = true;
    EXPECT_THROW(static_cast<void>(q.put_after(item, -2h)), std::runtime_error);
    EXPECT_THROW(static_cast<void>(q.put_after(throwing(2), -2h)), std::runtime_error);
    EXPECT_THROW(static_cast<void>(q.get()), std::runtime_error);
    throwing::throws_on_copy = throwing::throws_on_move = false;
    EXPECT_EQ(q.unfinished(), 1u);
    EXPECT_EQ(q.take()->value, 1);
}

TEST(delay_queue, a_graceful_shutdown_keeps_the_delays) {
    conq::delay_queue<int> q;
    std::vector<std::unique_ptr<watched_thread>> getters;
    for (int g = 0; g < 3; ++g) {
        getters.push_back(std::make_unique<watched_thread>([&] {
            for (auto& task : q) EXPECT_LT(*task, 2);
        }));
        getters.back()->wait_until_asleep();
    }
    const auto due = steady::now() + 10ms;
    for (int i = 0; i < 2; ++i) ASSERT_EQ(q.put_at(i, due), status::ok);
    q.shutdown();
    q.join();
    EXPECT_GE(steady::now(), due);
    for (const auto& each : getters) each->join();
}

TEST(delay_queue, after_a_graceful_shutdown_what_is_not_due_is_no_end) {
    conq::delay_queue<int> q;
    ASSERT_EQ(q.put_after(1, 1h), status::ok);
    q.shutdown();
    EXPECT_EQ(q.try_get().state(), status::empty);
    EXPECT_EQ(q.get_for(1ms).state(), status::timed_out);
    EXPECT_EQ(q.try_join(), status::busy);
    q.shutdown(conq::immediate);
    EXPECT_EQ(q.try_get().state(), status::shut_down);
    EXPECT_EQ(q.try_join(), status::ok);
}

TEST(delay_queue, an_immediate_shutdown_ends_the_wait_for_what_it_drops) {
    conq::delay_queue<int> q;
    ASSERT_EQ(q.put_after(1, 1h), status::ok);
    watched_thread first([&] { EXPECT_EQ(q.get().state(), status::shut_down); });
    first.wait_until_asleep();
    watched_thread second([&] { EXPECT_EQ(q.get().state(), status::shut_down); });
    second.wait_until_asleep();
    q.shutdown(conq::immediate);
    first.join();
    second.join();
    q.join();
}

}  // namespace

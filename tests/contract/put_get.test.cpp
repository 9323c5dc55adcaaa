// SPDX-License-Identifier: BSL-1.0
// Promises of put and get: order, bound, and arguments that stay intact.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "promises.hpp"
#include "testing/support/effort.hpp"

using namespace std::chrono_literals;
using conq::status;

using namespace conq::test;

CONQ_PROMISE(put_get, comes_out_in_the_order_it_went_in, holds | fifo) {
    typename Subject::template queue<int> q(100);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(q.put(i), status::ok);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(q.get().value(), i);
}

CONQ_PROMISE(put_get, any_capacity_is_exact, bounded) {
    for (int capacity : {1, 2, 3, 5, 7, 8, 63, 64, 65, 100, 1000, 1025}) {
        typename Subject::template queue<int> q(capacity);
        EXPECT_EQ(q.maxsize(), static_cast<std::uint64_t>(capacity));
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < capacity; ++i) {
                ASSERT_FALSE(q.full());
                ASSERT_EQ(q.try_put(i), status::ok) << capacity;
            }
            ASSERT_TRUE(q.full());
            ASSERT_EQ(q.try_put(-1), status::full) << capacity;
            ASSERT_EQ(q.size(), static_cast<std::uint64_t>(capacity));
            std::set<int> got;
            for (int i = 0; i < capacity; ++i) got.insert(q.try_get().value_or(-1));
            ASSERT_EQ(got.size(), static_cast<std::size_t>(capacity));
            ASSERT_EQ(*got.begin(), 0);
            ASSERT_EQ(*got.rbegin(), capacity - 1);
            ASSERT_EQ(q.try_get().state(), status::empty);
            ASSERT_TRUE(q.empty());
        }
    }
}

CONQ_PROMISE(put_get, absurd_sizes_are_refused_with_a_message, holds) {
    using queue = typename Subject::template queue<int>;
    EXPECT_THROW(queue(-1), std::invalid_argument);
    EXPECT_THROW(queue((std::int64_t{1} << 31) + 1), std::invalid_argument);
    EXPECT_THROW(queue(~std::uint64_t{0}), std::invalid_argument);
    try {
        const queue q(-7);
        FAIL() << "a size of -7 was accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_NE(std::string(error.what()).find("-7"), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("give one from"), std::string::npos);
    }
    if constexpr ((Subject::capabilities & unbounded) == 0) {
        EXPECT_THROW(queue(0), std::invalid_argument);
    } else {
        const queue largest(std::int64_t{1} << 31);
        EXPECT_EQ(largest.maxsize(), std::uint64_t{1} << 31);
    }
}

CONQ_PROMISE(put_get, without_a_bound_it_is_never_full, unbounded) {
    typename Subject::template queue<int> q(0);
    EXPECT_EQ(q.maxsize(), 0u);
    for (int i = 0; i < 20'000; ++i) ASSERT_EQ(q.try_put(i), status::ok);
    EXPECT_FALSE(q.full());
    EXPECT_EQ(q.size(), 20'000u);
    std::vector<int> times(20'000, 0);
    for (int i = 0; i < 20'000; ++i) ++times.at(static_cast<std::size_t>(q.try_get().value()));
    EXPECT_EQ(std::count(times.begin(), times.end(), 1), 20'000);
}

CONQ_PROMISE(put_get, carries_what_can_only_be_moved, holds) {
    typename Subject::template queue<std::unique_ptr<int>> q(2);
    ASSERT_EQ(q.put(std::make_unique<int>(7)), status::ok);
    ASSERT_EQ(q.emplace(new int(8)), status::ok);
    const auto first = q.get().value(), second = q.get().value();
    EXPECT_EQ(*first * *second, 56);
}

CONQ_PROMISE(put_get, carries_what_is_small_and_can_only_be_moved, holds) {
    typename Subject::template queue<handle> q(1);
    ASSERT_EQ(q.put(handle(7)), status::ok);
    handle mine(8);
    if (q.full()) {
        EXPECT_EQ(q.try_put(std::move(mine)), status::full);
        EXPECT_EQ(q.put_for(std::move(mine), 0s), status::timed_out);
    }
    EXPECT_EQ(q.get().value().value, 7);
    ASSERT_EQ(q.try_put(std::move(mine)), status::ok);
    EXPECT_EQ(q.try_take()->value, 8);
    EXPECT_EQ(q.try_get().state(), status::empty);
    EXPECT_EQ(q.get_for(0s).state(), status::timed_out);
}

CONQ_PROMISE(put_get, all_forms_of_put_and_get_carry_an_item, holds) {
    typename Subject::template queue<std::string> q(20);
    const std::string text = "copied";
    const std::stop_token token;
    const auto later = std::chrono::steady_clock::now() + 1h;
    ASSERT_EQ(q.put(text), status::ok);
    ASSERT_EQ(q.put(text, token), status::ok);
    ASSERT_EQ(q.put(std::string("moved"), token), status::ok);
    ASSERT_EQ(q.put_for(text, 1h), status::ok);
    ASSERT_EQ(q.put_for(std::string("moved"), 1h, token), status::ok);
    ASSERT_EQ(q.put_until(text, later), status::ok);
    ASSERT_EQ(q.put_until(std::string("moved"), later, token), status::ok);
    ASSERT_EQ(q.try_put(text), status::ok);
    ASSERT_EQ(q.try_put(std::string("moved")), status::ok);
    ASSERT_EQ(q.emplace(std::size_t{3}, 'e'), status::ok);
    ASSERT_EQ(q.try_emplace(std::size_t{3}, 't'), status::ok);
    for (int i = 0; i < 4; ++i) ASSERT_EQ(q.put(std::to_string(i)), status::ok);
    EXPECT_EQ(text, "copied");
    std::multiset<std::string> got{q.get().value(),
                                   q.get(token).value(),
                                   q.get_for(1h).value(),
                                   q.get_for(1h, token).value(),
                                   q.get_until(later).value(),
                                   q.get_until(later, token).value(),
                                   q.try_get().value(),
                                   q.try_get().value_or("none"),
                                   *q.take(),
                                   *q.take_for(1h),
                                   *q.try_take(),
                                   *q.take(token),
                                   *q.take_for(1h, token),
                                   *q.take_until(later),
                                   *q.take_until(later, token)};
    EXPECT_EQ(got, (std::multiset<std::string>{"copied", "copied", "copied", "copied", "copied",
                                               "moved", "moved", "moved", "moved", "eee", "ttt",
                                               "0", "1", "2", "3"}));
}

CONQ_PROMISE(put_get, a_put_that_fails_has_not_touched_its_argument, bounded) {
    typename Subject::template queue<std::unique_ptr<int>> q(1);
    ASSERT_EQ(q.put(std::make_unique<int>(1)), status::ok);
    auto mine = std::make_unique<int>(2);
    std::stop_source stop;
    EXPECT_EQ(q.try_put(std::move(mine)), status::full);
    EXPECT_EQ(q.put_for(std::move(mine), 1ms), status::timed_out);
    EXPECT_EQ(q.put_for(std::move(mine), -1h), status::timed_out);
    stop.request_stop();
    EXPECT_EQ(q.put(std::move(mine), stop.get_token()), status::stopped);
    q.shutdown();
    EXPECT_EQ(q.put(std::move(mine)), status::shut_down);
    EXPECT_EQ(q.try_put(std::move(mine)), status::shut_down);
    ASSERT_NE(mine, nullptr);
    EXPECT_EQ(*mine, 2);
}

CONQ_PROMISE(put_get, a_put_waits_until_there_is_room, bounded) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(1), status::ok);
    status answer = status::busy;
    watched_thread putter([&] { answer = q.put(2); });
    putter.wait_until_asleep();
    EXPECT_EQ(q.get().value(), 1);
    EXPECT_EQ(q.get().value(), 2);
    putter.join();
    EXPECT_EQ(answer, status::ok);
}

CONQ_PROMISE(put_get, a_get_waits_until_there_is_an_item, any) {
    typename Subject::template queue<int> q(1);
    int got = 0;
    watched_thread getter([&] { got = q.get().value(); });
    getter.wait_until_asleep();
    ASSERT_EQ(q.put(5), status::ok);
    getter.join();
    EXPECT_EQ(got, 5);
}

// Runs as many putters and getters as the type may have on a side, up to three. Returns what each
// getter got, as (putter, number), in the order in which it got it.
template <class Subject>
inline constexpr int sides = (Subject::capabilities & conq::test::many) != 0 ? 3 : 1;
template <class Subject> auto exchanged(int capacity, int each) {
    constexpr int putters = sides<Subject>, getters = sides<Subject>;
    typename Subject::template queue<std::pair<int, int>> q(capacity);
    std::vector<std::vector<std::pair<int, int>>> got(getters);
    std::vector<std::jthread> getting, putting;
    for (int g = 0; g < getters; ++g) {
        getting.emplace_back([&, g] {
            while (auto item = q.get()) got[static_cast<std::size_t>(g)].push_back(*item);
        });
    }
    for (int p = 0; p < putters; ++p) {
        putting.emplace_back([&, p] {
            for (int i = 0; i < each; ++i) ASSERT_EQ(q.put({p, i}), status::ok);
        });
    }
    putting.clear();
    q.shutdown();
    getting.clear();
    return got;
}
constexpr int all_capacities[] = {1, 2, 64, 1000};
// How many items each putter puts: at least enough to go round the largest queue.
static int items_each() {
    return static_cast<int>(std::max<std::uint64_t>(3'000, conq::testing::scaled(20'000)));
}

CONQ_PROMISE(put_get, every_item_comes_out_once, any) {
    const int each = items_each();
    for (const int capacity : all_capacities) {
        std::vector<int> times(static_cast<std::size_t>(sides<Subject> * each), 0);
        for (const auto& of_one_getter : exchanged<Subject>(capacity, each)) {
            for (const auto& [putter, number] : of_one_getter) {
                ++times.at(static_cast<std::size_t>(putter * each + number));
            }
        }
        ASSERT_EQ(std::count(times.begin(), times.end(), 1), sides<Subject> * each) << capacity;
    }
}

CONQ_PROMISE(put_get, a_getter_sees_each_putters_items_in_order, fifo) {
    for (const int capacity : all_capacities) {
        for (const auto& of_one_getter : exchanged<Subject>(capacity, items_each())) {
            int last[] = {-1, -1, -1};
            for (const auto& [putter, number] : of_one_getter) {
                ASSERT_LT(std::exchange(last[putter], number), number) << capacity;
            }
        }
    }
}

CONQ_PROMISE(put_get, destruction_ends_the_items_that_are_left, holds) {
    const int before = counted::alive;
    {
        typename Subject::template queue<counted> q(10);
        for (int i = 0; i < 7; ++i) q.emplace(i);
        static_cast<void>(q.get());
        EXPECT_EQ(counted::alive, before + 6);
    }
    EXPECT_EQ(counted::alive, before);
}

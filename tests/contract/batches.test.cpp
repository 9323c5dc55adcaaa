// SPDX-License-Identifier: BSL-1.0
// Promises of put_many, get_many and take_many.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <forward_list>
#include <iterator>
#include <list>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "promises.hpp"

using namespace std::chrono_literals;
using conq::batch_result;
using conq::status;

using namespace conq::test;

namespace {

std::vector<int> numbers(int count) {
    std::vector<int> made(static_cast<std::size_t>(count));
    std::iota(made.begin(), made.end(), 0);
    return made;
}
std::vector<std::unique_ptr<int>> boxed_numbers(int count) {
    std::vector<std::unique_ptr<int>> made;
    for (int i = 0; i < count; ++i) made.push_back(std::make_unique<int>(i));
    return made;
}
std::stop_token stopped_token() {
    std::stop_source source;
    source.request_stop();
    return source.get_token();
}
// Puts a range of `Items`, made of 0 to 9. Returns what comes out.
template <class Queue, class Items> std::vector<typename Queue::value_type> through(Queue& q) {
    const std::vector<int> from = numbers(10);
    const Items items(from.begin(), from.end());
    EXPECT_EQ(q.put_many(items.begin(), items.end()), (batch_result{10, status::ok}));
    std::vector<typename Queue::value_type> out;
    EXPECT_EQ(q.get_many(std::back_inserter(out), 100), (batch_result{10, status::ok}));
    return out;
}

}  // namespace

CONQ_PROMISE(batches, come_out_in_the_order_of_the_range, fifo | holds) {
    typename Subject::template queue<int> q(10);
    EXPECT_EQ((through<decltype(q), std::vector<int>>(q)), numbers(10));
    EXPECT_EQ((through<decltype(q), std::deque<int>>(q)), numbers(10));
    EXPECT_EQ((through<decltype(q), std::forward_list<int>>(q)), numbers(10));
    EXPECT_EQ((through<decltype(q), std::vector<short>>(q)), numbers(10));
    typename Subject::template queue<bool> bits(3);
    const std::vector<bool> put{true, false, true};
    ASSERT_EQ(bits.put_many(put.begin(), put.end()), (batch_result{3, status::ok}));
    std::array<bool, 3> got{};
    ASSERT_EQ(bits.get_many(got.begin(), 3), (batch_result{3, status::ok}));
    EXPECT_EQ(got, (std::array{true, false, true}));
}

CONQ_PROMISE(batches, go_round_a_queue_of_any_capacity, bounded) {
    for (const int capacity : {1, 2, 3, 5, 8, 63, 64, 65, 100, 200}) {
        typename Subject::template queue<int> q(capacity);
        const auto items = numbers(capacity + 2);
        const auto slots = static_cast<std::uint64_t>(capacity);
        for (int round = 0; round < 5; ++round) {
            ASSERT_EQ(q.put_many(items.begin(), items.end(), conq::now),
                      (batch_result{slots, status::full}));
            std::vector<int> got(items.size());
            const std::uint64_t some = q.get_many(got.begin(), (slots + 1) / 2, conq::now).count;
            ASSERT_EQ(some, (slots + 1) / 2);
            const auto rest = q.get_many(got.begin() + static_cast<int>(some), slots, conq::now);
            ASSERT_EQ(some + rest.count, slots);
            std::sort(got.begin(), got.begin() + capacity);
            ASSERT_TRUE(std::equal(got.begin(), got.begin() + capacity, items.begin()));
        }
    }
}

CONQ_PROMISE(batches, take_all_that_is_there, unbounded) {
    typename Subject::template queue<int> q(0);
    const auto items = numbers(3'000);
    ASSERT_EQ(q.put_many(items.begin(), items.end()), (batch_result{3'000, status::ok}));
    EXPECT_EQ(q.size(), 3'000u);
    std::vector<int> got(4'000);
    ASSERT_EQ(q.get_many(got.begin(), 2'500), (batch_result{2'500, status::ok}));
    ASSERT_EQ(q.get_many(got.begin() + 2'500, 1'500), (batch_result{500, status::ok}));
    got.resize(3'000);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, items);
    EXPECT_EQ(q.unfinished(), 3'000u);
    q.task_done(3'000);
    q.join();
}

CONQ_PROMISE(batches, that_move_leave_what_was_not_put_as_it_was, bounded) {
    typename Subject::template queue<std::unique_ptr<int>> q(3);
    auto items = boxed_numbers(5);
    const auto put_rest = [&](std::ptrdiff_t from, auto... within) {
        return q.put_many(std::move_iterator(items.begin() + from), std::move_iterator(items.end()),
                          within...);
    };
    EXPECT_EQ(put_rest(0, conq::now), (batch_result{3, status::full}));
    EXPECT_EQ(put_rest(3, 1ms), (batch_result{0, status::timed_out}));
    EXPECT_EQ(put_rest(3, stopped_token()), (batch_result{0, status::stopped}));
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(items[i] == nullptr, i < 3) << i;
    std::vector<std::unique_ptr<int>> got;
    EXPECT_EQ(q.get_many(std::back_inserter(got), 9).count, 3u);
    EXPECT_EQ(put_rest(3), (batch_result{2, status::ok}));
    q.shutdown();
    items = boxed_numbers(5);
    EXPECT_EQ(put_rest(0), (batch_result{0, status::shut_down}));
    for (const auto& each : items) EXPECT_NE(each, nullptr);
    EXPECT_EQ(q.get_many(std::back_inserter(got), 9), (batch_result{2, status::ok}));
    std::ranges::sort(got, {}, [](const auto& each) { return *each; });
    for (int i = 0; i < 5; ++i) EXPECT_EQ(*got.at(static_cast<std::size_t>(i)), i);
}

CONQ_PROMISE(batches, move_from_lists_and_other_ranges_without_an_array, holds) {
    typename Subject::template queue<std::unique_ptr<int>> q(80);
    std::list<std::unique_ptr<int>> items;
    for (int i = 0; i < 100; ++i) items.push_back(std::make_unique<int>(i));
    const auto put =
        q.put_many(std::move_iterator(items.begin()), std::move_iterator(items.end()), conq::now);
    EXPECT_GE(put.count, 80u);
    EXPECT_EQ(put.count, q.size());
    std::uint64_t at = 0;
    for (const auto& each : items) EXPECT_EQ(each == nullptr, at++ < put.count);
    std::vector<std::unique_ptr<int>> got;
    EXPECT_EQ(q.get_many(std::back_inserter(got), 100).count, put.count);
    for (const auto& each : got) EXPECT_NE(each, nullptr);
}

CONQ_PROMISE(batches, copy_otherwise_and_leave_the_range_as_it_was, holds) {
    {
        typename Subject::template queue<conq::test::counted> q(4);
        std::vector<conq::test::counted> items;
        for (int i = 0; i < 4; ++i) items.emplace_back(i);
        EXPECT_EQ(q.put_many(items.begin(), items.end()).count, 4u);
        const std::list<conq::test::counted> more(items.begin(), items.end());
        EXPECT_LE(q.put_many(more.begin(), more.end(), conq::now).count, 4u);
        for (const auto& each : items) EXPECT_FALSE(each.is_moved_from);
        std::vector<conq::test::counted> got;
        EXPECT_GE(q.get_many(std::back_inserter(got), 3).count, 3u);
        for (const auto& each : got) EXPECT_FALSE(each.is_moved_from);
    }
    EXPECT_EQ(conq::test::counted::alive.load(), 0);
}

CONQ_PROMISE(batches, make_items_from_what_they_can_be_made_from, holds) {
    typename Subject::template queue<std::string> q(3);
    const char* const words[] = {"one", "two", "three"};
    EXPECT_EQ(q.put_many(std::begin(words), std::end(words)), (batch_result{3, status::ok}));
    std::vector<std::string> got;
    EXPECT_EQ(q.get_many(std::back_inserter(got), 3), (batch_result{3, status::ok}));
    std::ranges::sort(got);
    EXPECT_EQ(got, (std::vector<std::string>{"one", "three", "two"}));
    using strings = typename Subject::template queue<std::string>;
    using moved = std::move_iterator<const char**>;
    static_assert(conq::batch_of<const char**, const char**, std::string>);
    static_assert(!conq::batch_of<moved, moved, typename strings::value_type>,
                  "what is moved from is an item");
    using stream = std::istream_iterator<std::string>;
    static_assert(!conq::batch_of<stream, stream, std::string>, "can be read only once");
}

CONQ_PROMISE(batches, say_why_they_take_nothing, any) {
    typename Subject::template queue<int> q(4);
    std::array<int, 4> out{};
    EXPECT_EQ(q.get_many(out.begin(), 4, conq::now), (batch_result{0, status::empty}));
    EXPECT_EQ(q.get_many(out.begin(), 4, 1ms), (batch_result{0, status::timed_out}));
    EXPECT_EQ(q.get_many(out.begin(), 4, std::chrono::steady_clock::now()),
              (batch_result{0, status::timed_out}));
    EXPECT_EQ(q.get_many(out.begin(), 4, stopped_token()), (batch_result{0, status::stopped}));
    EXPECT_EQ(q.get_many(out.begin(), 4, 1h, stopped_token()), (batch_result{0, status::stopped}));
    q.shutdown();
    EXPECT_EQ(q.get_many(out.begin(), 4), (batch_result{0, status::shut_down}));
    EXPECT_EQ(q.get_many(out.begin(), 4, conq::now), (batch_result{0, status::shut_down}));
}

CONQ_PROMISE(batches, of_nothing_are_ok_unless_stopped, any) {
    typename Subject::template queue<int> q(1);
    int* const none = nullptr;
    EXPECT_EQ(q.put_many(none, none), (batch_result{0, status::ok}));
    EXPECT_EQ(q.get_many(none, 0), (batch_result{0, status::ok}));
    EXPECT_EQ(q.take_many(0).state(), status::ok);
    EXPECT_EQ(q.put_many(none, none, stopped_token()), (batch_result{0, status::stopped}));
    EXPECT_EQ(q.get_many(none, 0, stopped_token()), (batch_result{0, status::stopped}));
    q.shutdown();
    EXPECT_EQ(q.put_many(none, none), (batch_result{0, status::ok}));
}

CONQ_PROMISE(batches, a_stop_before_the_call_wins, holds) {
    typename Subject::template queue<int> q(4);
    const auto items = numbers(2);
    const auto stop = stopped_token();
    ASSERT_EQ(q.put_many(items.begin(), items.end()).status, status::ok);
    EXPECT_EQ(q.put_many(items.begin(), items.end(), stop), (batch_result{0, status::stopped}));
    int out = 0;
    EXPECT_EQ(q.get_many(&out, 1, stop), (batch_result{0, status::stopped}));
    EXPECT_EQ(q.get_many(std::front_inserter(*std::make_unique<std::list<int>>()), 1, stop),
              (batch_result{0, status::stopped}));
    const auto none = q.take_many(1, stop);
    EXPECT_FALSE(none);
    EXPECT_EQ(none.state(), status::stopped);
    EXPECT_EQ(q.size(), 2u);
}

CONQ_PROMISE(batches, a_past_deadline_tries_once, holds) {
    typename Subject::template queue<int> q(4);
    const auto items = numbers(3);
    const auto past = std::chrono::system_clock::now() - 1h;
    EXPECT_EQ(q.put_many(items.begin(), items.end(), past), (batch_result{3, status::ok}));
    int out = 0;
    EXPECT_EQ(q.get_many(&out, 1, past), (batch_result{1, status::ok}));
    EXPECT_EQ(q.take_many(4, -1s).size(), 2u);
    EXPECT_EQ(q.get_many(&out, 1, past), (batch_result{0, status::timed_out}));
}

CONQ_PROMISE(batches, the_limit_is_one_for_all_waits_of_a_call, bounded) {
    typename Subject::template queue<int> q(2);
    const auto items = numbers(1'000'000);
    std::atomic<bool> ends{false};
    std::jthread getter([&] {
        while (!ends) static_cast<void>(q.get_for(1ms));
    });
    // Each wait is far shorter than the limit; all waits together are longer.
    const batch_result put = q.put_many(items.begin(), items.end(), 20ms);
    ends = true;
    EXPECT_EQ(put.status, status::timed_out);
    EXPECT_LT(put.count, items.size());
}

CONQ_PROMISE(batches, a_put_waits_as_often_as_it_takes, bounded) {
    typename Subject::template queue<int> q(2);
    const auto items = numbers(1'000);
    std::vector<int> got;
    std::jthread getter([&] {
        while (const auto item = q.get()) got.push_back(*item);
    });
    EXPECT_EQ(q.put_many(items.begin(), items.end()), (batch_result{1'000, status::ok}));
    q.shutdown();
    getter.join();
    std::ranges::sort(got);
    EXPECT_EQ(got, items);
}

CONQ_PROMISE(batches, a_get_waits_for_the_first_item_only, any) {
    typename Subject::template queue<int> q(4);
    batch_result got;
    std::array<int, 4> out{};
    watched_thread getter([&] { got = q.get_many(out.begin(), 4); });
    getter.wait_until_asleep();
    ASSERT_EQ(q.put(7), status::ok);
    getter.join();
    EXPECT_EQ(got, (batch_result{1, status::ok}));
    EXPECT_EQ(out[0], 7);
}

CONQ_PROMISE(batches, a_shutdown_ends_a_put_that_waits_and_its_count_is_exact, bounded) {
    typename Subject::template queue<int> q(3);
    const auto items = numbers(5);
    batch_result put;
    watched_thread putter([&] { put = q.put_many(items.begin(), items.end()); });
    putter.wait_until_asleep();
    q.shutdown();
    putter.join();
    EXPECT_EQ(put, (batch_result{3, status::shut_down}));
    std::vector<int> got;
    EXPECT_EQ(q.get_many(std::back_inserter(got), 9), (batch_result{3, status::ok}));
    std::ranges::sort(got);
    EXPECT_EQ(got, numbers(3));
    EXPECT_EQ(q.get_many(std::back_inserter(got), 9), (batch_result{0, status::shut_down}));
}

CONQ_PROMISE(batches, a_stop_ends_the_waits, bounded) {
    typename Subject::template queue<int> q(3);
    const auto items = numbers(5);
    std::stop_source stop;
    batch_result got, put;
    std::array<int, 4> out{};
    watched_thread getter([&] { got = q.get_many(out.begin(), 4, 1h, stop.get_token()); });
    getter.wait_until_asleep();
    stop.request_stop();
    getter.join();
    EXPECT_EQ(got, (batch_result{0, status::stopped}));
    stop = std::stop_source();
    watched_thread putter([&] { put = q.put_many(items.begin(), items.end(), stop.get_token()); });
    putter.wait_until_asleep();
    stop.request_stop();
    putter.join();
    EXPECT_EQ(put, (batch_result{3, status::stopped}));
    EXPECT_EQ(q.size(), 3u);
}

CONQ_PROMISE(batches, wake_as_many_as_they_have_items_for, many | bounded) {
    typename Subject::template queue<int> q(3);
    const auto items = numbers(3);
    std::vector<std::unique_ptr<watched_thread>> waiting;
    const auto start = [&](auto call) {
        waiting.push_back(std::make_unique<watched_thread>(call));
        waiting.back()->wait_until_asleep();
    };
    for (int i = 0; i < 3; ++i) start([&] { EXPECT_TRUE(q.get()); });
    ASSERT_EQ(q.put_many(items.begin(), items.end()).count, 3u);
    waiting.clear();  // joins
    ASSERT_EQ(q.put_many(items.begin(), items.end()).count, 3u);
    for (int i = 0; i < 3; ++i) start([&] { EXPECT_EQ(q.put(9), status::ok); });
    std::array<int, 3> out{};
    ASSERT_EQ(q.get_many(out.begin(), 3).count, 3u);
    waiting.clear();
    EXPECT_EQ(q.take_many(3).size(), 3u);
}

CONQ_PROMISE(batches, between_many_threads_lose_and_double_nothing_and_keep_order, many) {
    using item = std::pair<int, int>;  // the putter, and the number of its put
    constexpr int each = 4'000;
    typename Subject::template queue<item> q(50);
    std::vector<std::vector<item>> got(3);
    {
        std::vector<std::jthread> putters, getters;
        for (auto& mine : got) {
            getters.emplace_back([&] {
                std::size_t max = 1;
                while (q.get_many(std::back_inserter(mine), max).count != 0) max = max % 90 + 1;
            });
        }
        for (int who = 0; who < 3; ++who) {
            putters.emplace_back([&q, who] {
                std::vector<item> items;
                for (int i = 0; i < each; ++i) items.emplace_back(who, i);
                for (auto at = items.begin(); at != items.end();) {
                    const auto some = std::min(items.end() - at, at - items.begin() + 1);
                    ASSERT_EQ(q.put_many(at, at + some).status, status::ok);
                    at += some;
                }
            });
        }
        putters.clear();
        q.shutdown();
    }
    std::vector<item> all;
    for (const auto& mine : got) {
        std::array<int, 3> last{-1, -1, -1};
        for (const auto& [who, number] : mine) {
            int& before = last.at(static_cast<std::size_t>(who));
            if ((Subject::capabilities & fifo) != 0) {
                ASSERT_GT(number, before);
            }
            before = number;
        }
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), 3u * each);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

CONQ_PROMISE(batches, come_out_as_the_order_of_the_type_says, lifo) {
    typename Subject::template queue<int> q(9);
    const auto items = numbers(3);
    ASSERT_EQ(q.put_many(items.begin(), items.end()).count, 3u);
    std::vector<int> got;
    ASSERT_EQ(q.get_many(std::back_inserter(got), 9).count, 3u);
    EXPECT_EQ(got, (std::vector{2, 1, 0}));
}
CONQ_PROMISE(batches, come_out_lowest_first, sorted) {
    typename Subject::template queue<int> q(9);
    const std::list<int> items{3, 1, 2};
    ASSERT_EQ(q.put_many(items.begin(), items.end()).count, 3u);
    std::vector<int> got;
    ASSERT_EQ(q.get_many(std::back_inserter(got), 9).count, 3u);
    EXPECT_EQ(got, (std::vector{1, 2, 3}));
}

TEST(delay_queue, batches_are_due_at_once_and_take_what_is_due) {
    conq::delay_queue<int> q;
    ASSERT_EQ(q.put_after(9, 1h), status::ok);
    const auto items = numbers(3);
    ASSERT_EQ(q.put_many(items.begin(), items.end()), (batch_result{3, status::ok}));
    std::array<int, 9> out{};
    EXPECT_EQ(q.get_many(out.begin(), 9, conq::now), (batch_result{3, status::ok}));
    EXPECT_TRUE(std::equal(items.begin(), items.end(), out.begin()));
    EXPECT_EQ(q.get_many(out.begin(), 9, conq::now), (batch_result{0, status::empty}));
    q.shutdown();
    EXPECT_EQ(q.get_many(out.begin(), 9, 1ms), (batch_result{0, status::timed_out}));
    EXPECT_EQ(q.size(), 1u);
}

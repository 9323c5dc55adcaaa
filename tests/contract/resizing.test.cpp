// SPDX-License-Identifier: BSL-1.0
// Promises of set_maxsize, and about memory that is given back.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "../support/thread_state.hpp"
#include "promises.hpp"
#include "testing/support/effort.hpp"

using conq::status;

using namespace conq::test;

CONQ_PROMISE(resizing, a_larger_maxsize_lets_waiting_puts_in, resizable) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(1), status::ok);
    status answer = status::busy;
    watched_thread putter([&] { answer = q.put(2); });
    putter.wait_until_asleep();
    q.set_maxsize(2);
    putter.join();
    EXPECT_EQ(answer, status::ok);
    EXPECT_EQ(q.maxsize(), 2u);
    EXPECT_TRUE(q.full());
    q.set_maxsize(0);
    EXPECT_FALSE(q.full());
    for (int i = 3; i <= 1000; ++i) ASSERT_EQ(q.try_put(i), status::ok);
    for (int i = 1; i <= 1000; ++i) ASSERT_EQ(q.try_get().value(), i);
}

CONQ_PROMISE(resizing, a_smaller_maxsize_keeps_what_is_in, resizable) {
    typename Subject::template queue<int> q(0);
    for (int i = 0; i < 600; ++i) ASSERT_EQ(q.put(i), status::ok);
    q.set_maxsize(3);
    EXPECT_TRUE(q.full());
    EXPECT_EQ(q.try_put(0), status::full);
    for (int i = 0; i < 598; ++i) ASSERT_EQ(q.try_get().value(), i);
    EXPECT_EQ(q.try_put(600), status::ok);
    EXPECT_EQ(q.try_put(601), status::full);
    EXPECT_EQ(q.size(), 3u);
    EXPECT_THROW(q.set_maxsize(-1), std::invalid_argument);
    EXPECT_THROW(q.set_maxsize((std::int64_t{1} << 31) + 1), std::invalid_argument);
    EXPECT_EQ(q.maxsize(), 3u);
}

CONQ_PROMISE(resizing, the_bound_holds_while_it_changes, resizable) {
    // However the bound changes between 1 and 8, the queue never holds more than 8 items.
    typename Subject::template queue<int> q(8);
    std::atomic<bool> ends{false};
    std::atomic<int> put{0}, got{0}, changes{0};
    {
        std::vector<std::jthread> threads;
        for (int p = 0; p < 2; ++p) {
            threads.emplace_back([&] {
                while (!ends) put += q.try_put(1) == status::ok ? 1 : 0;
            });
        }
        threads.emplace_back([&] {
            for (; !ends; ++changes) q.set_maxsize(1 + put % 8);
        });
        // On busy cores all looks may be over before the others have begun.
        for (int i = 0; i < 20'000 || put < 100 || changes < 100; ++i) {
            const auto size = q.size();
            EXPECT_LE(size, 8u);
            if (size > 8) break;
            got += q.try_get() ? 1 : 0;
        }
        ends = true;
    }
    q.shutdown();
    while (q.get()) ++got;
    EXPECT_EQ(got.load(), put.load());
}

CONQ_PROMISE(resizing, a_deep_backlog_comes_out_in_order_from_many_threads, unbounded | fifo) {
    constexpr int putters = 2;
    const auto each =
        static_cast<int>(std::max<std::uint64_t>(10'000, conq::testing::scaled(100'000)));
    typename Subject::template queue<std::pair<int, int>> q(0);
    for (int round = 0; round < 3; ++round) {
        {
            std::vector<std::jthread> threads;
            for (int p = 0; p < putters; ++p) {
                threads.emplace_back([&, p] {
                    for (int i = 0; i < each; ++i) ASSERT_EQ(q.put({p, i}), status::ok);
                });
            }
        }
        ASSERT_EQ(q.size(), static_cast<std::uint64_t>(putters * each));
        std::atomic<int> count{0};
        std::vector<std::jthread> getters;
        for (int g = 0; g < 2; ++g) {
            getters.emplace_back([&] {
                std::vector<int> last(putters, -1);
                while (auto item = q.try_get()) {
                    auto& before = last[static_cast<std::size_t>(item->first)];
                    ASSERT_LT(before, item->second);
                    before = item->second;
                    ++count;
                }
            });
        }
        getters.clear();
        // try_get may return busy while another getter changes segments; get never does.
        while (!q.empty()) {
            static_cast<void>(q.get());
            ++count;
        }
        ASSERT_EQ(count.load(), putters * each);
        q.trim();
    }
}

// SPDX-License-Identifier: BSL-1.0
// Promises about items that throw, and about misuse.
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "promises.hpp"

using conq::status;

using namespace conq::test;

CONQ_PROMISE(exceptions, a_copy_that_throws_puts_nothing, holds) {
    throwing::throws_on_copy = throwing::throws_on_move = false;
    typename Subject::template queue<throwing> q(3);
    const throwing item(1);
    ASSERT_EQ(q.put(item), status::ok);
    throwing::throws_on_copy = true;
    EXPECT_THROW(q.put(item), std::runtime_error);
    EXPECT_THROW(static_cast<void>(q.try_put(item)), std::runtime_error);
    throwing::throws_on_copy = false;
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.unfinished(), 1u);
    ASSERT_EQ(q.put(item), status::ok);
    EXPECT_EQ(q.size(), 2u);
}

CONQ_PROMISE(exceptions, a_move_that_throws_puts_nothing, holds) {
    throwing_move_only::throws = false;
    typename Subject::template queue<throwing_move_only> q(3);
    throwing_move_only item(1);
    throwing_move_only::throws = true;
    EXPECT_THROW(q.put(std::move(item)), std::runtime_error);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_EQ(q.unfinished(), 0u);
    throwing_move_only::throws = false;
    EXPECT_EQ(item.value, 1);
    ASSERT_EQ(q.put(std::move(item)), status::ok);
    EXPECT_EQ(q.get()->value, 1);
}

CONQ_PROMISE(exceptions, a_move_that_throws_takes_nothing, holds) {
    throwing_move_only::throws = false;
    typename Subject::template queue<throwing_move_only> q(3);
    q.emplace(1);
    q.emplace(2);
    throwing_move_only::throws = true;
    EXPECT_THROW(static_cast<void>(q.get()), std::runtime_error);
    EXPECT_THROW(static_cast<void>(q.try_take()), std::runtime_error);
    throwing_move_only::throws = false;
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.unfinished(), 2u);
    const int got = q.get()->value;
    EXPECT_EQ(got + q.take()->value, 3);
    q.task_done();
    q.join();
}

CONQ_PROMISE(exceptions, an_emplace_that_throws_puts_nothing, holds) {
    struct picky {
        int value;
        explicit picky(int v) : value(v) {
            if (v < 0) throw std::invalid_argument("negative");
        }
    };
    typename Subject::template queue<picky> q(3);
    ASSERT_EQ(q.emplace(1), status::ok);
    EXPECT_THROW(q.emplace(-1), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(q.try_emplace(-1)), std::invalid_argument);
    ASSERT_EQ(q.try_emplace(2), status::ok);
    const int got = q.get()->value;
    EXPECT_EQ(got + q.get()->value, 3);
    EXPECT_EQ(q.unfinished(), 2u);
}

CONQ_PROMISE(exceptions, a_throwing_item_wakes_and_reaches_waiting_threads, many) {
    throwing::throws_on_copy = throwing::throws_on_move = false;
    typename Subject::template queue<throwing> q(2);
    std::atomic<int> sum{0};
    {
        std::vector<std::jthread> threads;
        for (int g = 0; g < 2; ++g) {
            threads.emplace_back([&] {
                for (auto& item : q) sum += item->value;
            });
        }
        for (int i = 1; i <= 1000; ++i) ASSERT_EQ(q.put(throwing(i)), status::ok);
        q.join();
        q.shutdown();
    }
    EXPECT_EQ(sum.load(), 500'500);
}

#if CONQ_CHECKED
// Destroys a queue of two slots while a call waits on it. First runs `prepare` on this thread.
template <class Queue, class Prepare, class Call> void destroy_under(Prepare prepare, Call call) {
    auto q = std::make_unique<Queue>(2);
    prepare(*q);
    const watched_thread waiting([&queue = *q, call] { call(queue); });
    waiting.wait_until_asleep();
    destroy(q);
}
constexpr auto no_preparation = [](auto&) {};
constexpr auto fill = [](auto& q) {
    while (q.try_put(1) == status::ok) {
    }
};

CONQ_PROMISE(exceptions, destroying_a_queue_while_somebody_waits_is_reported, any) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    using queue = typename Subject::template queue<int>;
    constexpr auto get = [](queue& q) { static_cast<void>(q.get()); };
    constexpr auto put = [](queue& q) { static_cast<void>(q.put(1)); };
    constexpr auto join = [](queue& q) { q.join(); };
    EXPECT_DEATH(destroy_under<queue>(no_preparation, get), "destroyed while somebody waits");
    EXPECT_DEATH(destroy_under<queue>(fill, put), "destroyed while somebody waits");
    if constexpr ((Subject::capabilities & holds) != 0) {
        EXPECT_DEATH(destroy_under<queue>(fill, join), "destroyed while somebody (waits|joins)");
    }
}

CONQ_PROMISE(exceptions, destroying_a_queue_under_a_lease_is_reported, holds) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    using queue = typename Subject::template queue<int>;
    EXPECT_DEATH(
        {
            auto q = std::make_unique<queue>(1);
            static_cast<void>(q->put(1));
            const auto task = q->take();
            destroy(q);
        },
        "destroyed while a lease");
}

TEST(spsc_queue, a_second_thread_on_a_side_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    using queue = conq::spsc_queue<int>;
    const auto meet = [](auto prepare, auto waits, auto meets) {
        queue q(1);
        prepare(q);
        conq::test::watched_thread waiting([&] { waits(q); });
        waiting.wait_until_asleep();
        meets(q);
    };
    constexpr auto get = [](queue& q) { static_cast<void>(q.get()); };
    constexpr auto put = [](queue& q) { static_cast<void>(q.put(1)); };
    constexpr auto try_get = [](queue& q) { static_cast<void>(q.try_get()); };
    constexpr auto try_put = [](queue& q) { static_cast<void>(q.try_put(1)); };
    EXPECT_DEATH(meet(no_preparation, get, try_get), "two threads get from an spsc_queue");
    EXPECT_DEATH(meet(fill, put, try_put), "two threads put into an spsc_queue");
}

#endif

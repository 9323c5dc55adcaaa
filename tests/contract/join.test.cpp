// SPDX-License-Identifier: BSL-1.0
// Promises of task_done and join.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/thread_state.hpp"
#include "promises.hpp"
#include "testing/support/effort.hpp"

using namespace std::chrono_literals;
using conq::status;

using namespace conq::test;

CONQ_PROMISE(join, returns_at_once_when_nothing_was_put, any) {
    typename Subject::template queue<int> q(1);
    q.join();
    EXPECT_EQ(q.join_for(-1s), status::ok);
    EXPECT_EQ(q.try_join(), status::ok);
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(join, waits_for_the_last_task_done, holds) {
    typename Subject::template queue<int> q(2);
    ASSERT_EQ(q.put(1), status::ok);
    ASSERT_EQ(q.put(2), status::ok);
    EXPECT_EQ(q.unfinished(), 2u);
    watched_thread joiner([&] { q.join(); });
    joiner.wait_until_asleep();
    static_cast<void>(q.get());
    q.task_done();
    EXPECT_EQ(q.try_join(), status::busy);
    EXPECT_FALSE(joiner.has_ended());
    static_cast<void>(q.get());
    EXPECT_EQ(q.unfinished(), 1u) << "an item handed out is unfinished";
    q.task_done();
    joiner.join();
    EXPECT_EQ(q.try_join(), status::ok);
}

CONQ_PROMISE(join, releases_every_joiner, holds) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(1), status::ok);
    std::vector<std::unique_ptr<watched_thread>> joiners;
    for (int i = 0; i < 4; ++i) {
        joiners.push_back(std::make_unique<watched_thread>([&] { q.join(); }));
    }
    for (auto& joiner : joiners) joiner->wait_until_asleep();
    q.task_done();
    joiners.clear();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(join, task_done_counts_several_at_once, holds) {
    typename Subject::template queue<int> q(5);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(q.put(i), status::ok);
    q.task_done(3);
    EXPECT_EQ(q.unfinished(), 2u);
    q.task_done(0);
    q.task_done(2);
    q.join();
}

CONQ_PROMISE(join, task_done_too_often_fails_and_changes_nothing, holds) {
    typename Subject::template queue<int> q(2);
    EXPECT_THROW(q.task_done(), std::logic_error);
    ASSERT_EQ(q.put(1), status::ok);
    EXPECT_THROW(q.task_done(2), std::logic_error);
    EXPECT_THROW(q.task_done(~std::uint64_t{0}), std::logic_error);
    EXPECT_EQ(q.unfinished(), 1u);
    q.task_done();
    try {
        q.task_done();
        FAIL() << "one task_done too many was accepted";
    } catch (const std::logic_error& error) {
        EXPECT_NE(std::string(error.what()).find("task_done"), std::string::npos);
    }
    EXPECT_EQ(q.unfinished(), 0u);
    q.join();
}

// Added to the count of done items, numbers this large wrap: they give less than that count, or as
// many as were put.
CONQ_PROMISE(join, task_done_for_a_number_that_wraps_fails_and_changes_nothing, holds) {
    typename Subject::template queue<int> q(2);
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(q.put(i), status::ok);
        static_cast<void>(q.get());
        q.task_done();
    }
    for (std::uint64_t items = 0 - std::uint64_t{3}; items != 0; ++items) {
        ASSERT_THROW(q.task_done(items), std::logic_error) << items;
        ASSERT_EQ(q.unfinished(), 0u);
    }
    EXPECT_EQ(q.try_join(), status::ok);
}

CONQ_PROMISE(join, a_task_that_puts_children_before_its_end_never_ends_join_early, holds | many) {
    for (int round = 0; round < 30; ++round) {
        typename Subject::template queue<int> q(200);
        std::atomic<int> processed{0};
        std::vector<std::jthread> workers;
        for (int w = 0; w < 3; ++w) {
            workers.emplace_back([&] {
                for (auto& depth : q) {
                    if (*depth > 0) {
                        static_cast<void>(q.put(*depth - 1));
                        static_cast<void>(q.put(*depth - 1));
                    }
                    ++processed;
                }
            });
        }
        ASSERT_EQ(q.put(5), status::ok);
        q.join();
        ASSERT_EQ(processed.load(), 63) << "2^6 - 1 tasks";
        q.shutdown();
    }
}

// The suite teardown tests this at length.
CONQ_PROMISE(join, join_then_destroy_is_safe, holds | many) {
    for (auto rounds = conq::testing::scaled(2'000); rounds != 0; --rounds) {
        auto q = std::make_unique<typename Subject::template queue<int>>(2);
        ASSERT_EQ(q->put(1), status::ok);
        ASSERT_EQ(q->put(2), status::ok);
        std::jthread first([&queue = *q] {
            static_cast<void>(queue.get());
            queue.task_done();
        });
        std::jthread second([&queue = *q] {
            static_cast<void>(queue.get());
            queue.task_done();
        });
        q->join();
        destroy(q);  // while threads may still be returning from task_done
    }
}

CONQ_PROMISE(join, many_joiners_and_rounds, any) {
    typename Subject::template queue<int> q(8);
    std::jthread worker([&] {
        for (auto& task : q) static_cast<void>(*task);
    });
    for (int round = 0; round < 500; ++round) {
        for (int i = 0; i < 5; ++i) ASSERT_EQ(q.put(i), status::ok);
        std::jthread other([&] { q.join(); });
        q.join();
        ASSERT_EQ(q.unfinished(), 0u);
    }
    q.shutdown();
}

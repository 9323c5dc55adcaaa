// SPDX-License-Identifier: BSL-1.0
// Promises of leases and of the range over a queue.
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "promises.hpp"

using namespace std::chrono_literals;
using conq::status;

using namespace conq::test;

CONQ_PROMISE(leases, done_counts_the_item_and_empties_the_lease, holds) {
    typename Subject::template queue<int> q(2);
    ASSERT_EQ(q.put(4), status::ok);
    auto task = q.take();
    ASSERT_TRUE(task);
    EXPECT_EQ(task.state(), status::ok);
    EXPECT_EQ(*task, 4);
    EXPECT_EQ(q.unfinished(), 1u);
    task.done();
    EXPECT_FALSE(task);
    EXPECT_EQ(task.state(), status::empty);
    EXPECT_EQ(q.unfinished(), 0u);
    task.done();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(leases, a_dropped_lease_counts_as_done, holds) {
    typename Subject::template queue<int> q(2);
    ASSERT_EQ(q.put(1), status::ok);
    try {
        const auto task = q.take();
        throw std::runtime_error("the work failed");
    } catch (const std::runtime_error&) {
    }
    q.join();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(leases, release_hands_over_the_item_and_the_duty, holds) {
    typename Subject::template queue<std::string> q(2);
    ASSERT_EQ(q.put("text"), status::ok);
    {
        auto task = q.take();
        EXPECT_EQ(task->size(), 4u);
        EXPECT_EQ(task.release(), "text");
        EXPECT_FALSE(task);
        EXPECT_THROW(static_cast<void>(task.release()), conq::bad_result_access);
    }
    EXPECT_EQ(q.unfinished(), 1u);
    q.task_done();
    q.join();
}

CONQ_PROMISE(leases, a_moved_lease_counts_once, holds) {
    typename Subject::template queue<int> q(3);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(q.put(i), status::ok);
    {
        auto first = q.take();
        auto second = std::move(first);
        EXPECT_EQ(q.unfinished(), 3u);
        second = q.take();  // drops item 0
        EXPECT_EQ(q.unfinished(), 2u);
        EXPECT_EQ(*second, 1);
    }
    EXPECT_EQ(q.unfinished(), 1u);
    static_cast<void>(q.take());
    q.join();
}

CONQ_PROMISE(leases, an_empty_lease_says_why, any) {
    typename Subject::template queue<int> q(1);
    EXPECT_EQ(q.try_take().state(), status::empty);
    EXPECT_EQ(q.take_for(1ms).state(), status::timed_out);
    q.shutdown();
    const auto none = q.take();
    EXPECT_FALSE(none);
    EXPECT_EQ(none.state(), status::shut_down);
}

CONQ_PROMISE(leases, the_item_is_destroyed_before_it_counts_as_done, holds) {
    // A task that puts from its destructor is the strictest test: the child must be counted before
    // its parent is done.
    struct parent {
        typename Subject::template queue<int>* children = nullptr;
        explicit parent(typename Subject::template queue<int>* to) : children(to) {}
        parent(parent&& other) noexcept : children(std::exchange(other.children, nullptr)) {}
        ~parent() {
            if (children != nullptr) static_cast<void>(children->put(1));
        }
    };
    typename Subject::template queue<int> children(1);
    typename Subject::template queue<parent> q(1);
    ASSERT_EQ(q.emplace(&children), status::ok);
    q.take().done();
    EXPECT_EQ(children.size(), 1u);
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(leases, a_range_visits_every_item_and_ends_at_shutdown, holds) {
    typename Subject::template queue<int> q(10);
    for (int i = 0; i < 10; ++i) ASSERT_EQ(q.put(i), status::ok);
    q.shutdown();
    std::set<int> seen;
    for (auto& task : q) {
        EXPECT_EQ(q.unfinished(), 10 - seen.size());
        seen.insert(*task);
    }
    EXPECT_EQ(seen.size(), 10u);
    q.join();
}

CONQ_PROMISE(leases, break_and_exceptions_in_a_range_drop_the_lease, holds) {
    typename Subject::template queue<int> q(3);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(q.put(i), status::ok);
    for (auto& task : q) {
        static_cast<void>(*task);
        break;
    }
    EXPECT_EQ(q.unfinished(), 2u);
    try {
        for (auto& task : q) throw std::runtime_error(std::to_string(*task));
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "1");
    }
    EXPECT_EQ(q.unfinished(), 1u);
    static_cast<void>(q.take());
    q.join();
}

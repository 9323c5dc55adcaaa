// SPDX-License-Identifier: BSL-1.0
// Promises of take_many and its lease, and promises about batches whose items throw.
#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
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

template <class Queue> void fill(Queue& q, int count) {
    for (int i = 0; i < count; ++i) ASSERT_EQ(q.emplace(i), status::ok);
}

// An item whose copy constructor throws if the value is negative.
struct picky {
    int value;
    explicit picky(int v) noexcept : value(v) {}
    picky(const picky& other) : value(other.value) {
        if (value < 0) throw std::runtime_error("a copy");
    }
    picky(picky&&) noexcept = default;
    picky& operator=(picky&&) noexcept = default;
};
// The same, but because its move may throw it goes into a locked buffer.
struct picky_on_the_move : picky {
    using picky::picky;
    picky_on_the_move(const picky_on_the_move&) = default;
    picky_on_the_move(picky_on_the_move&& other) noexcept(false) : picky(std::move(other)) {}
    picky_on_the_move& operator=(picky_on_the_move&&) = default;
};

// An output iterator that writes into a vector, and throws at the third write.
struct breaking_output {
    using difference_type = std::ptrdiff_t;
    std::vector<int>* to;
    breaking_output& operator*() { return *this; }
    breaking_output& operator++() { return *this; }
    breaking_output operator++(int) { return *this; }
    void operator=(int value) {
        if (to->size() == 2) throw std::length_error("the output is full");
        to->push_back(value);
    }
};

// Puts a range whose item at `bad` throws when it is copied, and checks what the queue holds in the
// end.
template <class Queue> void put_with_a_bad_one(std::size_t count, std::size_t bad) {
    using item = typename Queue::value_type;
    Queue q(static_cast<int>(count));
    std::vector<item> items;
    items.reserve(count);
    for (std::size_t i = 0; i < count; ++i) items.emplace_back(i == bad ? -1 : 1);
    std::uint64_t put = 0;
    EXPECT_THROW(
        for (;;) {
            const auto first = items.begin() + static_cast<std::ptrdiff_t>(put);
            const batch_result done = q.put_many(first, items.end());
            ASSERT_EQ(done.status, status::busy);
            ASSERT_GT(done.count, 0u);
            put += done.count;
            ASSERT_EQ(q.size(), put);
        },
        std::runtime_error);
    EXPECT_LE(put, bad);
    EXPECT_EQ(q.size(), put);
    EXPECT_EQ(q.unfinished(), put);
    EXPECT_EQ(items[bad].value, -1);
}

}  // namespace

CONQ_PROMISE(batch_leases, done_counts_all_items_and_empties_the_batch, holds) {
    typename Subject::template queue<int> q(5);
    fill(q, 5);
    auto tasks = q.take_many(4);
    ASSERT_TRUE(tasks);
    EXPECT_EQ(tasks.state(), status::ok);
    EXPECT_EQ(tasks.size(), 4u);
    EXPECT_FALSE(tasks.empty());
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.unfinished(), 5u);
    tasks.done();
    EXPECT_FALSE(tasks);
    EXPECT_TRUE(tasks.empty());
    EXPECT_EQ(tasks.state(), status::empty);
    EXPECT_EQ(q.unfinished(), 1u);
    tasks.done();
    EXPECT_EQ(q.unfinished(), 1u);
}

CONQ_PROMISE(batch_leases, hold_the_items_in_the_order_in_which_they_came_out, fifo | holds) {
    typename Subject::template queue<int> q(5);
    fill(q, 5);
    auto tasks = q.take_many(9);
    int expected = 0;
    for (int& each : tasks) EXPECT_EQ(each, expected++);
    EXPECT_EQ(expected, 5);
    const auto& seen = tasks;
    for (const int& each : seen) EXPECT_EQ(each, seen[static_cast<std::size_t>(each)]);
    tasks[2] = 7;
    EXPECT_EQ(seen[2], 7);
}

CONQ_PROMISE(batch_leases, a_dropped_batch_counts_as_done, holds) {
    typename Subject::template queue<int> q(3);
    fill(q, 3);
    try {
        for (const int task : q.take_many(3)) throw std::runtime_error(std::to_string(task));
    } catch (const std::runtime_error&) {
    }
    q.join();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(batch_leases, release_hands_over_the_items_and_the_duty, holds) {
    typename Subject::template queue<std::string> q(3);
    for (const char* each : {"a", "b", "c"}) ASSERT_EQ(q.emplace(each), status::ok);
    {
        auto tasks = q.take_many(3);
        EXPECT_EQ(tasks.release().size(), 3u);
        EXPECT_FALSE(tasks);
        EXPECT_EQ(tasks.state(), status::empty);
        EXPECT_EQ(tasks.release().size(), 0u);
    }
    EXPECT_EQ(q.unfinished(), 3u);
    q.task_done(3);
    q.join();
}

CONQ_PROMISE(batch_leases, a_moved_batch_counts_once, holds) {
    typename Subject::template queue<int> q(5);
    fill(q, 5);
    {
        auto first = q.take_many(2);
        auto second = std::move(first);
        EXPECT_EQ(q.unfinished(), 5u);
        second = q.take_many(1);  // drops the first two items
        EXPECT_EQ(q.unfinished(), 3u);
        EXPECT_EQ(second.size(), 1u);
        auto& same = second;
        second = std::move(same);
        EXPECT_EQ(second.size(), 1u);
    }
    EXPECT_EQ(q.unfinished(), 2u);
    static_cast<void>(q.take_many(9));
    q.join();
}

CONQ_PROMISE(batch_leases, an_empty_batch_says_why, any) {
    typename Subject::template queue<int> q(1);
    EXPECT_EQ(q.take_many(2, conq::now).state(), status::empty);
    EXPECT_EQ(q.take_many(2, 1ms).state(), status::timed_out);
    q.shutdown();
    const auto none = q.take_many(2);
    EXPECT_FALSE(none);
    EXPECT_EQ(none.state(), status::shut_down);
}

CONQ_PROMISE(batch_leases, wait_for_the_first_item, any) {
    typename Subject::template queue<int> q(4);
    watched_thread taker([&] { EXPECT_EQ(q.take_many(4).size(), 1u); });
    taker.wait_until_asleep();
    ASSERT_EQ(q.put(7), status::ok);
    taker.join();
    q.join();
}

CONQ_PROMISE(batch_leases, the_items_are_destroyed_before_they_count_as_done, holds) {
    // As with leases, tasks that put from their destructors are the strictest test.
    struct parent {
        typename Subject::template queue<int>* children = nullptr;
        explicit parent(typename Subject::template queue<int>* to) : children(to) {}
        parent(parent&& other) noexcept : children(std::exchange(other.children, nullptr)) {}
        ~parent() {
            if (children != nullptr) static_cast<void>(children->put(1));
        }
    };
    typename Subject::template queue<int> children(2);
    typename Subject::template queue<parent> q(2);
    ASSERT_EQ(q.emplace(&children), status::ok);
    ASSERT_EQ(q.emplace(&children), status::ok);
    q.take_many(2).done();
    EXPECT_EQ(children.size(), 2u);
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(batch_leases, a_copy_that_throws_ends_the_batch_and_no_count_is_lost, holds) {
    using queue = typename Subject::template queue<picky>;
    using locked_queue = typename Subject::template queue<picky_on_the_move>;
    for (const std::size_t bad : {0u, 2u, 3u}) {
        put_with_a_bad_one<queue>(4, bad);
        put_with_a_bad_one<locked_queue>(4, bad);
    }
    put_with_a_bad_one<queue>(200, 150);
    put_with_a_bad_one<locked_queue>(200, 150);
}

CONQ_PROMISE(batch_leases, a_move_that_throws_puts_and_takes_nothing, holds) {
    throwing_move_only::throws = false;
    typename Subject::template queue<throwing_move_only> q(3);
    std::array<throwing_move_only, 2> items{throwing_move_only(1), throwing_move_only(2)};
    const auto put = [&] {
        return q.put_many(std::move_iterator(items.begin()), std::move_iterator(items.end()));
    };
    throwing_move_only::throws = true;
    EXPECT_THROW(static_cast<void>(put()), std::runtime_error);
    EXPECT_EQ(q.unfinished(), 0u);
    throwing_move_only::throws = false;
    EXPECT_EQ(put(), (batch_result{2, status::ok}));
    throwing_move_only::throws = true;
    EXPECT_THROW(static_cast<void>(q.take_many(2)), std::runtime_error);
    throwing_move_only::throws = false;
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.unfinished(), 2u);
    const auto tasks = q.take_many(2);
    ASSERT_EQ(tasks.size(), 2u);
    EXPECT_EQ(tasks[0].value + tasks[1].value, 3);
}

CONQ_PROMISE(batch_leases, what_an_output_that_throws_has_not_taken_counts_as_done, holds) {
    typename Subject::template queue<int> q(5);
    fill(q, 5);
    std::vector<int> got;
    EXPECT_THROW(static_cast<void>(q.get_many(breaking_output{&got}, 4)), std::length_error);
    EXPECT_EQ(got.size(), 2u);
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.unfinished(), 3u);
    q.task_done(got.size());
    static_cast<void>(q.take());
    q.join();
}

#if CONQ_CHECKED
CONQ_PROMISE(batch_leases, destroying_a_queue_under_a_batch_is_reported, holds) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    using queue = typename Subject::template queue<int>;
    EXPECT_DEATH(
        {
            auto q = std::make_unique<queue>(1);
            static_cast<void>(q->put(1));
            const auto tasks = q->take_many(1);
            destroy(q);
        },
        "destroyed while a lease");
}

TEST(spsc_queue, a_second_thread_on_a_side_is_reported_of_batches_too) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    using queue = conq::spsc_queue<int>;
    static std::array<int, 3> some{};
    const auto meet = [](auto waits, auto meets) {
        queue q(1);
        waits(q, true);
        conq::test::watched_thread waiting([&] { waits(q, false); });
        waiting.wait_until_asleep();
        meets(q);
    };
    constexpr auto get = [](queue& q, bool prepares) {
        if (!prepares) static_cast<void>(q.get_many(some.begin(), 1));
    };
    constexpr auto put = [](queue& q, bool prepares) {
        static_cast<void>(q.put_many(some.begin(), some.begin() + (prepares ? 1 : 2)));
    };
    constexpr auto try_get = [](queue& q) { static_cast<void>(q.try_get()); };
    constexpr auto try_put = [](queue& q) { static_cast<void>(q.try_put(1)); };
    EXPECT_DEATH(meet(get, try_get), "two threads get from an spsc_queue");
    EXPECT_DEATH(meet(put, try_put), "two threads put into an spsc_queue");
}
#endif

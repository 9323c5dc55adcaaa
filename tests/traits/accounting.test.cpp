// SPDX-License-Identifier: BSL-1.0
// What traits promise about accounting::none: no count, nothing paid for one, the same consumers.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "../support/thread_state.hpp"
#include "conq/conq.hpp"

namespace {

using conq::status;

struct uncounted : conq::default_traits {
    using accounting = conq::accounting::none;
};

template <class T, class Traits>
using basic_sorted_queue = conq::basic_priority_queue<T, std::less<T>, Traits>;

template <template <class, class> class Queue> struct family {
    template <class T> using queue = Queue<T, uncounted>;
    template <class T> using counted_queue = Queue<T, conq::default_traits>;
};
template <class Family> class without_a_count : public ::testing::Test {};
using families = ::testing::Types<family<conq::basic_bounded_queue>, family<conq::basic_queue>,
                                  family<conq::basic_locked_queue>, family<conq::basic_lifo_queue>,
                                  family<conq::basic_spsc_queue>, family<conq::basic_delay_queue>,
                                  family<basic_sorted_queue>>;
TYPED_TEST_SUITE(without_a_count, families);

template <class Queue>
concept has_join = requires(Queue& queue) { queue.join(); };
template <class Queue>
concept has_join_for = requires(Queue& queue) { queue.join_for(std::chrono::seconds(1)); };
template <class Queue>
concept has_try_join = requires(Queue& queue) { queue.try_join(); };
template <class Queue>
concept has_task_done = requires(Queue& queue) { queue.task_done(); };
template <class Queue>
concept has_unfinished = requires(Queue& queue) { queue.unfinished(); };

TYPED_TEST(without_a_count, there_are_no_calls_that_would_need_one) {
    using none = typename TypeParam::template queue<int>;
    using exact = typename TypeParam::template counted_queue<int>;
    EXPECT_FALSE(has_join<none> || has_join_for<none> || has_try_join<none>);
    EXPECT_FALSE(has_task_done<none> || has_unfinished<none>);
    EXPECT_FALSE(conq::work_queue<none>);
    EXPECT_TRUE(has_join<exact> && has_join_for<exact> && has_try_join<exact>);
    EXPECT_TRUE(has_task_done<exact> && has_unfinished<exact>);
    EXPECT_TRUE(conq::counted_queue<exact>);
}

TYPED_TEST(without_a_count, take_and_range_for_go_on_until_the_shutdown_is_drained) {
    typename TypeParam::template queue<int> queue(10);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(queue.put(i), status::ok);
    queue.shutdown();
    std::set<int> seen;
    for (auto& task : queue) seen.insert(*task);
    EXPECT_EQ(seen, (std::set{0, 1, 2}));
    EXPECT_EQ(queue.take().state(), status::shut_down);
}

TYPED_TEST(without_a_count, done_destroys_the_item_and_a_lease_may_outlive_the_queue) {
    const auto watched = std::make_shared<int>(1);
    using queue_type = typename TypeParam::template queue<std::shared_ptr<int>>;
    std::optional<queue_type> queue(10);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(queue->put(watched), status::ok);
    auto first = queue->take(), second = queue->take(), third = queue->take();
    EXPECT_EQ(watched.use_count(), 4);
    first.done();
    EXPECT_EQ(watched.use_count(), 3);
    EXPECT_EQ(third.release(), watched);
    queue.reset();
    second.done();
    EXPECT_EQ(watched.use_count(), 1);
}

TYPED_TEST(without_a_count, batches_are_the_same_and_may_outlive_the_queue) {
    const auto watched = std::make_shared<int>(1);
    using queue_type = typename TypeParam::template queue<std::shared_ptr<int>>;
    std::optional<queue_type> queue(10);
    const std::array items{watched, watched, watched, watched};
    ASSERT_EQ(queue->put_many(items.begin(), items.end()).count, 4u);
    EXPECT_EQ(watched.use_count(), 9);
    auto first = queue->take_many(2), second = queue->take_many(1);
    std::shared_ptr<int> third;
    EXPECT_EQ(queue->get_many(&third, 5).count, 1u);
    EXPECT_EQ(third, watched);
    first.done();
    EXPECT_EQ(watched.use_count(), 7);
    EXPECT_EQ(second.release().size(), 1u);
    queue.reset();
    EXPECT_EQ(watched.use_count(), 6);
}

TYPED_TEST(without_a_count, an_immediate_shutdown_drops_what_is_in) {
    typename TypeParam::template queue<int> queue(10);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(queue.put(i), status::ok);
    queue.shutdown(conq::immediate);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.get().state(), status::shut_down);
}

TYPED_TEST(without_a_count, waiting_calls_wait_and_are_woken) {
    typename TypeParam::template queue<int> queue(1);
    conq::test::watched_thread getter([&] { EXPECT_EQ(queue.get().value(), 7); });
    getter.wait_until_asleep();
    ASSERT_EQ(queue.put(7), status::ok);
    getter.join();
    ASSERT_EQ(queue.put(8), status::ok);
    conq::test::watched_thread putter([&] { EXPECT_EQ(queue.put(9), status::ok); });
    putter.wait_until_asleep();
    EXPECT_EQ(queue.get().value(), 8);
    putter.join();
    EXPECT_EQ(queue.get().value(), 9);
}

TEST(a_rendezvous_without_a_count, hands_over_all_the_same) {
    using none = conq::basic_rendezvous<int, uncounted>;
    EXPECT_FALSE(has_join<none> || has_join_for<none> || has_try_join<none>);
    EXPECT_FALSE(has_task_done<none> || has_unfinished<none> || conq::work_queue<none>);
    none queue;
    std::set<int> seen;
    conq::test::watched_thread getter([&] {
        for (auto& task : queue) seen.insert(*task);
    });
    for (int i = 0; i < 3; ++i) ASSERT_EQ(queue.put(i), status::ok);
    getter.wait_until_asleep();
    queue.shutdown(conq::immediate);
    getter.join();
    EXPECT_EQ(seen, (std::set{0, 1, 2}));
    EXPECT_LT(sizeof(none), sizeof(conq::rendezvous<int>));
}

TEST(without_a_count_at_all, nothing_is_stored_for_it) {
    EXPECT_LT(sizeof(conq::basic_queue<int, uncounted>), sizeof(conq::queue<int>));
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// The proposal's names before conq's own queues.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

#include "../support/items.hpp"
#include "conq/lifo_queue.hpp"
#include "conq/p0260.hpp"
#include "conq/priority_queue.hpp"

namespace {

using conq::p0260::adaptor;
using conq::p0260::conqueue_status;
using conq::test::throwing;

template <class Queue> Queue make() {
    if constexpr (std::is_default_constructible_v<Queue>) {
        return Queue();
    } else {
        return Queue(8);
    }
}

template <class Queue> class adapted : public ::testing::Test {};
using queues = ::testing::Types<conq::bounded_queue<int>, conq::queue<int>, conq::lifo_queue<int>,
                                conq::priority_queue<int>>;
TYPED_TEST_SUITE(adapted, queues);

TYPED_TEST(adapted, models_concurrent_queue) {
    static_assert(conq::p0260::concurrent_queue<adaptor<TypeParam>>);
}

TYPED_TEST(adapted, pushes_and_pops_until_closed_and_drained) {
    TypeParam mine = make<TypeParam>();
    adaptor theirs(mine);
    ASSERT_TRUE(theirs.push(1));
    ASSERT_TRUE(theirs.emplace(2));
    ASSERT_EQ(theirs.try_push(3), conqueue_status::success);
    theirs.close();
    EXPECT_TRUE(mine.is_shut_down());
    EXPECT_FALSE(theirs.push(4));
    std::set<int> popped{theirs.pop().value(), theirs.try_pop().value()};
    popped.insert(theirs.pop().value());
    EXPECT_EQ(popped, (std::set{1, 2, 3}));
    EXPECT_EQ(theirs.pop(), std::nullopt);
    EXPECT_EQ(theirs.try_pop().error(), conqueue_status::closed);
}

TYPED_TEST(adapted, both_interfaces_may_be_used_at_once) {
    TypeParam mine = make<TypeParam>();
    adaptor theirs(mine);
    ASSERT_TRUE(theirs.push(1));
    ASSERT_EQ(mine.put(2), conq::status::ok);
    EXPECT_EQ(*mine.get() + theirs.pop().value(), 3);
    EXPECT_EQ(mine.unfinished(), 2u) << "what is popped here still has to be done there";
    mine.task_done(2);
    mine.join();
}

TYPED_TEST(adapted, promises_no_noexcept_where_a_queue_allocates) {
    static_assert(!noexcept(std::declval<adaptor<TypeParam>&>().try_push(1)));
    static_assert(noexcept(std::declval<adaptor<TypeParam>&>().try_pop()));
}

// A generic function as code written for the proposal has it.
template <conq::p0260::concurrent_queue Queue> int sum_of(Queue& q) {
    int sum = 0;
    while (const auto item = q.pop()) sum += *item;
    return sum;
}
TYPED_TEST(adapted, serves_code_that_is_written_for_the_concepts) {
    TypeParam mine = make<TypeParam>();
    adaptor theirs(mine);
    std::jthread pusher([&] {
        for (int i = 1; i <= 100; ++i) theirs.push(i);
        theirs.close();
    });
    EXPECT_EQ(sum_of(theirs), 5'050);
}

TEST(adapted, a_pop_that_throws_takes_the_object_out) {
    conq::bounded_queue<throwing> mine(2);
    adaptor theirs(mine);
    ASSERT_TRUE(theirs.emplace(1));
    throwing::throws_on_move = true;
    EXPECT_THROW(static_cast<void>(theirs.pop()), std::runtime_error);
    throwing::throws_on_move = false;
    EXPECT_TRUE(mine.empty());
}

}  // namespace

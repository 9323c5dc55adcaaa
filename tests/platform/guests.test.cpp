// SPDX-License-Identifier: BSL-1.0
// What a queue offers to another language's run-time that it is a guest of: no polling, joins
// without a thread, and a look at its items.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "conq/conq.hpp"

namespace {

// A sleep lets the other side act; a pause or a yield is not expected.
struct guest_platform : conq::platform::native {
    static constexpr bool is_polled = false;
    static inline int polls = 0;
    static inline std::function<void()> others;

    static void pause(int) { ++polls; }
    static void yield() { ++polls; }
    static conq::platform::sleep_end wait(atomic<std::uint32_t>&, std::uint32_t,
                                          conq::platform::instant_ns) {
        others();
        return conq::platform::sleep_end::woken;
    }
};
struct guest_traits : conq::default_traits {
    using platform = guest_platform;
};

TEST(guests, a_platform_that_is_not_polled_sleeps_at_once) {
    conq::basic_queue<int, guest_traits> q(1);
    guest_platform::others = [&] { q.put(1); };
    EXPECT_EQ(*q.get(), 1);
    q.put(2);
    guest_platform::others = [&] { EXPECT_EQ(*q.get(), 2); };
    q.put(3);
    EXPECT_EQ(guest_platform::polls, 0);
}

// Counts how often it is resumed.
struct callback : conq::resumer<conq::platform::native> {
    int calls = 0;
    callback() : resumer(&count) {}
    static void count(resumer* self) noexcept { ++static_cast<callback*>(self)->calls; }
};

TEST(guests, a_joiner_without_a_thread_is_resumed_once_by_the_last_done) {
    conq::queue<int> q;
    callback first, second;
    conq::joiner<conq::platform::native> a(first), b(second);
    EXPECT_FALSE(q.enlist_joiner(a)) << "all is done";
    q.put(1);
    q.put(2);
    EXPECT_TRUE(q.enlist_joiner(a));
    EXPECT_TRUE(q.enlist_joiner(b));
    q.task_done();
    EXPECT_EQ(first.calls, 0);
    EXPECT_TRUE(q.leave_joiner(b));
    q.task_done();
    EXPECT_EQ(first.calls, 1);
    EXPECT_EQ(second.calls, 0) << "it had left";
    EXPECT_FALSE(q.leave_joiner(a)) << "it was resumed";
}

template <class Queue> class visited : public ::testing::Test {};
using kinds = ::testing::Types<conq::queue<int>, conq::lifo_queue<int>, conq::priority_queue<int>>;
TYPED_TEST_SUITE(visited, kinds);

// More than the segments that stay can hold, so that all kinds of segments are walked.
TYPED_TEST(visited, each_item_that_is_in_is_visited_once) {
    TypeParam q;
    std::vector<int> left, seen;
    for (int i = 0; i < 20'000; ++i) q.put(i);
    for (int i = 0; i < 3'000; ++i) static_cast<void>(q.get());
    q.visit_items([&](const int& item) { seen.push_back(item); });
    while (auto item = q.try_get()) left.push_back(*item);
    std::sort(seen.begin(), seen.end());
    std::sort(left.begin(), left.end());
    EXPECT_EQ(seen, left);
    q.visit_items([](const int&) { ADD_FAILURE() << "it is empty"; });
}

}  // namespace

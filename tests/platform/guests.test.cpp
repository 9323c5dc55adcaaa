// SPDX-License-Identifier: BSL-1.0
// What a queue offers to the run-time of another language whose guest it is: polling that lets
// others run, joins without a thread, and a look at its items.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "conq/conq.hpp"

namespace {

// A thread that is away, in a pause, a yield or a sleep, lets the other side act.
struct guest_platform : conq::platform::native {
    static inline int aways = 0, acts = 0;
    static inline std::function<void()> others;

    struct away {
        away() { ++aways; }
        away(const away&) = delete;
        away& operator=(const away&) = delete;
        ~away() { --aways; }
    };
    static void act() {
        EXPECT_EQ(aways, 1) << "it would keep the others from running";
        ++acts;
        others();
    }
    static void pause(int) { act(); }
    static void yield() { act(); }
    static conq::platform::sleep_end wait(atomic<std::uint32_t>&, std::uint32_t,
                                          conq::platform::instant_ns) {
        const away gone;
        act();
        return conq::platform::sleep_end::woken;
    }
};
struct guest_traits : conq::default_traits {
    using platform = guest_platform;
};

TEST(guests, polls_away_and_comes_back_once_the_others_stand_still) {
    conq::basic_queue<int, guest_traits> q(0);
    guest_platform::others = [&] {
        if (guest_platform::acts <= 4) q.put(guest_platform::acts);
    };
    EXPECT_EQ(*q.get(), 1);
    EXPECT_EQ(q.size(), 3u) << "the others were still at it";
    EXPECT_EQ(guest_platform::acts, 5) << "a look that finds nothing new is the last one";
    EXPECT_EQ(guest_platform::aways, 0);
}

TEST(guests, a_put_polls_away_until_there_is_room) {
    conq::basic_queue<int, guest_traits> q(2);
    q.put(1);
    q.put(2);
    guest_platform::acts = 0;
    guest_platform::others = [&] {
        if (guest_platform::acts > 2) return;
        EXPECT_EQ(*q.get(), guest_platform::acts);
    };
    q.put(3);
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(guest_platform::aways, 0);
}

TEST(guests, does_not_wait_for_ever_for_others_who_go_on) {
    conq::basic_queue<int, guest_traits> q(0);
    guest_platform::acts = 0;
    guest_platform::others = [&] { q.put(1); };
    EXPECT_EQ(*q.get(), 1);
    EXPECT_LT(guest_platform::acts, 100);
}

TEST(guests, a_wake_is_spared_while_one_polls_and_one_who_sleeps_has_a_timer) {
    using throttle = conq::wake_throttle<guest_platform>;
    throttle side;
    {
        const throttle::polling one(side);
        EXPECT_FALSE(side.spares_wakes()) << "he may take one thing, and more may have come";
        {
            const throttle::timer second(side, false), first(side, true);
            EXPECT_FALSE(second.is_set);
            EXPECT_TRUE(first.is_set);
            EXPECT_TRUE(side.spares_wakes());
        }
        EXPECT_FALSE(side.spares_wakes());
    }
    const throttle::timer alone(side, true);
    EXPECT_FALSE(alone.is_set) << "an idle queue would never sleep through";
    using natives = conq::wake_throttle<conq::platform::native>;
    natives nobody;
    const natives::polling polls(nobody);
    EXPECT_FALSE(natives::timer(nobody, true).is_set || natives::spares_wakes());
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

// More items than the segments that stay can hold, so that all kinds of segments are walked.
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

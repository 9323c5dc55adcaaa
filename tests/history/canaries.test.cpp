// SPDX-License-Identifier: BSL-1.0
// Planted faults: each has to be found in histories of real threads, and named for what it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <string>

#include "planted_queue.hpp"
#include "subjects.hpp"

namespace conq::test {
namespace {

// A queue with a fault that is known at run time only: the rounds are long to compile.
template <order By> struct planted {
    using queue = planted_queue<By>;
    static constexpr const char* name = "planted";
    static constexpr order by = By;

    planted(fault which, std::uint64_t most = 8) : with(which), bound(most) {
        if (By == order::spsc) by_whom = single_sides;
        if (By == order::priority) by_whom.priorities = 1024;
        // A queue that loses something would hang a join without an end.
        by_whom.joins_wait = with == fault::none;
    }
    queue make() const { return queue(bound, with); }

    fault with;
    std::uint64_t bound;
    crowd by_whom;
};

// What a fault is found as depends on what shows it first.
template <order By>
void expect_found(planted<By> tried, const char* what,
                  std::initializer_list<const char*> properties) {
    const outcome found = run_rounds(tried, 5'000'000);
    std::printf("    %s: found in %llu calls\n%s\n", what,
                static_cast<unsigned long long>(found.operations), found.wrong.c_str());
    EXPECT_NE(std::find(properties.begin(), properties.end(), found.property), properties.end())
        << what << " was found as \"" << found.property << "\"";
}

TEST(canaries, a_lifo_posing_as_fifo_is_found) {
    expect_found<order::fifo>(fault::turned, "LIFO", {"order"});
}
TEST(canaries, a_fifo_posing_as_lifo_is_found) {
    expect_found<order::lifo>(fault::turned, "FIFO", {"order"});
}
TEST(canaries, overtaking_is_found_in_every_order) {
    expect_found<order::fifo>(fault::overtakes, "overtaking", {"order"});
    expect_found<order::lifo>(fault::overtakes, "overtaking", {"order"});
    expect_found<order::priority>(fault::overtakes, "overtaking", {"order"});
    expect_found<order::spsc>(fault::overtakes, "overtaking", {"order"});
}
TEST(canaries, equals_in_the_wrong_order_are_found) {
    expect_found<order::priority>(fault::equals_turned, "equals turned", {"order"});
}
TEST(canaries, a_queue_with_room_posing_as_one_without_is_found) {
    expect_found<order::hand_over>({fault::none, 1}, "room for one", {"hand-over"});
}
TEST(canaries, a_batch_that_is_not_in_order_is_found) {
    expect_found<order::fifo>(fault::batch_put_turned, "put turned", {"order"});
    expect_found<order::fifo>(fault::batch_got_turned, "got turned", {"order"});
    expect_found<order::spsc>(fault::batch_put_turned, "put turned", {"order"});
    expect_found<order::spsc>(fault::batch_got_turned, "got turned", {"order"});
}
TEST(canaries, a_duplicate_is_found) {
    expect_found<order::fifo>(fault::duplicates, "duplicate", {"once", "join", "end"});
}
TEST(canaries, a_made_up_item_is_found) {
    expect_found<order::fifo>(fault::makes_up, "made up", {"fresh"});
}
TEST(canaries, a_loss_is_found_in_every_order) {
    // What is lost is missed by a get, or stays unfinished when all is over, whichever comes first.
    const auto as = {"order", "empty", "time-out", "bound", "shutdown", "join", "end"};
    expect_found<order::fifo>(fault::loses, "loss", as);
    expect_found<order::lifo>(fault::loses, "loss", as);
    expect_found<order::priority>(fault::loses, "loss", as);
    expect_found<order::spsc>(fault::loses, "loss", as);
}
TEST(canaries, a_false_empty_is_found) {
    expect_found<order::fifo>(fault::empty_falsely, "false empty",
                              {"empty", "time-out", "shutdown"});
}
TEST(canaries, a_false_full_is_found) {
    expect_found<order::fifo>(fault::full_falsely, "false full", {"full", "time-out"});
    expect_found<order::fifo>({fault::full_falsely, 0}, "false full, no bound", {"full"});
}
TEST(canaries, an_exceeded_bound_is_found) {
    expect_found<order::fifo>({fault::exceeds_bound, 2}, "over the bound", {"bound"});
}
TEST(canaries, a_join_that_returns_early_is_found) {
    expect_found<order::fifo>(fault::joins_early, "early join", {"join"});
}
TEST(canaries, a_put_after_shutdown_is_found) {
    expect_found<order::fifo>(fault::puts_when_shut, "put after shutdown",
                              {"shutdown", "join", "end"});
}
TEST(canaries, a_get_that_ends_before_all_is_drained_is_found) {
    expect_found<order::fifo>(fault::drained_falsely, "not drained", {"shutdown"});
}
TEST(canaries, drops_that_are_not_counted_are_found) {
    expect_found<order::fifo>(fault::drops_uncounted, "drops", {"join", "end"});
}
TEST(canaries, a_done_too_many_is_found) {
    expect_found<order::fifo>(fault::counts_any_done, "dones", {"count"});
}
TEST(canaries, an_early_time_out_is_found) {
    expect_found<order::fifo>(fault::times_out_early, "early time-out", {"time-out"});
}
TEST(canaries, a_call_that_ignores_its_stop_is_found) {
    expect_found<order::fifo>(fault::carries_on, "stop", {"stop"});
}

TEST(canaries, a_call_that_hangs_is_named) {
    using queue_type = planted_queue<order::fifo>;
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto hang = [] {
        testing::rounds<queue_type> rounds(crowd{}, std::chrono::milliseconds(500),
                                           &queue_type::hangs());
        for (std::uint64_t seed = 1;; ++seed) {
            queue_type queue(8, fault::never_joins);
            testing::shape how = draw_shape(seed, crowd{});
            how.stops = false;  // which would end a join with a token
            static_cast<void>(rounds.run(queue, how));
        }
    };
    EXPECT_DEATH(hang(), "A round does not end: seed .*\n.*join\\(.*no answer");
}

// The same queues without a fault: nothing may be found.
template <order By> void expect_right() {
    const outcome all = run_rounds(planted<By>(fault::none), testing::scaled(500'000));
    EXPECT_TRUE(all.wrong.empty()) << all.wrong;
    all.print("plain");
}
TEST(canaries, a_plain_fifo_is_right) {
    expect_right<order::fifo>();
}
TEST(canaries, a_plain_lifo_is_right) {
    expect_right<order::lifo>();
}
TEST(canaries, a_plain_priority_queue_is_right) {
    expect_right<order::priority>();
}
TEST(canaries, a_plain_queue_is_right_for_one_putter_and_one_getter) {
    expect_right<order::spsc>();
}

}  // namespace
}  // namespace conq::test

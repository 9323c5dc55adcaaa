// SPDX-License-Identifier: BSL-1.0
// The strong guarantee: whichever allocation, construction, copy or move fails in whichever call,
// the queue, the argument and the count are as before, the call can be made again, nothing leaks.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../contract/subjects.hpp"
#include "stage.hpp"
#include "testing/history/dice.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

constexpr int segment_items = 16, many_items = 20 * segment_items, large_capacity = 500;
constexpr std::uint64_t points_max = 1000;  // no call has nearly as many

// Where a queue stands when a call fails in it.
struct situation {
    const char* name;
    int capacity, puts, gets;
    bool is_shut_down = false;
};
constexpr situation situations[] = {
    {"empty", large_capacity, 0, 0},
    {"one item", large_capacity, 1, 0},
    {"the end of a segment", large_capacity, segment_items, 0},
    {"behind the end of a segment", large_capacity, segment_items, segment_items},
    {"many items", large_capacity, many_items, 2},
    {"full", 3, 3, 0},
    {"owing a done", 3, 2, 1},
    {"shut down, with items", large_capacity, 5, 1, true},
    {"shut down, empty", large_capacity, 1, 1, true},
};

template <class Queue> const named_call<Queue>& find_call(const std::string& name) {
    static const std::vector<named_call<Queue>> calls = all_calls<Queue>();
    for (const auto& each : calls) {
        if (each.name == name) return each;
    }
    throw std::logic_error("no such call: " + name);
}

template <class Queue> void bring(stage<Queue>& on, const situation& to) {
    const auto times = [&](int n, const char* name) {
        for (int i = 0; i < n; ++i) on.perform(find_call<Queue>(name), any_fault, points_max);
    };
    times(to.puts, "put(T&&)");
    times(to.gets, "get()");
    times(to.is_shut_down ? 1 : 0, "shutdown()");
}

// Makes every call fail at every point, in every situation. How many failures there were.
template <class Queue> std::uint64_t fail_everywhere(findings& found) {
    std::uint64_t struck = 0;
    static_cast<void>(find_call<Queue>("get()"));  // made once and kept, as is this token
    static_cast<void>(live_token());
    for (const named_call<Queue>& call : all_calls<Queue>()) {
        for (const situation& from : situations) {
            bool was_struck = true;
            for (std::uint64_t n = 1; was_struck && n < points_max; ++n) {
                const std::int64_t blocks = stage<Queue>::blocks_in_use();
                {
                    stage<Queue> on(from.capacity, found);
                    bring(on, from);
                    if (call.does == effect::end || call.does == effect::release) {
                        on.perform(find_call<Queue>("try_take"), any_fault, points_max);
                    }
                    was_struck = on.can_make(call) && on.perform(call, any_fault, n).was_struck;
                }
                struck += was_struck ? 1 : 0;
                if (n + 1 == points_max) found.add(std::string(call.name) + ": fails for ever");
                if (stage<Queue>::blocks_in_use() != blocks || item_census::alive() != 0) {
                    found.add(std::string(call.name) + ", " + from.name + ": leaks");
                }
            }
        }
    }
    if (item_census::take_crimes() != 0) found.add("used or ended an item that did not live");
    return struck;
}

// Random calls, one of which fails at one point; every point of them all.
template <class Queue> std::uint64_t fail_in_scripts(std::uint64_t seed, findings& found) {
    const std::vector<named_call<Queue>> calls = all_calls<Queue>();
    std::vector<named_call<Queue>> moves = puts<Queue>();  // the calls that move items
    for (const auto& each : gets<Queue>()) moves.push_back(each);
    const auto script_with_failure = [&](std::uint64_t n) {
        dice random(seed);
        const int capacities[] = {1, 2, segment_items, large_capacity};
        stage<Queue> on(capacities[random.below(4)], found);
        bool was_struck = false;
        for (int i = 0; i < 200; ++i) {
            const auto& from = random.below(3) == 0 ? calls : moves;
            const named_call<Queue>& call = from[random.below(from.size())];
            const bool ends = call.does == effect::shut_down || call.does == effect::drop_all;
            if (!on.can_make(call) || (ends && i < 150)) continue;
            const auto how = on.perform(call, any_fault, was_struck ? points_max : n);
            was_struck = was_struck || how.was_struck;
            if (!was_struck) n -= how.points;
        }
        return was_struck;
    };
    std::uint64_t n = 1;
    while (script_with_failure(n)) ++n;
    if (item_census::alive() != 0) found.add("a script leaks items");
    return n - 1;
}

template <class Subject> class failures : public contract<Subject> {};
using subjects_that_differ = ::testing::Types<locked, bounded_ring, segmented>;
TYPED_TEST_SUITE(failures, subjects_that_differ, subject_names);

template <class Subject, class Item>
using counted_queue_of =
    typename Subject::template queue<Item, counting_traits<typename Subject::traits>>;

TYPED_TEST(failures, a_call_that_fails_changes_nothing_and_can_be_made_again) {
    findings found;
    const std::uint64_t struck =
        fail_everywhere<counted_queue_of<TypeParam, steady_item>>(found) +
        fail_everywhere<counted_queue_of<TypeParam, steady_move_only>>(found) +
        fail_everywhere<counted_queue_of<TypeParam, fragile_item>>(found) +
        fail_everywhere<counted_queue_of<TypeParam, fragile_move_only>>(found);
    EXPECT_EQ(found.count(), 0u) << found.text();
    EXPECT_GT(struck, 0u);
    publish({std::string("n-th failure, every call: ") + TypeParam::name, "every n", struck});
}

TYPED_TEST(failures, a_script_whose_n_th_step_fails_ends_as_if_it_had_not) {
    findings found;
    std::uint64_t struck = 0;
    const std::uint64_t seed = first_seed(), scripts = scaled(20);
    for (std::uint64_t i = 0; i < scripts && found.count() == 0; ++i) {
        struck += fail_in_scripts<counted_queue_of<TypeParam, steady_item>>(seed + i, found) +
                  fail_in_scripts<counted_queue_of<TypeParam, fragile_item>>(seed + i, found);
        EXPECT_EQ(found.count(), 0u) << "seed " << seed + i << "\n" << found.text();
    }
    publish({std::string("n-th failure, scripts: ") + TypeParam::name, "random calls, every n",
             struck, 0, seed});
}

TYPED_TEST(failures, a_constructor_that_fails_leaks_nothing) {
    const heap_use before = counted_in_use();
    bool was_struck = true;
    for (std::uint64_t n = 1; was_struck; ++n) {
        const fault_plan plan(any_fault, n);
        try {
            const counted_queue_of<TypeParam, fragile_item> q(10);
        } catch (const std::bad_alloc&) {
            EXPECT_TRUE(plan.has_fired());
        }
        was_struck = plan.has_fired();
    }
    EXPECT_EQ(counted_in_use(), before);
}

}  // namespace
}  // namespace conq::test

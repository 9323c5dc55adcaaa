// SPDX-License-Identifier: BSL-1.0
// The strong guarantee: whichever allocation, construction, copy or move fails in whichever call,
// the queue, the argument and the count are as before, the call can be made again, nothing leaks.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "../contract/subjects.hpp"
#include "failing.hpp"
#include "testing/faults/heap.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

template <class Subject> class failures : public contract<Subject> {};
using subjects_that_differ =
    ::testing::Types<locked, bounded_ring, segmented, stacked, prioritized, timed, spsc>;
TYPED_TEST_SUITE(failures, subjects_that_differ, subject_names);

template <class Subject, class Item>
using counted_queue_of =
    typename Subject::template queue<Item, counting_traits<typename Subject::traits>>;

template <class Subject>
constexpr take_order order_of = (Subject::capabilities & lifo) != 0     ? take_order::newest
                                : (Subject::capabilities & sorted) != 0 ? take_order::lowest
                                                                        : take_order::oldest;

TYPED_TEST(failures, a_call_that_fails_changes_nothing_and_can_be_made_again) {
    findings found;
    const std::uint64_t struck =
        fail_everywhere<counted_queue_of<TypeParam, steady_item>>(order_of<TypeParam>, found) +
        fail_everywhere<counted_queue_of<TypeParam, steady_move_only>>(order_of<TypeParam>, found) +
        fail_everywhere<counted_queue_of<TypeParam, fragile_item>>(order_of<TypeParam>, found) +
        fail_everywhere<counted_queue_of<TypeParam, fragile_move_only>>(order_of<TypeParam>, found);
    EXPECT_EQ(found.count(), 0u) << found.text();
    EXPECT_GT(struck, 0u);
    // What is exhaustive begins at 1, always.
    publish({std::string("n-th failure, every call: ") + TypeParam::name, "every n", struck, struck,
             1});
}

TYPED_TEST(failures, a_script_whose_n_th_step_fails_ends_as_if_it_had_not) {
    findings found;
    std::uint64_t struck = 0;
    const std::uint64_t seed = first_seed(), scripts = scaled(20);
    for (std::uint64_t i = 0; i < scripts && found.count() == 0; ++i) {
        // In a thread of its own: a sanitizer goes again and again through all frames that an
        // exception has left in this thread.
        std::thread([&] {
            struck += fail_in_scripts<counted_queue_of<TypeParam, steady_item>>(
                          seed + i, order_of<TypeParam>, found) +
                      fail_in_scripts<counted_queue_of<TypeParam, fragile_item>>(
                          seed + i, order_of<TypeParam>, found);
        }).join();
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

// SPDX-License-Identifier: BSL-1.0
// The strong guarantee: whichever allocation, construction, copy or move fails in any call, the
// queue, the argument and the count are as before, the call can be made again, and nothing leaks.
#include <gtest/gtest.h>

#include <concepts>
#include <iterator>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

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
    // Exhaustive tests always begin at 1.
    publish({std::string("n-th failure, every call: ") + TypeParam::name, "every n", struck, struck,
             1});
}

// Puts a batch of five behind `before` items, then takes all by batches; the n-th fault point of
// either fails. Returns whether there was one.
template <class Queue, class First>
bool fail_in_a_batch(int before, std::uint64_t n, First first_of) {
    using item = typename Queue::value_type;
    Queue q(500);
    for (int i = 0; i < before; ++i) EXPECT_EQ(q.emplace(0), status::ok);
    std::vector<item> items;
    items.reserve(5);
    for (int i = 1; i <= 5; ++i) items.emplace_back(i);
    bool was_struck = false;
    const auto in = static_cast<std::uint64_t>(before);
    std::uint64_t put = 0;
    const auto failing = [&](auto call) {
        const fault_plan plan(any_fault, was_struck ? 1'000'000 : n);
        try {
            call();
        } catch (const std::bad_alloc&) {
        } catch (const planned_fault&) {
        }
        was_struck = was_struck || plan.has_fired();
    };
    while (put != 5) {
        failing([&] {
            const auto rest = first_of(items) + static_cast<std::ptrdiff_t>(put);
            put += q.put_many(rest, first_of(items) + 5).count;
        });
        EXPECT_EQ(q.size(), in + put);
        EXPECT_EQ(q.unfinished(), in + put);
        constexpr bool moves = !std::is_pointer_v<decltype(first_of(items))>;
        for (std::uint64_t i = 0; i < 5; ++i) {
            EXPECT_EQ(items[i].is_intact(static_cast<int>(i) + 1), !moves || i >= put);
        }
    }
    for (std::uint64_t left = in + put; left != 0;) {
        failing([&] { left -= q.take_many(4).size(); });
        EXPECT_EQ(q.size(), left);
        EXPECT_EQ(q.unfinished(), left);
    }
    return was_struck;
}

TYPED_TEST(failures, a_batch_that_fails_says_exactly_what_it_did) {
    std::uint64_t struck = 0;
    const auto everywhere = [&]<class Item>(std::type_identity<Item>) {
        using tested = counted_queue_of<TypeParam, Item>;
        const auto move = [](auto& items) { return std::move_iterator(items.data()); };
        const auto copy = [](auto& items) { return std::as_const(items).data(); };
        for (const int before : {0, segment_items - 2}) {
            for (std::uint64_t n = 1; fail_in_a_batch<tested>(before, n, move); ++n) ++struck;
            if constexpr (std::copy_constructible<Item>) {
                for (std::uint64_t n = 1; fail_in_a_batch<tested>(before, n, copy); ++n) ++struck;
            }
        }
    };
    everywhere(std::type_identity<steady_item>());
    everywhere(std::type_identity<steady_move_only>());
    everywhere(std::type_identity<fragile_item>());
    everywhere(std::type_identity<fragile_move_only>());
    EXPECT_GT(struck, 0u);
    EXPECT_EQ(item_census::alive(), 0);
    EXPECT_EQ(item_census::take_crimes(), 0);
    publish(
        {std::string("n-th failure, batches: ") + TypeParam::name, "every n", struck, struck, 1});
}

TYPED_TEST(failures, a_script_whose_n_th_step_fails_ends_as_if_it_had_not) {
    findings found;
    std::uint64_t struck = 0;
    const std::uint64_t seed = first_seed(), scripts = scaled(20);
    for (std::uint64_t i = 0; i < scripts && found.count() == 0; ++i) {
        // In a thread of its own: a sanitizer walks again and again through all frames that an
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

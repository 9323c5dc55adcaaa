// SPDX-License-Identifier: BSL-1.0
// conq::p0260::bounded_queue against the wording of P0260R20, clause by clause: a test is named
// after its clause, 8.2.3.1/12.2 being clause_8_2_3_1_p12_2.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/allocators.hpp"
#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "conq/p0260.hpp"  // first: it needs no other header

namespace {

using conq::p0260::bounded_queue;
using conq::p0260::conqueue_status;
using conq::test::counted;
using conq::test::throwing;
using conq::test::watched_thread;

// ---- 8.2.1 General

TEST(p0260, clause_8_2_1_pushes_fail_after_close) {
    bounded_queue<int> q(2);
    q.close();
    EXPECT_FALSE(q.push(1));
    EXPECT_FALSE(q.emplace(1));
    EXPECT_EQ(q.try_push(1), conqueue_status::closed);
    EXPECT_EQ(q.try_emplace(1), conqueue_status::closed);
}

TEST(p0260, clause_8_2_1_pops_succeed_after_close_while_there_are_objects) {
    bounded_queue<int> q(3);
    for (int i = 1; i <= 3; ++i) ASSERT_TRUE(q.push(i));
    q.close();
    EXPECT_EQ(q.pop(), 1);
    EXPECT_EQ(q.try_pop(), 2);
    EXPECT_EQ(q.pop(), 3);
    EXPECT_EQ(q.pop(), std::nullopt);
    EXPECT_EQ(q.try_pop().error(), conqueue_status::closed);
}

TEST(p0260, clause_8_2_1_a_close_resumes_what_waits_with_a_failure) {
    bounded_queue<int> full(1), empty(1);
    ASSERT_TRUE(full.push(1));
    bool pushed = true;
    std::optional<int> popped = 7;
    watched_thread pusher([&] { pushed = full.push(2); });
    watched_thread popper([&] { popped = empty.pop(); });
    pusher.wait_until_asleep();
    popper.wait_until_asleep();
    full.close();
    empty.close();
    pusher.join();
    popper.join();
    EXPECT_FALSE(pushed);
    EXPECT_EQ(popped, std::nullopt);
}

// ---- 8.2.2 Synopsis

TEST(p0260, clause_8_2_2_the_states_are_six_and_differ) {
    const std::vector all{conqueue_status::success, conqueue_status::empty,
                          conqueue_status::full,    conqueue_status::closed,
                          conqueue_status::busy,    conqueue_status::busy_async};
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) EXPECT_NE(all[i], all[k]);
    }
}

TEST(p0260, clause_8_2_2_pmr_bounded_queue) {
    static_assert(std::is_same_v<conq::p0260::pmr::bounded_queue<int>,
                                 bounded_queue<int, std::pmr::polymorphic_allocator<int>>>);
    std::pmr::monotonic_buffer_resource memory;
    conq::p0260::pmr::bounded_queue<std::pmr::string> q(2, &memory);
    ASSERT_TRUE(q.emplace("long enough not to be kept inside the string itself"));
    EXPECT_EQ(q.get_allocator().resource(), &memory);
    EXPECT_EQ(q.pop(), "long enough not to be kept inside the string itself");
}

// ---- 8.2.3.1 Basic concurrent queue concept

static_assert(conq::p0260::basic_concurrent_queue<bounded_queue<int>>);
static_assert(conq::p0260::basic_concurrent_queue<bounded_queue<std::unique_ptr<int>>>);
static_assert(!conq::p0260::basic_concurrent_queue<conq::bounded_queue<int>>);

TEST(p0260, clause_8_2_3_1_p3_is_closed) {
    bounded_queue<int> q(1);
    EXPECT_FALSE(q.is_closed());
    q.close();
    EXPECT_TRUE(q.is_closed());
}

TEST(p0260, clause_8_2_3_1_p4_close_may_be_repeated) {
    bounded_queue<int> q(1);
    q.close();
    q.close();
    EXPECT_TRUE(q.is_closed());
}

TEST(p0260, clause_8_2_3_1_p7_a_push_unblocks_a_pop) {
    bounded_queue<int> q(1);
    std::optional<int> popped;
    watched_thread popper([&] { popped = q.pop(); });
    popper.wait_until_asleep();
    ASSERT_TRUE(q.push(5));
    popper.join();
    EXPECT_EQ(popped, 5);
}

TEST(p0260, clause_8_2_3_1_p8_a_pop_unblocks_a_push) {
    bounded_queue<int> q(1);
    ASSERT_TRUE(q.push(1));
    bool pushed = false;
    watched_thread pusher([&] { pushed = q.push(2); });
    pusher.wait_until_asleep();
    EXPECT_EQ(q.pop(), 1);
    pusher.join();
    EXPECT_TRUE(pushed);
    EXPECT_EQ(q.pop(), 2);
}

TEST(p0260, clause_8_2_3_1_p9_each_object_is_extracted_once) {
    constexpr int each = 2'000;
    bounded_queue<int> q(8);
    std::atomic<long> sum{0};
    std::atomic<int> count{0};
    {
        std::vector<std::jthread> poppers, pushers;
        for (int t = 0; t < 2; ++t) {
            poppers.emplace_back([&] {
                while (const auto item = q.pop()) {
                    sum += *item;
                    ++count;
                }
            });
        }
        for (int t = 0; t < 2; ++t) {
            pushers.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) q.push(t * each + i);
            });
        }
        pushers.clear();
        q.close();
    }
    EXPECT_EQ(count, 2 * each);
    EXPECT_EQ(sum, static_cast<long>(2 * each) * (2 * each - 1) / 2);
}

TEST(p0260, clause_8_2_3_1_p12_1_emplace_initializes_directly_and_not_from_a_list) {
    bounded_queue<std::vector<int>> q(2);
    ASSERT_TRUE(q.emplace(3u, 7));
    EXPECT_EQ(q.pop(), std::vector<int>(3, 7));
    struct only_explicit {
        explicit only_explicit(int v) : value(v) {}
        int value;
    };
    bounded_queue<only_explicit> explicits(1);
    ASSERT_TRUE(explicits.emplace(4));
    EXPECT_EQ(explicits.pop()->value, 4);
}

TEST(p0260, clause_8_2_3_1_p12_1_a_throwing_type_is_made_in_the_storage_and_not_moved) {
    throwing::throws_on_move = true;
    bounded_queue<throwing> q(1);
    EXPECT_TRUE(q.emplace(4));
    throwing::throws_on_move = false;
    EXPECT_EQ(q.pop()->value, 4);
}

TEST(p0260, clause_8_2_3_1_p12_2_a_push_that_fails_leaves_its_argument) {
    bounded_queue<std::string> q(1);
    std::string item = "mine";
    q.close();
    EXPECT_FALSE(q.push(std::move(item)));
    EXPECT_EQ(q.try_push(std::move(item)), conqueue_status::closed);
    EXPECT_EQ(item, "mine");
}

TEST(p0260, clause_8_2_3_1_p12_3_a_constructor_that_throws_deposits_nothing) {
    bounded_queue<throwing> q(2);
    const throwing item(1);
    throwing::throws_on_copy = true;
    EXPECT_THROW(q.push(item), std::runtime_error);
    EXPECT_THROW(static_cast<void>(q.try_push(item)), std::runtime_error);
    throwing::throws_on_copy = false;
    EXPECT_EQ(q.try_pop().error(), conqueue_status::empty);
    EXPECT_TRUE(q.push(item));
    EXPECT_TRUE(q.push(item));
}

TEST(p0260, clause_8_2_3_1_p13_push_takes_lvalues_and_rvalues) {
    bounded_queue<std::string> q(2);
    std::string kept = "kept", given = "given";
    ASSERT_TRUE(q.push(kept));
    ASSERT_TRUE(q.push(std::move(given)));
    EXPECT_EQ(kept, "kept");
    EXPECT_EQ(q.pop(), "kept");
    EXPECT_EQ(q.pop(), "given");
}

TEST(p0260, clause_8_2_3_1_p14_3_a_pop_that_throws_takes_the_object_out) {
    bounded_queue<throwing> q(2);
    const int before = throwing::alive;
    ASSERT_TRUE(q.emplace(1));
    ASSERT_TRUE(q.emplace(2));
    throwing::throws_on_move = true;
    EXPECT_THROW(static_cast<void>(q.pop()), std::runtime_error);
    throwing::throws_on_move = false;
    EXPECT_EQ(throwing::alive, before + 1);
    EXPECT_EQ(q.pop()->value, 2);
    EXPECT_EQ(throwing::alive, before);
}

// ---- 8.2.3.2 Concurrent queue concept

static_assert(conq::p0260::concurrent_queue<bounded_queue<int>>);
static_assert(conq::p0260::concurrent_queue<bounded_queue<std::unique_ptr<int>>>);
static_assert(conq::p0260::concurrent_queue<conq::p0260::pmr::bounded_queue<std::string>>);

TEST(p0260, clause_8_2_3_2_p2_try_forms_are_noexcept_if_the_constructor_is) {
    bounded_queue<counted> sure(1);
    static_assert(noexcept(sure.try_push(std::declval<counted>())));
    static_assert(noexcept(sure.try_push(std::declval<const counted&>())));
    static_assert(noexcept(sure.try_emplace(1)));
    static_assert(noexcept(sure.try_pop()));
    bounded_queue<throwing> unsure(1);
    static_assert(!noexcept(unsure.try_push(std::declval<throwing>())));
    static_assert(!noexcept(unsure.try_emplace(1)));
    static_assert(!noexcept(unsure.try_pop()));
}

TEST(p0260, clause_8_2_3_2_p5_no_spurious_failure_without_contention) {
    bounded_queue<int> q(3);
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_EQ(q.try_push(i), conqueue_status::success);
        ASSERT_EQ(q.try_push(i), conqueue_status::success);
        ASSERT_EQ(q.try_pop(), i);
        ASSERT_EQ(q.try_pop(), i);
    }
}

TEST(p0260, clause_8_2_3_2_p6_2_try_emplace_says_how_it_went) {
    bounded_queue<int> q(1);
    EXPECT_EQ(q.try_emplace(1), conqueue_status::success);
    EXPECT_EQ(q.try_emplace(2), conqueue_status::full);
    q.close();
    EXPECT_EQ(q.try_emplace(2), conqueue_status::closed);
}

// A pop whose move constructor runs inside holds the slot, or the lock, for as long as it takes.
struct meeting {
    static inline bounded_queue<meeting>* around = nullptr;
    static inline conqueue_status seen = conqueue_status::success;
    meeting() = default;
    meeting(meeting&&) noexcept {
        if (around == nullptr) return;
        bounded_queue<meeting>* const q = std::exchange(around, nullptr);
        std::thread([q] { seen = q->try_emplace(); }).join();
    }
};
TEST(p0260, clause_8_2_3_2_p6_2_busy_where_another_call_would_have_to_be_waited_for) {
    bounded_queue<meeting> q(1);
    ASSERT_TRUE(q.emplace());
    meeting::around = &q;
    ASSERT_TRUE(q.pop().has_value());
    EXPECT_EQ(meeting::seen, conqueue_status::busy);
}

TEST(p0260, clause_8_2_3_2_p7_try_push_that_fails_leaves_its_argument) {
    bounded_queue<std::string> q(1);
    std::string first = "first", second = "second";
    EXPECT_EQ(q.try_push(std::move(first)), conqueue_status::success);
    EXPECT_EQ(q.try_push(std::move(second)), conqueue_status::full);
    EXPECT_EQ(second, "second");
}

TEST(p0260, clause_8_2_3_2_p8_2_try_pop_says_how_it_went) {
    bounded_queue<int> q(1);
    EXPECT_EQ(q.try_pop().error(), conqueue_status::empty);
    ASSERT_TRUE(q.push(1));
    q.close();
    EXPECT_EQ(q.try_pop(), 1);
    EXPECT_EQ(q.try_pop().error(), conqueue_status::closed);
}

TEST(p0260, clause_8_2_3_2_p8_3_a_try_pop_that_throws_takes_the_object_out) {
    bounded_queue<throwing> q(2);
    ASSERT_TRUE(q.emplace(1));
    throwing::throws_on_move = true;
    EXPECT_THROW(static_cast<void>(q.try_pop()), std::runtime_error);
    throwing::throws_on_move = false;
    EXPECT_EQ(q.try_pop().error(), conqueue_status::empty);
}

// ---- 8.2.4 Class template bounded_queue

TEST(p0260, clause_8_2_4_1_p2_it_is_neither_copied_nor_moved) {
    using queue = bounded_queue<int>;
    static_assert(!std::is_copy_constructible_v<queue> && !std::is_move_constructible_v<queue>);
    static_assert(!std::is_copy_assignable_v<queue> && !std::is_move_assignable_v<queue>);
    static_assert(!std::is_convertible_v<std::size_t, queue>);
    static_assert(std::is_same_v<queue::value_type, int>);
    static_assert(std::is_same_v<queue::allocator_type, std::allocator<int>>);
    static_assert(noexcept(std::declval<queue&>().close()));
    static_assert(noexcept(std::declval<const queue&>().is_closed()));
}

TEST(p0260, clause_8_2_4_1_p4_the_allocator_s_instance_is_kept) {
    conq::test::ledger book;
    bounded_queue<int, conq::test::making<int>> q(4, conq::test::making<int>(book));
    EXPECT_EQ(q.get_allocator().book, &book);
}

TEST(p0260, clause_8_2_4_1_p5_values_are_made_by_construct_and_ended_by_destroy) {
    conq::test::ledger book;
    {
        bounded_queue<int, conq::test::making<int>> q(4, conq::test::making<int>(book));
        ASSERT_TRUE(q.push(1));
        ASSERT_TRUE(q.emplace(2));
        ASSERT_EQ(q.try_push(3), conqueue_status::success);
        EXPECT_EQ(book.items_made, 3u);
        EXPECT_EQ(q.pop(), 1);
        EXPECT_EQ(book.items_ended, 1u);
    }
    EXPECT_EQ(book.items_ended, 3u) << "8.2.4.3/1: the destructor destroys what is left";
}

TEST(p0260, clause_8_2_4_2_p1_it_holds_max_elems) {
    for (const std::size_t most : {1u, 2u, 3u, 5u, 100u}) {
        bounded_queue<std::size_t> q(most);
        for (std::size_t i = 0; i < most; ++i) {
            ASSERT_EQ(q.try_push(i), conqueue_status::success);
        }
        EXPECT_EQ(q.try_push(most), conqueue_status::full);
    }
    EXPECT_THROW(bounded_queue<int>(0), std::invalid_argument);
}

template <class T> void never_allocates_again() {
    conq::test::ledger book;
    {
        bounded_queue<T, conq::test::making<T>> q(8, conq::test::making<T>(book));
        const std::size_t before = book.allocations;
        EXPECT_GE(before, 1u);
        for (int round = 0; round < 100; ++round) {
            for (int i = 0; i < 8; ++i) ASSERT_TRUE(q.emplace(i));
            for (int i = 0; i < 8; ++i) ASSERT_TRUE(q.pop().has_value());
        }
        q.close();
        EXPECT_EQ(book.allocations, before);
    }
    EXPECT_EQ(book.bytes, 0u) << "8.2.4.3/1: the destructor deallocates by the allocator";
}
TEST(p0260, clause_8_2_4_2_p2_only_the_constructor_allocates) {
    never_allocates_again<counted>();
    never_allocates_again<throwing>();
}

TEST(p0260, clause_8_2_4_5_p2_first_in_first_out_of_each_pusher) {
    constexpr int each = 2'000;
    bounded_queue<std::pair<int, int>> q(4);
    std::vector<std::jthread> pushers;
    for (int t = 0; t < 2; ++t) {
        pushers.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) q.emplace(t, i);
        });
    }
    std::vector<int> next(2);
    for (int i = 0; i < 2 * each; ++i) {
        const auto item = q.pop();
        ASSERT_TRUE(item.has_value());
        EXPECT_EQ(item->second, next[static_cast<std::size_t>(item->first)]++);
    }
}

// Each thread of a pair pushes into one queue and then looks into the other: not both may miss.
TEST(p0260, clause_8_2_4_5_p2_one_order_over_all_queues) {
    for (int round = 0; round < 2'000; ++round) {
        bounded_queue<int> a(1), b(1);
        std::atomic<int> missed{0};
        {
            const std::jthread one([&] {
                a.push(1);
                missed += b.try_pop().has_value() ? 0 : 1;
            });
            b.push(1);
            missed += a.try_pop().has_value() ? 0 : 1;
        }
        ASSERT_LT(missed, 2) << "round " << round;
    }
}

TEST(p0260, clause_8_2_4_5_pop_p2_an_object_is_made_and_ended_on_the_thread_that_pops) {
    static std::thread::id made, ended;
    struct watched {
        watched() = default;
        watched(watched&& other) noexcept : is_last(std::exchange(other.is_last, false)) {
            made = std::this_thread::get_id();
        }
        ~watched() { ended = std::this_thread::get_id(); }
        bool is_last = true;
    };
    bounded_queue<watched> q(1);
    std::thread([&] { q.emplace(); }).join();
    const auto item = q.pop();
    EXPECT_EQ(made, std::this_thread::get_id());
    EXPECT_EQ(ended, std::this_thread::get_id());
}

}  // namespace

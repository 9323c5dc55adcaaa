// SPDX-License-Identifier: BSL-1.0
// The calls of the contract, exactly: which ones exist, what they take and what they return. If one
// of these promises does not hold, this file does not compile.
#include <chrono>
#include <concepts>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "../support/items.hpp"
#include "conq/contract/concepts.hpp"
#include "promises.hpp"

using conq::result;
using conq::status;

namespace {

using span = std::chrono::milliseconds;
using point = std::chrono::system_clock::time_point;

// Every form of put for an item given as `From`, which is a `const T&` or a `T&&`.
template <class Queue, class From>
concept takes = requires(Queue& q, From item, std::stop_token stop, span d, point t) {
    { q.put(static_cast<From>(item)) } -> std::same_as<status>;
    { q.put(static_cast<From>(item), stop) } -> std::same_as<status>;
    { q.put_for(static_cast<From>(item), d) } -> std::same_as<status>;
    { q.put_for(static_cast<From>(item), d, stop) } -> std::same_as<status>;
    { q.put_until(static_cast<From>(item), t) } -> std::same_as<status>;
    { q.put_until(static_cast<From>(item), t, stop) } -> std::same_as<status>;
    { q.try_put(static_cast<From>(item)) } -> std::same_as<status>;
};

template <class Queue, class... Arguments>
concept makes = requires(Queue& q, Arguments... arguments) {
    { q.emplace(arguments...) } -> std::same_as<status>;
    { q.try_emplace(arguments...) } -> std::same_as<status>;
};

template <class Queue>
concept gives = requires(Queue& q, std::stop_token stop, span d, point t) {
    { q.get() } -> std::same_as<result<typename Queue::value_type>>;
    { q.get(stop) } -> std::same_as<result<typename Queue::value_type>>;
    { q.get_for(d) } -> std::same_as<result<typename Queue::value_type>>;
    { q.get_for(d, stop) } -> std::same_as<result<typename Queue::value_type>>;
    { q.get_until(t) } -> std::same_as<result<typename Queue::value_type>>;
    { q.get_until(t, stop) } -> std::same_as<result<typename Queue::value_type>>;
    { q.try_get() } -> std::same_as<result<typename Queue::value_type>>;
    { q.take() } -> std::same_as<typename Queue::lease_type>;
    { q.take(stop) } -> std::same_as<typename Queue::lease_type>;
    { q.take_for(d) } -> std::same_as<typename Queue::lease_type>;
    { q.take_for(d, stop) } -> std::same_as<typename Queue::lease_type>;
    { q.take_until(t) } -> std::same_as<typename Queue::lease_type>;
    { q.take_until(t, stop) } -> std::same_as<typename Queue::lease_type>;
    { q.try_take() } -> std::same_as<typename Queue::lease_type>;
};

template <class Queue, class... Limit>
concept batches_within = requires(Queue& q, const typename Queue::value_type* first,
                                  typename Queue::value_type* out, Limit... within) {
    { q.put_many(first, first, within...) } -> std::same_as<conq::batch_result>;
    { q.get_many(out, 3, within...) } -> std::same_as<conq::batch_result>;
    { q.take_many(3, within...) } -> std::same_as<typename Queue::lease_batch_type>;
};
template <class Queue>
concept batches =
    batches_within<Queue> && batches_within<Queue, span> && batches_within<Queue, point> &&
    batches_within<Queue, std::stop_token> && batches_within<Queue, span, std::stop_token> &&
    batches_within<Queue, point, std::stop_token> && batches_within<Queue, conq::now_t> &&
    !batches_within<Queue, int> && !batches_within<Queue, std::stop_token, span>;

template <class Queue>
concept counts = requires(Queue& q, std::stop_token stop, span d, point t) {
    { q.task_done() } -> std::same_as<void>;
    { q.task_done(3) } -> std::same_as<void>;
    { q.join() } -> std::same_as<void>;
    { q.join(stop) } -> std::same_as<status>;
    { q.join_for(d) } -> std::same_as<status>;
    { q.join_for(d, stop) } -> std::same_as<status>;
    { q.join_until(t) } -> std::same_as<status>;
    { q.join_until(t, stop) } -> std::same_as<status>;
    { q.try_join() } -> std::same_as<status>;
};

template <class Queue>
concept tells = requires(Queue& q, const Queue& seen) {
    { q.shutdown() } -> std::same_as<void>;
    { q.shutdown(conq::immediate) } -> std::same_as<void>;
    { q.trim() } -> std::same_as<void>;
    { seen.is_shut_down() } -> std::same_as<bool>;
    { seen.size() } -> std::same_as<std::uint64_t>;
    { seen.empty() } -> std::same_as<bool>;
    { seen.full() } -> std::same_as<bool>;
    { seen.maxsize() } -> std::same_as<std::uint64_t>;
    { seen.unfinished() } -> std::same_as<std::uint64_t>;
};

// Can be neither copied nor moved, and is made from a size only explicitly.
template <class Queue>
concept stays =
    !std::copyable<Queue> && !std::movable<Queue> && !std::is_move_constructible_v<Queue> &&
    !std::is_move_assignable_v<Queue> && std::constructible_from<Queue, int> &&
    std::constructible_from<Queue, std::size_t> && !std::convertible_to<int, Queue>;

}  // namespace

using namespace conq::test;

CONQ_PROMISE(calls, are_those_of_the_contract, any) {
    using queue = typename Subject::template queue<std::string>;
    static_assert(takes<queue, std::string&&> && takes<queue, const std::string&>);
    static_assert(makes<queue> && makes<queue, std::size_t, char>);
    static_assert(gives<queue> && counts<queue> && tells<queue> && stays<queue>);
    static_assert(batches<queue>);
    static_assert(conq::work_queue<queue> && conq::counted_queue<queue>);
    static_assert(conq::selectable<queue>);
    static_assert(std::is_default_constructible_v<queue> ==
                  ((Subject::capabilities & unbounded) != 0));
}

CONQ_PROMISE(calls, hold_a_lock_where_the_type_says_so, any) {
    EXPECT_EQ(Subject::template queue<std::string>::is_locked,
              (Subject::capabilities & lock_free_try) == 0);
    // If several threads claim slots, an item whose move may throw is kept behind a lock.
    EXPECT_EQ(Subject::template queue<conq::test::throwing>::is_locked,
              (Subject::capabilities & many) != 0);
}

CONQ_PROMISE(calls, ask_of_an_item_no_more_than_that_it_can_be_moved, any) {
    using queue = typename Subject::template queue<std::unique_ptr<int>>;
    static_assert(takes<queue, std::unique_ptr<int>&&> && gives<queue> && counts<queue>);
    static_assert(!takes<queue, const std::unique_ptr<int>&>);
    static_assert(conq::counted_queue<queue>);
}

TEST(result, converts_from_nothing_and_to_bool_only_when_asked) {
    static_assert(!std::is_constructible_v<result<int>, int>);
    static_assert(!std::is_convertible_v<status, result<int>>);
    static_assert(!std::is_convertible_v<result<int>, bool>);
    static_assert(!std::is_convertible_v<result<int>, int>);
    static_assert(std::is_constructible_v<bool, result<int>>);
    const result<int> none(status::empty);
    EXPECT_EQ(none.value_or(3), 3);
    EXPECT_EQ(none.to_optional(), std::nullopt);
    EXPECT_THROW(static_cast<void>(none.value()), conq::bad_result_access);
    const result<int> some(std::in_place, [] { return 4; });
    EXPECT_EQ(some.value_or(3), 4);
    EXPECT_EQ(some.to_optional(), 4);
    EXPECT_EQ(some.state(), status::ok);
}

TEST(result, is_copied_as_often_as_its_item_can_be) {
    struct fixed {
        const int value;
    };
    static_assert(std::copyable<result<int>> && std::copyable<result<std::string>>);
    static_assert(std::copyable<result<fixed>>);
    static_assert(std::movable<result<std::unique_ptr<int>>>);
    static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
    static_assert(!std::is_copy_assignable_v<result<std::unique_ptr<int>>>);
    const std::string text = "longer than what a string holds within itself";
    const result<std::string> some(std::in_place, [&] { return text; }), none(status::timed_out);
    result<std::string> kept(status::empty);
    kept = some;
    EXPECT_EQ(kept.value(), text);
    kept = *&kept;
    EXPECT_EQ(kept.value(), text);
    EXPECT_EQ(some.value(), text);
    kept = none;
    EXPECT_EQ(kept.state(), status::timed_out);
}

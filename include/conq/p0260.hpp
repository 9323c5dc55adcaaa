// SPDX-License-Identifier: BSL-1.0
// The interface of P0260R20, "C++ Concurrent Queues" (2026-07-12), the proposal for std::conqueue:
// its bounded_queue, over conq's ring, and an adaptor that gives conq's own queues its names.
//
//     conq::p0260::bounded_queue<int> q(100);
//     q.push(1);                                     // false: closed
//     while (auto item = q.pop()) work(*item);       // ends when the queue is closed and drained
//
//     conq::priority_queue<int> mine;
//     conq::p0260::adaptor theirs(mine);             // for code written for the concepts
//
// Needs C++23 (std::expected): g++ 12 or clang 19, or later. Not provided yet: the async_ members
// and busy_async, which need a scheduler.
//
// Where passages of R20 disagree, this header follows these ([8.2.4.5] is a clause of R20):
//   push            8.2.4.2, `bool push`, not `void push` in 8.2.4.5
//   pop             8.2.4.2, `optional<T> pop()`, not `T pop()` beside it in 8.2.4.5
//   try_pop         8.2.1 and 8.2.3.2/8.1: items come out of a closed queue; so `closed` means
//                   closed and empty, although 8.2.3.2/8.2 names it for closed alone
//   close           8.2.1: pops that wait are resumed with a failure only if there is no object,
//                   although its last sentence says "any"
//   try_ noexcept   8.2.3.2/2 for bounded_queue. An adapted queue that allocates may throw
//                   bad_alloc, as 8.2.3.2/6.3 and /7 allow, and so promises less
// One difference: where T's move cannot throw but its constructor from the arguments may, the
// object is made first and then moved into the storage, because the ring cannot take back a slot.
#ifndef CONQ_P0260_HPP
#define CONQ_P0260_HPP

#include <concepts>
#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <memory_resource>
#include <optional>
#include <type_traits>
#include <utility>

#include "conq/platform/exceptions.hpp"
#include "conq/queue.hpp"

#if !defined(__cpp_lib_expected)
#error "conq/p0260.hpp needs C++23: std::expected"
#endif

namespace conq::p0260 {

/// The outcome of a call. busy: it would have had to wait for another thread's call.
enum class conqueue_status { success, empty, full, closed, busy, busy_async };

/// [conqueue.concept.basic] Blocking push and pop. R20 requires emplace through a lambda that
/// nothing instantiates; here emplace must accept the item.
template <class Q>
concept basic_concurrent_queue = std::move_constructible<typename Q::value_type> &&
                                 requires(Q& q, const Q& cq, typename Q::value_type&& t) {
                                     { cq.is_closed() } noexcept -> std::same_as<bool>;
                                     { q.close() } noexcept -> std::same_as<void>;
                                     {
                                         q.push(std::forward<typename Q::value_type>(t))
                                     } -> std::same_as<bool>;
                                     {
                                         q.emplace(std::forward<typename Q::value_type>(t))
                                     } -> std::same_as<bool>;
                                     {
                                         q.pop()
                                     } -> std::same_as<std::optional<typename Q::value_type>>;
                                 };

/// [conqueue.concept.concurrent] The same, with the forms that do not block.
template <class Q>
concept concurrent_queue = basic_concurrent_queue<Q> && requires(Q& q, typename Q::value_type&& t) {
    { q.try_push(std::forward<typename Q::value_type>(t)) } -> std::same_as<conqueue_status>;
    { q.try_emplace(std::forward<typename Q::value_type>(t)) } -> std::same_as<conqueue_status>;
    { q.try_pop() } -> std::same_as<std::expected<typename Q::value_type, conqueue_status>>;
};

/// Translates a status of conq into the proposal's.
[[nodiscard]] constexpr conqueue_status to_conqueue_status(status from) noexcept {
    switch (from) {
        case status::ok:
            return conqueue_status::success;
        case status::empty:
            return conqueue_status::empty;
        case status::full:
            return conqueue_status::full;
        case status::shut_down:
            return conqueue_status::closed;
        case status::busy:
        case status::timed_out:  // never: no call here has a deadline or a stop
        case status::stopped:
        case status::lease_lost:
            break;
    }
    return conqueue_status::busy;
}

/// The calls of the proposal, over a queue of conq. Derived supplies the queue by `queue()`.
///
/// Thread-safety, progress and cost: those of the queue. emplace and push wait while it is full,
/// pop while it is empty; the others do not wait. If T's constructor throws in a push, nothing is
/// deposited; if it throws in a pop, the item has left the queue and is lost.
template <class Derived, class T, bool Allocates> class calls {
public:
    /// The item's type.
    using value_type = T;

    calls(const calls&) = delete;
    calls& operator=(const calls&) = delete;

    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return self().queue().is_shut_down(); }
    /// Closes the queue to pushes; pops drain what is left. Waiting calls see it at once.
    void close() noexcept { self().queue().shutdown(); }

    /// Deposits an item; waits while the queue is full. Returns false if the queue is closed.
    bool push(const T& item) { return emplace(item); }
    bool push(T&& item) { return emplace(std::move(item)); }
    /// The same with T(arguments...).
    template <class... Arguments>
        requires std::constructible_from<T, Arguments...>
    bool emplace(Arguments&&... arguments) {
        return self().queue().emplace(std::forward<Arguments>(arguments)...) == status::ok;
    }
    /// Deposits an item if that needs no waiting. Returns success, full, busy or closed.
    [[nodiscard]] conqueue_status try_push(const T& item) noexcept(
        !Allocates && std::is_nothrow_copy_constructible_v<T>) {
        return try_emplace(item);
    }
    [[nodiscard]] conqueue_status try_push(T&& item) noexcept(
        !Allocates && std::is_nothrow_move_constructible_v<T>) {
        return try_emplace(std::move(item));
    }
    /// The same with T(arguments...).
    template <class... Arguments>
        requires std::constructible_from<T, Arguments...>
    [[nodiscard]] conqueue_status try_emplace(Arguments&&... arguments) noexcept(
        !Allocates && std::is_nothrow_constructible_v<T, Arguments...>) {
        return to_conqueue_status(
            self().queue().try_emplace(std::forward<Arguments>(arguments)...));
    }

    /// Takes the next item; waits while there is none. Returns none: closed and drained.
    [[nodiscard]] std::optional<T> pop() {
        std::optional<T> item;
        ending how;
        self().queue().get_into(slot{item, how});
        how.rethrow();
        return item;
    }
    /// Takes the next item if that needs no waiting; else returns empty, busy or closed.
    [[nodiscard]] std::expected<T, conqueue_status> try_pop() noexcept(
        std::is_nothrow_move_constructible_v<T>) {
        std::optional<T> item;
        ending how;
        self().queue().try_get_into(slot{item, how});
        how.rethrow();
        if (!item) return std::unexpected(to_conqueue_status(how.state));
        return std::move(*item);
    }

protected:
    calls() = default;
    ~calls() = default;

private:
    // Why a pop returns no item: there was none, or its move threw.
    struct ending {
        status state = status::ok;
        std::exception_ptr failure;

        void rethrow() {
            if (failure) std::rethrow_exception(std::move(failure));
        }
    };
    // Never throws, so that the queue gives the item up even if its move throws.
    struct slot {
        std::optional<T>& item;
        ending& how;

        void operator()(T& from) const noexcept {
            if constexpr (std::is_nothrow_move_constructible_v<T>) {
                item.emplace(std::move(from));
            } else {
                platform::call_or([&] { item.emplace(std::move(from)); },
                                  [&](std::exception_ptr why) { how.failure = std::move(why); });
            }
        }
        void fail(status why) const noexcept { how.state = why; }
    };

    [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }
    [[nodiscard]] const Derived& self() const noexcept {
        return static_cast<const Derived&>(*this);
    }
};

/// Gives a queue of conq (bounded_queue, queue, lifo_queue, priority_queue) the proposal's names;
/// the queue must outlive it. It models concurrent_queue, and both may be used at once. If anybody
/// joins the queue, items taken here must still be counted as done there.
template <class Queue>
class adaptor : public calls<adaptor<Queue>, typename Queue::value_type, true> {
public:
    /// Adapts the queue `of`.
    explicit adaptor(Queue& of) noexcept : queue_(of) {}
    /// The adapted queue.
    [[nodiscard]] Queue& queue() const noexcept { return queue_; }

private:
    Queue& queue_;
};

/// [bounded.queue] A first-in first-out queue for `max_elems` items. It models concurrent_queue.
///
/// Order: first in, first out, and sequentially consistent: push-deposited and pop-claimed are
/// seq_cst operations, so all such queues share one order of them. Memory: allocated by the
/// constructor and never again; items are made and destroyed by allocator_traits::construct and
/// destroy.
template <class T, class Allocator = std::allocator<T>>
class bounded_queue : public calls<bounded_queue<T, Allocator>, T, false> {
public:
    /// The allocator type.
    using allocator_type = Allocator;

    /// Makes a queue with room for `max_elems` items. Throws std::invalid_argument if that is 0 or
    /// more than 2^31, and what the allocator throws.
    explicit bounded_queue(std::size_t max_elems, const Allocator& alloc = Allocator())
        : queue_(max_elems, alloc) {}
    bounded_queue(bounded_queue&&) = delete;

    /// Returns a copy of the allocator.
    [[nodiscard]] allocator_type get_allocator() const {
        return allocator_type(queue_.get_allocator());
    }

private:
    friend class calls<bounded_queue, T, false>;
    struct traits : default_traits {
        template <class U>
        using allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<U>;
        using accounting = conq::accounting::none;
    };
    using queue_type = basic_bounded_queue<T, traits>;

    [[nodiscard]] queue_type& queue() noexcept { return queue_; }
    [[nodiscard]] const queue_type& queue() const noexcept { return queue_; }

    queue_type queue_;
};

namespace pmr {

/// bounded_queue that allocates from a memory resource.
template <class T>
using bounded_queue = p0260::bounded_queue<T, std::pmr::polymorphic_allocator<T>>;

}  // namespace pmr

}  // namespace conq::p0260

#endif

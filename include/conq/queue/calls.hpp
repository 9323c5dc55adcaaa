// SPDX-License-Identifier: BSL-1.0
// All forms of the contract's calls, written once for every queue. A queue supplies the few
// primitives that the forms are built from; see queue_calls.
#ifndef CONQ_QUEUE_CALLS_HPP
#define CONQ_QUEUE_CALLS_HPP

#include <atomic>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "conq/buffers/cell.hpp"
#include "conq/buffers/source.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/result.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/standard.hpp"
#include "conq/queue/batch_calls.hpp"
#include "conq/queue/lease.hpp"

namespace conq {

/// The calls of every memory queue.
///
/// Queue, the derived class, has: `put_item(source, limit)`, `try_put_item(source)`,
/// `get_item(limit)`, `try_get_item()`, `allocator_type`, `get_allocator()`, and the constants
/// `takes_throwing_sources` and `counts_tasks`; if the latter is true, also `join_within(limit)`
/// and `task_done(n)`. For batches see batch_calls.
///
/// Threads: every call may be made from any thread, at any time between the end of the constructor
/// and the beginning of the destructor. It is a bug to destroy a queue while a call waits on it or
/// a lease of it is alive: checked builds (CONQ_CHECKED) report it and abort. A queue can be
/// neither copied nor moved. After fork() the child must not use the queue: the child lacks the
/// threads that were inside a call, and what they had locked or claimed stays so for good.
///
/// Stop tokens: any copyable type with stop_requested() and stop_possible(), such as
/// std::stop_token. Durations and time points: any of std::chrono. A negative duration or a past
/// time point tries once; duration::max() means no deadline.
template <class Queue, class T> class queue_calls : public batch_calls<Queue, T> {
    static_assert(std::is_object_v<T> && std::is_move_constructible_v<T>,
                  "conq: items are objects that can be moved");
    static_assert(std::is_same_v<T, std::remove_cv_t<T>>,
                  "conq: items are neither const nor volatile");

public:
    /// The item's type, and the type that take returns.
    using value_type = T;
    using lease_type = lease<Queue>;

    queue_calls(const queue_calls&) = delete;
    queue_calls& operator=(const queue_calls&) = delete;

    // ---- put: ok or shut_down; with a limit also timed_out or stopped.

    /// Adds an item; waits while the queue is full. Returns ok or shut_down.
    ///
    /// Throws what T's constructor throws and std::bad_alloc. In every form, a put that does not
    /// return ok, or throws, has not touched its argument (but see emplace).
    CONQ_HOT status put(T&& item) { return self().put_item(moved(item), limit<>{}); }
    CONQ_HOT status put(const T& item)
        requires std::copy_constructible<T>
    {
        return put_copy(item, limit<>{});
    }
    /// The same; a stop request ends the wait with `stopped`.
    template <stop_token_like Stop> [[nodiscard]] status put(T&& item, Stop stop) {
        return self().put_item(moved(item), limit<Stop>{platform::never, std::move(stop)});
    }
    template <stop_token_like Stop>
        requires std::copy_constructible<T>
    [[nodiscard]] status put(const T& item, Stop stop) {
        return put_copy(item, limit<Stop>{platform::never, std::move(stop)});
    }
    /// The same, but waits for at most `span`, then returns `timed_out`.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status put_for(T&& item, std::chrono::duration<Rep, Period> span,
                                 Stop stop = {}) {
        return self().put_item(moved(item), limit_for(span, std::move(stop)));
    }
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
        requires std::copy_constructible<T>
    [[nodiscard]] status put_for(const T& item, std::chrono::duration<Rep, Period> span,
                                 Stop stop = {}) {
        return put_copy(item, limit_for(span, std::move(stop)));
    }
    /// The same, but waits until `point` at the latest.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status put_until(T&& item, std::chrono::time_point<Clock, Duration> point,
                                   Stop stop = {}) {
        return self().put_item(moved(item), limit_until(point, std::move(stop)));
    }
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
        requires std::copy_constructible<T>
    [[nodiscard]] status put_until(const T& item, std::chrono::time_point<Clock, Duration> point,
                                   Stop stop = {}) {
        return put_copy(item, limit_until(point, std::move(stop)));
    }
    /// Adds an item if that needs no waiting. Returns ok, full, busy or shut_down.
    [[nodiscard]] CONQ_HOT status try_put(T&& item) { return self().try_put_item(moved(item)); }
    [[nodiscard]] CONQ_HOT status try_put(const T& item)
        requires std::copy_constructible<T>
    {
        if constexpr (can_build_in_place<const T&>) {
            return self().try_put_item(source_of<const T&>(item));
        } else {
            auto copy = made_before(item);
            return self().try_put_item(moved(*copy.item()));
        }
    }
    /// put(T(arguments...)). If making the item may throw, it is made before a slot is claimed;
    /// then arguments that were moved into it are gone even if the result is not ok. To keep them,
    /// make the item first and put it.
    template <class... Arguments>
        requires std::constructible_from<T, Arguments...>
    status emplace(Arguments&&... arguments) {
        return with_made([this](const auto& source) { return self().put_item(source, limit<>{}); },
                         std::forward<Arguments>(arguments)...);
    }
    /// try_put(T(arguments...)).
    template <class... Arguments>
        requires std::constructible_from<T, Arguments...>
    [[nodiscard]] status try_emplace(Arguments&&... arguments) {
        return with_made([this](const auto& source) { return self().try_put_item(source); },
                         std::forward<Arguments>(arguments)...);
    }

    // ---- get: an item or shut_down; with a limit also timed_out or stopped.

    /// Removes the next item; waits while the queue is empty. Returns shut_down once it is shut
    /// down and drained. In every form, throws only if T's move throws; then nothing was taken.
    [[nodiscard]] CONQ_HOT result<T> get() { return self().get_item(limit<>{}); }
    /// The same; a stop request ends the wait with `stopped`.
    template <stop_token_like Stop> [[nodiscard]] result<T> get(Stop stop) {
        return self().get_item(limit<Stop>{platform::never, std::move(stop)});
    }
    /// The same, but waits for at most `span`, then returns `timed_out`.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    [[nodiscard]] result<T> get_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return self().get_item(limit_for(span, std::move(stop)));
    }
    /// The same, but waits until `point` at the latest.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    [[nodiscard]] result<T> get_until(std::chrono::time_point<Clock, Duration> point,
                                      Stop stop = {}) {
        return self().get_item(limit_until(point, std::move(stop)));
    }
    /// Removes the next item if that needs no waiting; else returns empty, busy or shut_down.
    [[nodiscard]] CONQ_HOT result<T> try_get() { return self().try_get_item(); }

    // ---- take: get under a lease, which calls task_done.

    /// Removes the next item under a lease; waits while the queue is empty. See get for the rest.
    [[nodiscard]] lease_type take() {
        return {self(), [&] { return get(); }};
    }
    /// The same; a stop request ends the wait with `stopped`.
    template <stop_token_like Stop> [[nodiscard]] lease_type take(Stop stop) {
        return {self(), [&] { return get(std::move(stop)); }};
    }
    /// The same, but waits for at most `span`, then returns `timed_out`.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    [[nodiscard]] lease_type take_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return {self(), [&] { return get_for(span, std::move(stop)); }};
    }
    /// The same, but waits until `point` at the latest.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    [[nodiscard]] lease_type take_until(std::chrono::time_point<Clock, Duration> point,
                                        Stop stop = {}) {
        return {self(), [&] { return get_until(point, std::move(stop)); }};
    }
    /// Removes the next item under a lease if that needs no waiting; else as try_get.
    [[nodiscard]] lease_type try_take() {
        return {self(), [&] { return try_get(); }};
    }

    /// For `for (auto& task : q) work(*task);`: see lease_iterator.
    [[nodiscard]] lease_iterator<Queue> begin() { return lease_iterator<Queue>(self()); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    // ---- join: ok; with a limit also timed_out or stopped.

    /// Waits until every item put has been done.
    ///
    /// In every form, it returns ok only if the number of unfinished items was zero at an instant
    /// inside the call, and every task_done and lease end that it counted has made its last access
    /// to the queue. So it is safe to join and then destroy the queue.
    void join()
        requires Queue::counts_tasks
    {
        static_cast<void>(self().join_within(limit<>{}));
    }
    /// The same; a stop request ends the wait. Returns ok or stopped.
    template <stop_token_like Stop>
        requires Queue::counts_tasks
    [[nodiscard]] status join(Stop stop) {
        return self().join_within(limit<Stop>{platform::never, std::move(stop)});
    }
    /// The same, but waits for at most `span`. Returns ok, timed_out or stopped.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
        requires Queue::counts_tasks
    [[nodiscard]] status join_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return self().join_within(limit_for(span, std::move(stop)));
    }
    /// The same, but waits until `point` at the latest.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
        requires Queue::counts_tasks
    [[nodiscard]] status join_until(std::chrono::time_point<Clock, Duration> point,
                                    Stop stop = {}) {
        return self().join_within(limit_until(point, std::move(stop)));
    }

    /// For leases: one begins; one ends, and its items are done; one hands its duty to the caller.
    void begin_lease() noexcept { count_leases(1); }
    void end_lease(std::uint64_t items = 1) {
        count_leases(-1);
        self().task_done(items);
    }
    void forget_lease() noexcept { count_leases(-1); }

protected:
    queue_calls() = default;
    ~queue_calls() {
#if CONQ_CHECKED
        if (leases_.load() != 0) abort_with("a queue was destroyed while a lease of it was alive");
#endif
    }

private:
    // Queue is still incomplete where this class is instantiated.
    template <class Q> using life_in = item_life<T, typename Q::allocator_type>;
    template <class... From>
    static constexpr bool can_build_in_place =
        Queue::takes_throwing_sources || life_in<Queue>::template is_made_nothrow<From...>();

    [[nodiscard]] Queue& self() noexcept { return static_cast<Queue&>(*this); }
    template <class From>
    [[nodiscard]] auto source_of(std::remove_reference_t<From>& item) noexcept {
        using source = item_source<T, From, typename Queue::allocator_type>;
        return source{item, self().get_allocator()};
    }
    [[nodiscard]] auto moved(T& item) noexcept { return source_of<T&&>(item); }
    // Makes an item with the allocator, which also destroys it, before anything is claimed.
    template <class... From> [[nodiscard]] auto made_before(From&&... from) {
        using allocator = typename Queue::allocator_type;
        const allocator alloc = self().get_allocator();
        const auto make = [&](void* address) {
            life_in<Queue>::make(alloc, address, std::forward<From>(from)...);
        };
        return cell<T, allocator>(make, alloc);
    }

    template <class Stop> CONQ_HOT status put_copy(const T& item, const limit<Stop>& within) {
        if constexpr (can_build_in_place<const T&>) {
            return self().put_item(source_of<const T&>(item), within);
        } else {
            auto copy = made_before(item);
            return self().put_item(moved(*copy.item()), within);
        }
    }

    template <class Put, class... Arguments> status with_made(Put put, Arguments&&... arguments) {
        if constexpr (can_build_in_place<Arguments...>) {
            std::tuple<Arguments&&...> references(std::forward<Arguments>(arguments)...);
            using life = life_in<Queue>;
            return put([&references, alloc = self().get_allocator()](void* address) noexcept(
                           life::template is_made_nothrow<Arguments...>()) {
                std::apply(
                    [&](auto&&... each) {
                        life::make(alloc, address, std::forward<decltype(each)>(each)...);
                    },
                    std::move(references));
            });
        } else {
            auto item = made_before(std::forward<Arguments>(arguments)...);
            return put(moved(*item.item()));
        }
    }

#if CONQ_CHECKED
    void count_leases(int change) noexcept { leases_.fetch_add(change); }
    std::atomic<int> leases_{0};
#else
    void count_leases(int) noexcept {}
#endif
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// The calls that put, get or take several items at once, written once for every queue.
#ifndef CONQ_QUEUE_BATCH_CALLS_HPP
#define CONQ_QUEUE_BATCH_CALLS_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

#include "conq/buffers/storable.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/limits.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/clock.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/platform/standard.hpp"
#include "conq/queue/batch.hpp"
#include "conq/queue/lease_batch.hpp"

namespace conq {

/// The batch calls: they do what one call per item would do, at a lower cost. A batch claims a run
/// of ready items, at most limits::batch_claim_most, with one compare-and-swap (one store in an
/// spsc_queue, one acquisition of the lock in a queue that has one), then the next run. It never
/// waits for anything between a claim and the end of that claim.
///
/// Order: each item of a batch is a put (or get) of its own, at an instant inside the call, in the
/// order of the range. Puts and gets of other threads may come between two of them: a batch keeps
/// the order of its items, but it is not atomic. What the queue's type promises (linearizable, or
/// sequentially consistent) holds for each of these puts and gets. A put_many that does not return
/// ok behaves as if one more put had failed with that answer at its end; so does a get_many that
/// took nothing.
///
/// `count` is exact: the first `count` items were put, or taken, and the rest is untouched: a range
/// that is moved from keeps the items that were not put. An empty batch returns ok, unless it is
/// stopped.
///
/// `within` limits how long a call may wait: no argument (no limit), a duration or a time point, a
/// stop token, a duration or a time point with a stop token, or conq::now (the call does not wait).
///
/// Exceptions (of T, of the allocator) propagate only if nothing was put or taken before, so that
/// no count is lost. Otherwise the call returns what was done, put_many with `busy`, and the next
/// call meets the exception, unless its cause is gone.
///
/// Queue, the derived class, has `put_items(source, most, count, within)` and
/// `get_items(sink, most, count, within)`, each for one item or more; `within` is a limit, or now.
/// Thread-safety and progress: those of put and get. O(items).
template <class Queue, class T> class batch_calls {
public:
    /// The type that take_many returns.
    using lease_batch_type = lease_batch<Queue>;

    /// Adds the items of a range, in order; waits while the queue is full, as often as needed.
    /// Returns ok if all were put, else the reason: shut_down, timed_out or stopped; full or busy
    /// with conq::now.
    ///
    /// Items are copied, or moved from std::move_iterators. The range is read before anything is
    /// claimed. Items whose construction may throw, or that are made from another type, are made
    /// beforehand, a few at a time.
    template <class First, class Last, class... Limit>
        requires batch_of<First, Last, T> && limiting<Limit...>
    batch_result put_many(First first, Last last, Limit... within) {
        shared_limit until(limit_of(std::move(within)...));
        if (until.is_stopped()) return {0, status::stopped};
        const auto items = static_cast<std::uint64_t>(std::ranges::distance(first, last));
        batch_result put{0, status::busy};
        platform::call_forgiving(
            [&] { put.status = put_range(std::move(first), items, put.count, until); },
            [&] { return put.count != 0; });
        return put;
    }

    /// Removes up to `max` items and assigns them to `*out++`; waits while the queue is empty, then
    /// takes what is there. Returns ok if it took any, else the reason: shut_down (and drained),
    /// timed_out or stopped; empty or busy with conq::now.
    ///
    /// If an assignment or the iterator throws, the exception propagates: items already assigned
    /// stay with the caller; items taken and not yet assigned (at most limits::batch_claim_most)
    /// are dropped and count as done. take_many has no such case.
    template <class Out, class... Limit>
        requires std::output_iterator<Out, T&&> && limiting<Limit...>
    batch_result get_many(Out out, std::uint64_t max, Limit... within) {
        shared_limit until(limit_of(std::move(within)...));
        if (until.is_stopped()) return {0, status::stopped};
        std::uint64_t count = 0;
        if constexpr (std::contiguous_iterator<Out> && std::is_trivially_copyable_v<T> &&
                      std::same_as<std::iter_reference_t<Out>, T&>) {
            T* to = std::to_address(out);
            const auto sink = [&to](T& item) noexcept { *to++ = std::move(item); };
            const status answer = fetch(sink, max, count, until.within);
            return {count, answer};
        } else {
            const status answer = get_by_handfuls(out, max, count, until.within);
            return {count, answer};
        }
    }

    /// get_many under one lease, which calls task_done for all items. Allocates before it takes
    /// anything: room for the items in the queue at the start, for at least 16, for at most `max`.
    /// It takes no more than fit there. Throws std::bad_alloc; then nothing was taken.
    template <class... Limit>
        requires limiting<Limit...>
    [[nodiscard]] lease_batch_type take_many(std::uint64_t max, Limit... within) {
        shared_limit until(limit_of(std::move(within)...));
        typename lease_batch_type::container items(self().get_allocator());
        if (until.is_stopped()) return {self(), std::move(items), status::stopped};
        const std::uint64_t inside = self().size();
        const std::uint64_t most = limits::smaller(max, inside < 16 ? 16 : inside);
        items.reserve(static_cast<std::size_t>(most));
        const auto sink = [&items](T& item) { items.emplace_back(std::move_if_noexcept(item)); };
        std::uint64_t count = 0;
        const status answer = fetch(sink, most, count, until.within);
        return {self(), std::move(items), answer};
    }

protected:
    batch_calls() = default;
    ~batch_calls() = default;

private:
    // A limit that several waits of one call share. The clock is read when the first wait begins.
    template <class Within> struct shared_limit {
        Within within;
        platform::instant_ns deadline = 0;  // 0: not known yet

        explicit shared_limit(Within whole) : within(std::move(whole)) {}
        [[nodiscard]] bool is_stopped() const noexcept {
            if constexpr (std::same_as<Within, now_t>) {
                return false;
            } else {
                return within.stop.stop_requested();
            }
        }
        // The part of the limit that is left.
        [[nodiscard]] Within rest() {
            Within left = within;
            if (within.span_ns == platform::never) return left;
            const platform::instant_ns at = Queue::platform_type::now();
            if (deadline == 0) deadline = platform::after(at, within.span_ns);
            left.span_ns = deadline > at ? deadline - at : 0;
            return left;
        }
    };

    [[nodiscard]] Queue& self() noexcept { return static_cast<Queue&>(*this); }

    // Puts `items` items from `first` on: from where they are (walked one by one, or by their
    // addresses), or made beforehand.
    template <class First, class Until>
    status put_range(First first, std::uint64_t items, std::uint64_t& count, Until& until) {
        using from = std::iter_reference_t<First>;
        using item = std::remove_reference_t<from>;
        using life = item_life<T, typename Queue::allocator_type>;
        constexpr bool are_items =
            std::is_reference_v<from> && std::same_as<std::remove_const_t<item>, T>;
        // An item that is moved goes straight from the range, as in put(T&&): moved out beforehand,
        // it would be lost if the next move threw.
        if constexpr (!are_items ||
                      (!Queue::takes_throwing_sources && !std::is_rvalue_reference_v<from> &&
                       !life::template is_made_nothrow<from>())) {
            return put_by_handfuls(std::move(first), items, count, until);
        } else if constexpr (std::contiguous_iterator<walker<First>>) {
            item* next = std::to_address(walker_of(std::move(first)));
            return put_all<from>(next, items, count, until);
        } else {
            std::array<item*, limits::batch_claim_most> places;
            while (count != items) {
                const std::uint64_t some = limits::smaller(items - count, places.size());
                for (std::uint64_t i = 0; i != some; ++i, ++first) {
                    from each = *first;
                    places[static_cast<std::size_t>(i)] = std::addressof(each);
                }
                address_cursor<item> next{places.data()};
                const status answer = put_all<from>(next, some, count, until);
                if (answer != status::ok) return answer;
            }
            return status::ok;
        }
    }
    template <class First, class Until>
    status put_by_handfuls(First first, std::uint64_t items, std::uint64_t& count, Until& until) {
        using hand = handful<T, typename Queue::allocator_type>;
        while (count != items) {
            hand made(self().get_allocator());
            const std::uint64_t some = limits::smaller(items - count, made.capacity);
            for (; made.size() != some; ++first) made.add(*first);
            T* next = made.begin();
            const status answer = put_all<T&&>(next, some, count, until);
            if (answer != status::ok) return answer;
        }
        return status::ok;
    }
    template <class From, class Cursor, class Until>
    status put_all(Cursor& next, std::uint64_t items, std::uint64_t& count, Until& until) {
        using source = batch_source<T, From, Cursor, typename Queue::allocator_type>;
        const source from{next, self().get_allocator()};
        const std::uint64_t all = count + items;
        while (count != all) {
            const std::uint64_t most = limits::smaller(all - count, limits::batch_claim_most);
            status answer = self().put_items(from, most, count, now);
            if constexpr (!std::same_as<decltype(until.within), now_t>) {
                if (answer == status::full || answer == status::busy) {
                    answer = self().put_items(from, most, count, until.rest());
                }
            }
            if (answer != status::ok) return answer;
        }
        return status::ok;
    }

    // Takes up to `most` items: waits for the first, then takes what is there. ok if it took any.
    template <class Sink, class Within>
    status fetch(const Sink& sink, std::uint64_t most, std::uint64_t& count, const Within& within) {
        const std::uint64_t before = count, all = count + most;
        status answer = status::ok;
        const auto take = [&] {
            while (count != all && answer == status::ok) {
                const std::uint64_t some = limits::smaller(all - count, limits::batch_claim_most);
                answer = count == before ? self().get_items(sink, some, count, within)
                                         : self().get_items(sink, some, count, now);
            }
        };
        platform::call_forgiving(take, [&] { return count != 0; });
        return count != before ? status::ok : answer;
    }

    template <class Out, class Within>
    status get_by_handfuls(Out& out, std::uint64_t max, std::uint64_t& count,
                           const Within& within) {
        using hand = handful<T, typename Queue::allocator_type>;
        status answer = status::ok;
        while (count != max) {
            hand taken(self().get_allocator());
            undelivered<hand> rest{self(), taken};
            const auto sink = [&taken](T& item) { taken.add(std::move_if_noexcept(item)); };
            const std::uint64_t most = limits::smaller(max - count, taken.capacity);
            const bool is_first = count == 0;
            answer = is_first ? fetch(sink, most, count, within) : fetch(sink, most, count, now);
            for (T* each = taken.begin(); rest.delivered != taken.size();
                 ++each, ++rest.delivered) {
                *out = std::move(*each);
                ++out;
            }
            if (taken.size() != most) break;
        }
        return count != 0 ? status::ok : answer;
    }
    // Drops items that were taken and could not be delivered, and counts them as done.
    template <class Hand> struct undelivered {
        Queue& queue;
        Hand& taken;
        std::size_t delivered = 0;
        ~undelivered() {
            const std::uint64_t left = taken.size() - delivered;
            taken.clear();
            if constexpr (Queue::counts_tasks) {
                if (left != 0) queue.task_done(left);
            }
        }
    };
};

}  // namespace conq

#endif

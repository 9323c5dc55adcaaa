// SPDX-License-Identifier: BSL-1.0
// delay_queue<T>: a work queue whose items come out when they are due.
#ifndef CONQ_QUEUE_DELAY_QUEUE_HPP
#define CONQ_QUEUE_DELAY_QUEUE_HPP

#include <concepts>
#include <utility>

#include "conq/buffers/locked_buffer.hpp"
#include "conq/buffers/source.hpp"
#include "conq/buffers/timetable.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/limits.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/clock.hpp"
#include "conq/platform/standard.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// The buffer of a delay_queue.
template <class T, class Traits, class Flag = wake_flag<typename Traits::platform>>
using delay_buffer =
    locked_buffer<timetable<T, typename Traits::template allocator<T>, typename Traits::platform>,
                  Traits, Flag, Flag>;

/// A work queue whose items come out when they are due and not before, without a bound or with a
/// maxsize. put_after and put_at say when that is; an item that is put by put, emplace and the like
/// is due at once. A get waits while nothing is due, a try_get answers `empty`.
///
/// Order: the earliest first, those of the same instant in the order in which they were put; strict
/// and linearizable. Time is the platform's monotonic clock, read when an item is put and when one
/// is taken: an item never comes out early, and comes out as soon after its instant as a sleeping
/// thread wakes, if one waits. size() counts items that are not due, too, and so does the bound.
///
/// shutdown() keeps the delays: gets wait until the last item was due, then say so; until then a
/// try_get answers `empty`, and join waits. shutdown(immediate) drops what is in, due or not; only
/// that ends the wait for an item that is never due.
///
/// Threads: any number of putters and getters. Of the getters that wait the first one sleeps with a
/// timer, the others until they are woken; an earlier item wakes the first to set its timer anew,
/// and whoever takes an item or gives up hands the timer on. Waiters without a thread (see
/// enlist_getter) ask ready_at() and keep their own time. Memory: an array that doubles as it fills
/// up and that only trim() makes smaller; items whose move may throw are allocated one by one.
/// Progress: a put or get holds a lock for up to log2(size) moves; so a try_ call may answer
/// `busy`, and what a thread that dies in the middle of a call leaves is a locked queue. A put may
/// allocate, under the lock. T's moves and destructor must not call the queue. O(log size).
template <class T, class Traits = default_traits>
class basic_delay_queue
    : public composition<basic_delay_queue<T, Traits>, T, delay_buffer<T, Traits>, Traits> {
public:
    /// See traits.
    using typename basic_delay_queue::composition::allocator_type;

    /// A queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if it is
    /// negative or more than 2^31, and what the allocator throws.
    explicit basic_delay_queue(std::integral auto maxsize,
                               const allocator_type& allocator = allocator_type())
        : basic_delay_queue::composition(limits::checked_size(maxsize, 0, "maxsize"), allocator) {}
    basic_delay_queue() : basic_delay_queue(0) {}
    explicit basic_delay_queue(const allocator_type& allocator) : basic_delay_queue(0, allocator) {}

    /// Adds an item that is due when `delay` has passed since the call began: at once if it is not
    /// positive, never if it is duration::max(). Waits while the queue is full. ok or shut_down. A
    /// put that does not return ok, or throws, has not touched its argument. Throws what T's
    /// constructor throws and std::bad_alloc.
    template <class Rep, class Period>
    status put_after(T&& item, std::chrono::duration<Rep, Period> delay) {
        return put_due(item, due_after(delay), limit_of());
    }
    template <class Rep, class Period>
        requires std::copy_constructible<T>
    status put_after(const T& item, std::chrono::duration<Rep, Period> delay) {
        return copy_due(item, due_after(delay), limit_of());
    }
    /// The same, for as long as the limit says: a duration or time point, a stop token, one of the
    /// first two and a stop token, or conq::now, which does not wait. timed_out, stopped, or full
    /// and busy.
    template <class Rep, class Period, class... Limit>
        requires(sizeof...(Limit) > 0) && limiting<Limit...>
    [[nodiscard]] status put_after(T&& item, std::chrono::duration<Rep, Period> delay,
                                   Limit... within) {
        return put_due(item, due_after(delay), limit_of(std::move(within)...));
    }
    template <class Rep, class Period, class... Limit>
        requires(sizeof...(Limit) > 0) && limiting<Limit...> && std::copy_constructible<T>
    [[nodiscard]] status put_after(const T& item, std::chrono::duration<Rep, Period> delay,
                                   Limit... within) {
        return copy_due(item, due_after(delay), limit_of(std::move(within)...));
    }

    /// Adds an item that is due at `due`, which may have passed: then it comes out before those
    /// that were due later. A time point of a clock other than steady_clock is translated when it
    /// is put: later jumps of that clock are not followed, and two equal ones may differ by the
    /// time that the translation takes. Otherwise as put_after.
    template <class Clock, class Duration>
    status put_at(T&& item, std::chrono::time_point<Clock, Duration> due) {
        return put_due(item, due_at(due), limit_of());
    }
    template <class Clock, class Duration>
        requires std::copy_constructible<T>
    status put_at(const T& item, std::chrono::time_point<Clock, Duration> due) {
        return copy_due(item, due_at(due), limit_of());
    }
    /// The same with a limit, as put_after.
    template <class Clock, class Duration, class... Limit>
        requires(sizeof...(Limit) > 0) && limiting<Limit...>
    [[nodiscard]] status put_at(T&& item, std::chrono::time_point<Clock, Duration> due,
                                Limit... within) {
        return put_due(item, due_at(due), limit_of(std::move(within)...));
    }
    template <class Clock, class Duration, class... Limit>
        requires(sizeof...(Limit) > 0) && limiting<Limit...> && std::copy_constructible<T>
    [[nodiscard]] status put_at(const T& item, std::chrono::time_point<Clock, Duration> due,
                                Limit... within) {
        return copy_due(item, due_at(due), limit_of(std::move(within)...));
    }

    /// When a get need not wait any more, by the platform's clock: when the earliest item is due;
    /// platform::never if there is none, 0 once the queue is shut down and drained. Waits for the
    /// lock.
    [[nodiscard]] platform::instant_ns ready_at() noexcept { return this->buffer().ready_at(); }

private:
    template <class Rep, class Period>
    static platform::instant_ns due_after(std::chrono::duration<Rep, Period> delay) {
        return platform::after(Traits::platform::now(), platform::span_ns(delay));
    }
    template <class Clock, class Duration>
    static platform::instant_ns due_at(std::chrono::time_point<Clock, Duration> point) {
        return platform::instant_of(point, Traits::platform::now());
    }
    template <class Limit> status put_due(T& item, platform::instant_ns due, const Limit& within) {
        using moved = item_source<T, T&&, allocator_type>;
        const moved made{item, this->get_allocator()};
        const delayed_source<moved> source{made, due};
        if constexpr (std::same_as<Limit, now_t>) {
            return this->try_put_item(source);
        } else {
            return this->put_item(source, within);
        }
    }
    template <class Limit>
    status copy_due(const T& item, platform::instant_ns due, const Limit& within) {
        T copy(item);
        return put_due(copy, due, within);
    }
};

/// basic_delay_queue with the default traits.
template <class T> using delay_queue = basic_delay_queue<T>;

}  // namespace conq

#endif

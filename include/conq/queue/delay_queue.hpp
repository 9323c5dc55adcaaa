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

/// A work queue whose items come out when they are due and not before. It has no bound, or a
/// maxsize. put_after and put_at say when an item is due; one that is added by put, emplace and the
/// like is due at once. A get waits while no item is due; a try_get returns `empty`.
///
/// Order: the earliest due first; items due at the same instant in the order in which they were
/// put. Strict and linearizable. Time is the platform's monotonic clock, read when an item is put
/// and when one is taken. An item never comes out early. If a consumer waits, the item comes out as
/// soon after it is due as a sleeping thread wakes. size() and the bound count items that are not
/// due, too.
///
/// shutdown() keeps the delays: gets wait until the last item was due, then return shut_down; until
/// then a try_get returns `empty`, and join waits. shutdown(immediate) drops all items, due or not.
/// Nothing else ends the wait for an item that is never due.
///
/// Threads: any number of producers and consumers. Of the consumers that wait, the first sleeps
/// with a timer and the others until they are woken. An earlier item wakes the first to reset its
/// timer; a consumer that takes an item or gives up hands the timer on. Waiters without a thread
/// (see enlist_getter) ask ready_at() and keep their own time. Memory: an array that doubles as it
/// fills up and that only trim() makes smaller; items whose move may throw are allocated one by
/// one. Progress: a put or get holds a lock for up to log2(size) moves. So a try_ call may return
/// `busy`, and a thread that dies inside a call leaves the queue locked. A put may allocate under
/// the lock. T's moves and destructor must not call the queue. O(log size) per call.
template <class T, class Traits = default_traits>
class basic_delay_queue
    : public composition<basic_delay_queue<T, Traits>, T, delay_buffer<T, Traits>, Traits> {
public:
    /// See default_traits::allocator.
    using typename basic_delay_queue::composition::allocator_type;

    /// Makes a queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if
    /// `maxsize` is negative or more than 2^31, and what the allocator throws.
    explicit basic_delay_queue(std::integral auto maxsize,
                               const allocator_type& allocator = allocator_type())
        : basic_delay_queue::composition(limits::checked_size(maxsize, 0, "maxsize"), allocator) {}
    basic_delay_queue() : basic_delay_queue(0) {}
    explicit basic_delay_queue(const allocator_type& allocator) : basic_delay_queue(0, allocator) {}

    /// Adds an item that is due when `delay` has passed since the start of the call: at once if
    /// `delay` is not positive, never if it is duration::max(). Waits while the queue is full.
    /// Returns ok or shut_down. A put that does not return ok, or throws, has not touched its
    /// argument. Throws what T's constructor throws and std::bad_alloc.
    template <class Rep, class Period>
    status put_after(T&& item, std::chrono::duration<Rep, Period> delay) {
        return put_due(item, due_after(delay), limit_of());
    }
    template <class Rep, class Period>
        requires std::copy_constructible<T>
    status put_after(const T& item, std::chrono::duration<Rep, Period> delay) {
        return copy_due(item, due_after(delay), limit_of());
    }
    /// The same with a limit to the wait: a duration or a time point, a stop token, a duration or a
    /// time point with a stop token, or conq::now, which does not wait. Also returns timed_out or
    /// stopped; full or busy with conq::now.
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

    /// Adds an item that is due at `due`. If that has passed, the item comes out before those that
    /// were due later. A time point of a clock other than steady_clock is converted when the item
    /// is put: later jumps of that clock are not followed, and two equal time points may differ by
    /// the time that the conversion takes. Otherwise as put_after.
    template <class Clock, class Duration>
    status put_at(T&& item, std::chrono::time_point<Clock, Duration> due) {
        return put_due(item, due_at(due), limit_of());
    }
    template <class Clock, class Duration>
        requires std::copy_constructible<T>
    status put_at(const T& item, std::chrono::time_point<Clock, Duration> due) {
        return copy_due(item, due_at(due), limit_of());
    }
    /// The same with a limit, as for put_after.
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

    /// The instant from which a get need not wait, by the platform's clock: when the earliest item
    /// is due; platform::never if there is none; 0 once the queue is shut down and drained. Waits
    /// for the lock.
    [[nodiscard]] platform::instant_ns ready_at() noexcept { return this->buffer().ready_at(); }

private:
    template <class Rep, class Period>
    static platform::instant_ns due_after(std::chrono::duration<Rep, Period> delay) {
        return platform::after(Traits::platform::now(), platform::span_ns(delay));
    }
    template <class Clock, class Duration>
    static platform::instant_ns due_at(std::chrono::time_point<Clock, Duration> point) {
        return platform::instant_of(point, [] { return Traits::platform::now(); });
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

// SPDX-License-Identifier: BSL-1.0
// locked_queue<T>: a mutex, condition variables and a deque. The baseline: what one would write by
// hand, but with the whole contract. The other queues are measured against it.
#ifndef CONQ_QUEUE_LOCKED_QUEUE_HPP
#define CONQ_QUEUE_LOCKED_QUEUE_HPP

#include <concepts>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "conq/buffers/cell.hpp"
#include "conq/buffers/repeat.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/limits.hpp"
#include "conq/contract/result.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/condition.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/platform/standard.hpp"
#include "conq/queue/calls.hpp"
#include "conq/queue/own_put.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// A first-in first-out work queue behind one mutex; a maxsize of 0 means no bound.
///
/// Order: strict and linearizable. Threads: any number. Progress: every call takes the mutex, the
/// try_ calls included, so only try_join ever returns busy; put allocates now and then. Waiting
/// threads sleep at once, on condition variables. A thread that dies inside a call leaves the queue
/// locked. T's constructors, moves and destructor must not call the queue. Cost: O(1) per call, but
/// O(waiters) for shutdown and O(items) for an immediate one.
template <class T, class Traits = default_traits>
class basic_locked_queue : public queue_calls<basic_locked_queue<T, Traits>, T> {
    using mutex_type = typename Traits::platform::mutex;
    using condition_type = typename Traits::platform::condition;

public:
    /// The queue's traits, its platform, and the type that registers a waiter.
    using traits = Traits;
    using platform_type = typename Traits::platform;
    using waiter_type = waiter<platform_type>;
    /// Allocates all memory of the queue, and constructs and destroys its items.
    using allocator_type = typename Traits::template allocator<T>;
    /// Every call holds a lock while it runs.
    static constexpr bool is_locked = true;
    /// Whether items done are counted: see accounting::exact.
    static constexpr bool counts_tasks = Traits::accounting::counts;
    /// Whether a source may throw while it makes an item. If not, such an item is made beforehand.
    static constexpr bool takes_throwing_sources = true;

    /// Makes a queue of at most `maxsize` items; 0: no bound. Throws std::invalid_argument if
    /// `maxsize` is negative or more than 2^31.
    explicit basic_locked_queue(std::integral auto maxsize,
                                const allocator_type& allocator = allocator_type())
        : items_(cell_allocator(allocator)),
          maxsize_(limits::checked_size(maxsize, 0, "maxsize")) {}
    basic_locked_queue() : basic_locked_queue(0) {}
    explicit basic_locked_queue(const allocator_type& allocator)
        : basic_locked_queue(0, allocator) {}
#if CONQ_CHECKED
    ~basic_locked_queue() {
        if (waiting_ != 0) abort_with("a queue was destroyed while somebody waits on it");
    }
#endif

    /// Returns a copy of the allocator that the queue was made with.
    [[nodiscard]] allocator_type get_allocator() const noexcept {
        return allocator_type(items_.get_allocator());
    }

    /// Counts n items as processed. Throws std::logic_error, and changes nothing, if the items done
    /// would exceed the items put.
    void task_done(std::uint64_t n = 1)
        requires counts_tasks
    {
        const std::lock_guard held(mutex_);
        if (n > unfinished_) {
            platform::throw_or_abort(std::logic_error(
                "conq: task_done() was called for more items than were put: call it once for each "
                "item that get() returned, and not at all for leases"));
        }
        unfinished_ -= n;
        if (unfinished_ == 0) all_done_.notify_all();  // locked: a joiner may destroy the queue
    }

    /// ok if every item put has been done, else busy.
    [[nodiscard]] status try_join() noexcept
        requires counts_tasks
    {
        const std::lock_guard held(mutex_);
        return unfinished_ == 0 ? status::ok : status::busy;
    }

    /// Refuses puts; gets drain what is left. Waiting calls see it at once. May be repeated.
    void shutdown() noexcept {
        {
            const std::lock_guard held(mutex_);
            is_shut_down_ = true;
        }
        wake_everybody();
    }

    /// As shutdown(), and drops what no consumer has claimed, outside the lock; that counts as
    /// done. Throws std::bad_alloc; then nothing has changed.
    void shutdown(immediate_t) {
        container dropped(items_.get_allocator());  // first: where it allocates, it may throw
        shutdown();
        {
            const std::lock_guard held(mutex_);
            dropped.swap(items_);
        }
        [[maybe_unused]] const std::uint64_t count = dropped.size();
        dropped.clear();
        if constexpr (counts_tasks) {
            if (count != 0) task_done(count);
        }
    }

    /// Whether shutdown was called.
    [[nodiscard]] bool is_shut_down() const noexcept {
        return locked([&] { return is_shut_down_; });
    }
    /// The number of items in the queue.
    [[nodiscard]] std::uint64_t size() const noexcept {
        return locked([&] { return static_cast<std::uint64_t>(items_.size()); });
    }
    /// Whether the queue holds no item.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Whether a put would have to wait.
    [[nodiscard]] bool full() const noexcept {
        return locked([&] { return is_full(); });
    }
    /// The largest number of items that the queue may hold; 0: no bound.
    [[nodiscard]] std::uint64_t maxsize() const noexcept { return maxsize_; }
    /// The number of items put and not yet done.
    [[nodiscard]] std::uint64_t unfinished() const noexcept
        requires counts_tasks
    {
        return locked([&] { return unfinished_; });
    }
    /// Frees memory that is kept for later use.
    void trim() {
        const std::lock_guard held(mutex_);
        items_.shrink_to_fit();
    }

    /// For waiters without a thread: see composition.
    void enlist_getter(waiter_type& who) noexcept { room_of_getters_.enlist(who, get_flag_); }
    void leave_getter(waiter_type& who) noexcept {
        if (room_of_getters_.leave(who, get_flag_) && !empty())
            room_of_getters_.wake_one(get_flag_);
    }
    void enlist_putter(waiter_type& who) noexcept { room_of_putters_.enlist(who, put_flag_); }
    void leave_putter(waiter_type& who) noexcept {
        if (room_of_putters_.leave(who, put_flag_) && !full()) room_of_putters_.wake_one(put_flag_);
    }

private:
    friend class queue_calls<basic_locked_queue, T>;
    friend class batch_calls<basic_locked_queue, T>;
    using cell_type = cell<T, allocator_type>;
    using cell_allocator =
        typename std::allocator_traits<allocator_type>::template rebind_alloc<cell_type>;
    using container = std::deque<cell_type, cell_allocator>;

    template <class Look> auto locked(Look look) const noexcept {
        const std::lock_guard held(mutex_);
        return look();
    }
    [[nodiscard]] bool is_full() const noexcept {
        return maxsize_ != 0 && items_.size() >= maxsize_;
    }

    // Called with the mutex held.
    template <class Source> status put_locked(const Source& source) {
        if (is_shut_down_) return status::shut_down;
        if (is_full()) return status::full;
        items_.emplace_back(source, get_allocator());
        if constexpr (counts_tasks) ++unfinished_;
        return status::ok;
    }
    template <class Sink> status get_locked(const Sink& sink) {
        if (items_.empty()) return is_shut_down_ ? status::shut_down : status::empty;
        sink(*items_.front().item());
        items_.pop_front();
        return status::ok;
    }
    void after_put(std::uint64_t items = 1) noexcept {
        notify(not_empty_, items);
        if (get_flag_.is_armed()) room_of_getters_.wake_one(get_flag_);
    }
    void after_get(std::uint64_t items = 1) noexcept {
        notify(not_full_, items);
        if (put_flag_.is_armed()) room_of_putters_.wake_one(put_flag_);
    }
    static void notify(condition_type& changed, std::uint64_t items) noexcept {
        items == 1 ? changed.notify_one() : changed.notify_all();
    }
    void wake_everybody() noexcept {
        not_empty_.notify_all();
        not_full_.notify_all();
        room_of_getters_.wake_all();
        room_of_putters_.wake_all();
    }

    template <class Source> [[nodiscard]] status try_put_item(const Source& source) {
        const status answer = locked_call([&] { return put_locked(source); });
        if (answer == status::ok) after_put();
        return answer;
    }
    template <class Source, class Stop>
    [[nodiscard]] status put_item(const Source& source, const limit<Stop>& within) {
        const status answer =
            run([&] { return put_locked(source); }, status::full, not_full_, within);
        if (answer == status::ok) after_put();
        return answer;
    }
    [[nodiscard]] result<T> try_get_item() {
        result<T> out(status::empty);
        const result_slot<T> slot(out);
        finish_get(slot, locked_call([&] { return get_locked(slot); }));
        return out;
    }
    template <class Stop> [[nodiscard]] result<T> get_item(const limit<Stop>& within) {
        result<T> out(status::empty);
        const result_slot<T> slot(out);
        finish_get(slot, run([&] { return get_locked(slot); }, status::empty, not_empty_, within));
        return out;
    }
    void finish_get(const result_slot<T>& slot, status answer) noexcept {
        if (answer == status::ok) {
            after_get();
        } else {
            slot.fail(answer);
        }
    }

    // Batches.
    template <class Source, class Within>
    [[nodiscard]] status put_items(const Source& source, std::uint64_t most, std::uint64_t& count,
                                   const Within& within) {
        const std::uint64_t before = count;
        const auto some = [&] { return repeat(most, count, [&] { return put_locked(source); }); };
        const status answer = wait_for(some, status::full, not_full_, within);
        if (answer == status::ok) after_put(count - before);
        return answer;
    }
    template <class Sink, class Within>
    [[nodiscard]] status get_items(const Sink& sink, std::uint64_t most, std::uint64_t& count,
                                   const Within& within) {
        const std::uint64_t before = count;
        const auto some = [&] { return repeat(most, count, [&] { return get_locked(sink); }); };
        const status answer = wait_for(some, status::empty, not_empty_, within);
        if (answer == status::ok) after_get(count - before);
        return answer;
    }

    template <class Stop> [[nodiscard]] status join_within(const limit<Stop>& within) {
        const auto look = [&] { return unfinished_ == 0 ? status::ok : status::busy; };
        return run(look, status::busy, all_done_, within);
    }

    template <class Call> status locked_call(Call call) {
        const std::lock_guard held(mutex_);
        return call();
    }

    // Repeats call() under the mutex while it returns `blocked`; sleeps on `changed` between.
    template <class Call, class Stop>
    status run(Call call, status blocked, condition_type& changed, const limit<Stop>& within) {
        if (within.stop.stop_requested()) return status::stopped;
        if (const status answer = locked_call(call); answer != blocked) return answer;
        return wait_for(call, blocked, changed, within);
    }
    template <class Call> status wait_for(Call call, status, condition_type&, now_t) {
        return locked_call(call);
    }
    // The same without the look at `stop` before the first attempt.
    template <class Call, class Stop>
    status wait_for(Call call, status blocked, condition_type& changed, const limit<Stop>& within) {
        const platform::instant_ns deadline =
            within.span_ns == platform::never
                ? platform::never
                : platform::after(platform_type::now(), within.span_ns);
        // Made and destroyed with no lock held: its end may wait for a running callback.
        using callback = platform::stop_callback_t<Stop, notify_on_stop>;
        [[maybe_unused]] const callback wake_on_stop(within.stop, notify_on_stop{this, &changed});
        const bool is_limited = deadline != platform::never || within.stop.stop_possible();
        const own_put<platform_type> mine(&changed == &not_full_ && !is_limited ? this : nullptr);
        std::unique_lock held(mutex_);
        const counted_in waiting(*this);
        const auto wait = [&] {
            for (;;) {
                if (const status answer = call(); answer != blocked) return answer;
                if (within.stop.stop_requested()) return status::stopped;
                if (deadline != platform::never && platform_type::now() >= deadline) {
                    return status::timed_out;
                }
                changed.wait(held, deadline);
            }
        };
        // What woke this thread is still there for another one.
        return platform::call_cleanly(wait, [&] { changed.notify_one(); });
    }
    struct notify_on_stop {
        basic_locked_queue* queue;
        condition_type* changed;
        void operator()() const noexcept {
            {
                const std::lock_guard held(queue->mutex_);
            }  // nobody is between look and sleep
            changed->notify_all();
        }
    };

    // Counts the calls that wait, under the mutex: none may be left when the queue is destroyed.
    struct counted_in {
#if CONQ_CHECKED
        explicit counted_in(basic_locked_queue& in) noexcept : queue(in) { ++queue.waiting_; }
        ~counted_in() { --queue.waiting_; }
        basic_locked_queue& queue;
#else
        explicit counted_in(basic_locked_queue&) noexcept {}
#endif
    };

    mutable mutex_type mutex_;
    condition_type not_empty_, not_full_, all_done_;
    container items_;
    const std::uint64_t maxsize_;
    typename platform_type::template plain<std::uint64_t> unfinished_ = 0;  // under the mutex
    typename platform_type::template plain<bool> is_shut_down_ = false;
#if CONQ_CHECKED
    typename platform_type::template plain<int> waiting_ = 0;  // under the mutex
#endif
    waiting_room<platform_type> room_of_getters_, room_of_putters_;
    wake_flag<platform_type> get_flag_, put_flag_;
};

/// basic_locked_queue with the default traits.
template <class T> using locked_queue = basic_locked_queue<T>;

}  // namespace conq

#endif

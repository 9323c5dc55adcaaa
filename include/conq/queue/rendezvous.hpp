// SPDX-License-Identifier: BSL-1.0
// rendezvous<T>: a work queue that stores nothing: a put hands its item to a get.
//
// A call that finds a partner in the other side's line claims it by one compare-and-swap, makes the
// item in the get's result from the put's argument, and answers the partner. A call that finds none
// enters its own side's line, as a node on its caller's stack; there it is claimed, or gives up.
// The lock over both lines is held for a few instructions and never while an item is made. What
// decides is the CAS on the partner: a timeout or stop that comes later loses.
//
// Invariants. Looking for a partner and enlisting are one step under the lock: calls never wait in
// both lines at once. The count rises when the item has been made, and before any thread can know
// of the item and call it done. An item that could not be made is not counted, and its partner
// looks again.
#ifndef CONQ_QUEUE_RENDEZVOUS_HPP
#define CONQ_QUEUE_RENDEZVOUS_HPP

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "conq/accounting/task_count.hpp"
#include "conq/buffers/repeat.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/limits.hpp"
#include "conq/contract/result.hpp"
#include "conq/contract/resumer.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/platform/lock.hpp"
#include "conq/platform/standard.hpp"
#include "conq/queue/calls.hpp"
#include "conq/queue/join.hpp"
#include "conq/queue/own_put.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/line.hpp"
#include "conq/waiting/patience.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// A work queue without room: a put waits for a get and hands it the item; a get waits for a put.
/// When a put has returned `ok`, a consumer has the item. (As Go's unbuffered channel and Java's
/// SynchronousQueue.)
///
/// Order: the calls of one side are served first come, first served, except that a call is passed
/// over while it is out of the line because of a signal or because its partner threw. Strict and
/// linearizable: a put and the get that took its item are one step, at an instant inside both
/// calls. try_put succeeds only if a get waits, else it returns `full`; try_get only if a put
/// waits, else `empty`.
///
/// Size: an item belongs to its producer until it is handed over, so size() and maxsize() are
/// always 0 and empty() is always true. Here 0 means "no room", where a maxsize of 0 of the other
/// queues means "no bound": ask full(), which is true unless a get waits. The item of a waiting put
/// has not been put: unfinished() and join do not count it, and both shutdowns make all waiting
/// calls return `shut_down`, with the argument of a put untouched. Nothing is drained or dropped.
///
/// Threads: any number of producers and consumers. Memory: allocates nothing. The item is made in
/// the get's result, from the put's argument, by the allocator's `construct`, and is destroyed as
/// results destroy their items; a copy or an emplace that may throw is made beforehand. If T's move
/// throws, the call that made the item, the put or the get, throws: nothing was put or taken, and
/// the partner keeps waiting. In a batch get, an item that cannot be moved on from the result is
/// dropped and counts as done.
///
/// A batch makes one hand-over after another, with all partners that wait; if it has to wait, it
/// waits for one.
///
/// Progress: each call takes a lock for a few instructions; a try_ call returns `busy` if the lock
/// is held. A call that times out or is stopped while its partner makes the item waits until it is
/// made. A waiting thread polls for at most limits::get_spin_window_ns (put_spin_window_ns), then
/// sleeps. No wake depends on a timer, so policy::prompt changes nothing. O(1) per call, but
/// O(waiters) for shutdown and for a call that comes back to its line. A worker that puts into the
/// rendezvous that it takes from needs another worker to take the item.
template <class T, class Traits = default_traits>
class basic_rendezvous : public queue_calls<basic_rendezvous<T, Traits>, T> {
public:
    /// The queue's traits, its platform, and the type that registers a waiter.
    using traits = Traits;
    using platform_type = typename Traits::platform;
    using waiter_type = waiter<platform_type>;
    /// Constructs the items.
    using allocator_type = typename Traits::template allocator<T>;
    /// Whether a source may throw while it makes an item. If not, such an item is made beforehand.
    static constexpr bool takes_throwing_sources = false;
    /// A try_ call may return busy because another call holds the lock.
    static constexpr bool is_locked = true;
    /// Whether items done are counted: see accounting::exact.
    static constexpr bool counts_tasks = Traits::accounting::counts;

    /// Takes no size: a rendezvous has no room.
    basic_rendezvous() : basic_rendezvous(allocator_type()) {}
    explicit basic_rendezvous(const allocator_type& allocator) : allocator_(allocator) {}

    /// Returns a copy of the allocator that the queue was made with.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

    /// Counts n items as processed. Throws std::logic_error, and changes nothing, if the items done
    /// would exceed the items put. Lock-free, except for the done that releases a joiner.
    void task_done(std::uint64_t n = 1)
        requires counts_tasks
    {
        const auto puts = [this] { return tasks_.puts.load(); };
        tasks_.dones.done(n, [&](std::uint64_t all) { return puts() >= all; }, puts);
    }

    /// ok if every item put has been done, else busy. Beside another join it may return busy
    /// although all is done. Non-blocking.
    [[nodiscard]] status try_join() noexcept
        requires counts_tasks
    {
        return tasks_.dones.try_join([this] { return tasks_.puts.load(); });
    }

    /// Refuses puts and gets: waiting calls return `shut_down`. Nothing is lost, because nothing is
    /// stored. May be repeated.
    void shutdown() noexcept {
        closed_.store(true);  // a call that missed it is in line by the next lock
        for (side* each : {&putters_, &getters_}) {
            while (guest_type* const waiting = claim_first(*each)) {
                waiting->answer(status::shut_down);
            }
            each->room.wake_all();
        }
    }

    /// As shutdown(): there is nothing to drop.
    void shutdown(immediate_t) noexcept { shutdown(); }

    /// Whether shutdown was called.
    [[nodiscard]] bool is_shut_down() const noexcept { return closed_.load(); }
    /// Always 0: see above.
    [[nodiscard]] std::uint64_t size() const noexcept { return 0; }
    /// Always true: see above.
    [[nodiscard]] bool empty() const noexcept { return true; }
    /// Whether a put would have to wait: no get waits.
    [[nodiscard]] bool full() const noexcept { return !somebody_waits(getters_); }
    /// The number of items that fit: always 0.
    [[nodiscard]] std::uint64_t maxsize() const noexcept { return 0; }
    /// The number of items put and not yet done.
    [[nodiscard]] std::uint64_t unfinished() const noexcept
        requires counts_tasks
    {
        const std::uint64_t done = tasks_.dones.dones();  // read first: dones never exceed puts
        return tasks_.puts.load() - done;
    }
    /// Does nothing: no memory is kept.
    void trim() noexcept {}

    /// For waiters without a thread: see composition. A getter's wake says that a put waits, so
    /// that try_get may succeed. Two waiters without a thread never meet: one of the partners has
    /// to be a call that waits.
    void enlist_getter(waiter_type& who) noexcept { getters_.room.enlist(who, getters_.flag); }
    void leave_getter(waiter_type& who) noexcept { leave_room(getters_, putters_, who); }
    void enlist_putter(waiter_type& who) noexcept { putters_.room.enlist(who, putters_.flag); }
    void leave_putter(waiter_type& who) noexcept { leave_room(putters_, getters_, who); }

private:
    friend class queue_calls<basic_rendezvous, T>;
    friend class batch_calls<basic_rendezvous, T>;
    using guest_type = guest<platform_type>;

    // A call, on its caller's stack: the item that it gives, or the place where it takes one.
    struct caller : sleeper<platform_type>, guest_type {
        template <class Source>
        explicit caller(const Source& source) noexcept
            : guest_type(static_cast<sleeper<platform_type>&>(*this)),
              from(std::addressof(source)),
              give(&give_from<Source>) {}
        explicit caller(result<T>& out) noexcept
            : guest_type(static_cast<sleeper<platform_type>&>(*this)), into(&out) {}

        template <class Source> static void give_from(const void* source, result<T>& out) {
            result_slot<T>(out).make(*static_cast<const Source*>(source));
        }
        // Of a put.
        const void* from = nullptr;
        void (*give)(const void* source, result<T>& out) = nullptr;
        // Of a get.
        result<T>* into = nullptr;
    };

    // The waiters of one side: calls, and waiters without a thread.
    struct side {
        line<platform_type> calls;  // under the lock
        waiting_room<platform_type> room;
        wake_flag<platform_type> flag;
    };
    // The side that a call is on, and how it waits.
    struct role {
        side &mine, &others;
        status blocked;
        std::uint64_t spin_window_ns;
    };
    [[nodiscard]] role putting() noexcept {
        return {putters_, getters_, status::full, limits::put_spin_window_ns};
    }
    [[nodiscard]] role getting() noexcept {
        return {getters_, putters_, status::empty, limits::get_spin_window_ns};
    }
    using lock_type = platform::futex_lock<platform_type>;
    using lock_holder = std::unique_lock<lock_type>;

    template <class Source> [[nodiscard]] status try_put_item(const Source& source) {
        caller me(source);
        return try_meet(putting(), me);
    }
    template <class Source, class Stop>
    [[nodiscard]] status put_item(const Source& source, const limit<Stop>& within) {
        if (within.stop.stop_requested()) return status::stopped;
        caller me(source);
        return pass(putting(), me, within);
    }
    [[nodiscard]] result<T> try_get_item() {
        result<T> out(status::empty);
        caller me(out);
        finish_get(out, try_meet(getting(), me));
        return out;
    }
    template <class Stop> [[nodiscard]] result<T> get_item(const limit<Stop>& within) {
        result<T> out(status::stopped);
        if (within.stop.stop_requested()) return out;
        caller me(out);
        finish_get(out, pass(getting(), me, within));
        return out;
    }

    // Batches: one hand-over after another while there are partners; a wait is for one partner.
    template <class Source>
    [[nodiscard]] status put_items(const Source& source, std::uint64_t most, std::uint64_t& count,
                                   now_t) {
        return repeat(most, count, [&] { return try_put_item(source); });
    }
    template <class Source, class Stop>
    [[nodiscard]] status put_items(const Source& source, std::uint64_t, std::uint64_t& count,
                                   const limit<Stop>& within) {
        return repeat(1, count, [&] { return put_item(source, within); });
    }
    template <class Sink>
    [[nodiscard]] status get_items(const Sink& sink, std::uint64_t most, std::uint64_t& count,
                                   now_t) {
        return repeat(most, count, [&] { return deliver(try_get_item(), sink); });
    }
    template <class Sink, class Stop>
    [[nodiscard]] status get_items(const Sink& sink, std::uint64_t, std::uint64_t& count,
                                   const limit<Stop>& within) {
        return repeat(1, count, [&] { return deliver(get_item(within), sink); });
    }
    // The put has returned already: an item that cannot be delivered is dropped, and so it is done.
    template <class Sink> status deliver(result<T> got, const Sink& sink) {
        if (!got) return got.state();
        platform::call_cleanly([&] { sink(*got); },
                               [this] {
                                   if constexpr (counts_tasks) task_done();
                               });
        return status::ok;
    }

    static void finish_get(result<T>& out, status answer) noexcept {
        if (answer != status::ok) result_slot<T>(out).fail(answer);
    }
    template <class Stop> [[nodiscard]] status join_within(const limit<Stop>& within) {
        return join_tasks(tasks_.dones, [this] { return tasks_.puts.load(); }, within);
    }

    [[nodiscard]] status try_meet(const role& as, caller& me) {
        lock_holder held(lock_, std::try_to_lock);
        if (!held) return status::busy;
        return meet(as, me, held, false);
    }
    template <class Stop> status pass(const role& as, caller& me, const limit<Stop>& within) {
        const status answer = try_meet(as, me);
        if (answer != as.blocked && answer != status::busy) return answer;
        return wait(as, me, within);
    }

    // Meets the first call that waits on the other side, and returns ok. If there is none, it
    // enters its own line or not (`stays`), and returns blocked. Throws what making the item
    // throws; then the partner keeps waiting.
    status meet(const role& as, caller& me, lock_holder& held, bool stays) {
        if (closed_.load()) return status::shut_down;
        guest_type* const partner = as.others.calls.claim_first();
        if (partner == nullptr && stays) as.mine.calls.enlist(me);
        held.unlock();
        if (partner != nullptr) {
            hand_over(me, static_cast<caller&>(*partner));
            return status::ok;
        }
        if (stays && as.others.flag.is_armed()) as.others.room.wake_one(as.others.flag);
        return as.blocked;
    }

    // The partner has been claimed, so it is answered in every case.
    void hand_over(caller& me, caller& partner) {
        const caller& putter = me.into == nullptr ? me : partner;
        const caller& getter = me.into == nullptr ? partner : me;
        platform::call_cleanly([&] { putter.give(putter.from, *getter.into); },
                               [&] { partner.answer(status::busy); });
        if constexpr (counts_tasks) tasks_.puts.fetch_add(1);
        partner.answer(status::ok);
    }

    template <class Stop>
    CONQ_COLD status wait(const role& as, caller& me, const limit<Stop>& within) {
        const platform::instant_ns deadline =
            within.span_ns == platform::never
                ? platform::never
                : platform::after(platform_type::now(), within.span_ns);
        using on_stop = typename sleeper<platform_type>::on_stop;
        using callback = platform::stop_callback_t<Stop, on_stop>;
        [[maybe_unused]] const callback wake_on_stop(within.stop, on_stop{&me});
        for (;;) {
            lock_holder held(lock_);
            if (const status met = meet(as, me, held, true); met != as.blocked) return met;
            if (const status end = stand(as, me, deadline, within); end != status::busy) return end;
            me.come_back();
        }
    }

    // Stands in line until it is answered or gives up. Returns busy if it has to look again.
    template <class Stop>
    status stand(const role& as, caller& me, platform::instant_ns deadline,
                 const limit<Stop>& within) {
        patience<platform_type> polls(1, std::min(as.spin_window_ns, within.span_ns));
        bool is_polling = within.span_ns != 0;
        const bool is_limited = deadline != platform::never || within.stop.stop_possible();
        std::optional<own_put<platform_type>> mine;  // set once it sleeps
        for (;;) {
            // Stop and clock are read before the answer: an answer that came before them wins.
            const bool stopped = within.stop.stop_requested();
            const bool late = deadline != platform::never && platform_type::now() >= deadline;
            if (me.is_resumed()) return me.answered();
            if (stopped || late) {
                if (!give_up(as, me)) return await_answer(me);
                return stopped ? status::stopped : status::timed_out;
            }
            if (is_polling) {
                is_polling = polls.more();
                continue;
            }
            if (!mine) mine.emplace(&as.mine == &putters_ && !is_limited ? this : nullptr);
            const platform::sleep_end end = platform_type::wait(me.word, 0, deadline);
            if (end != platform::sleep_end::interrupted) continue;
            // interrupted() may throw: the call must not have been handed an item by then.
            if (!give_up(as, me)) return await_answer(me);
            platform_type::interrupted();
            return status::busy;
        }
    }
    // Returns false if the call has been claimed.
    bool give_up(const role& as, caller& me) noexcept {
        if (!me.give_up()) return false;
        const std::lock_guard held(lock_);
        as.mine.calls.leave(me);
        return true;
    }
    // The item is being made, or is there: that takes a few instructions and T's move.
    static status await_answer(const caller& me) noexcept {
        claim_wait<platform_type> claimed;
        while (!me.is_resumed()) claimed.once();
        return me.answered();
    }

    [[nodiscard]] guest_type* claim_first(side& of) noexcept {
        const std::lock_guard held(lock_);
        return of.calls.claim_first();
    }
    [[nodiscard]] bool somebody_waits(const side& on) const noexcept {
        const std::lock_guard held(lock_);
        return !on.calls.is_empty();
    }
    // Passes on a wake that came and was not needed.
    void leave_room(side& mine, side& others, waiter_type& who) noexcept {
        if (mine.room.leave(who, mine.flag) && somebody_waits(others)) {
            mine.room.wake_one(mine.flag);
        }
    }

    struct tasks {
        typename platform_type::template atomic<std::uint64_t> puts{0};
        task_count<platform_type> dones;
    };
    struct no_tasks {};

    mutable lock_type lock_;
    side putters_, getters_;
    typename platform_type::template atomic<bool> closed_{false};
    [[no_unique_address]] std::conditional_t<counts_tasks, tasks, no_tasks> tasks_;
    [[no_unique_address]] allocator_type allocator_;
};

/// basic_rendezvous with the default traits.
template <class T> using rendezvous = basic_rendezvous<T>;

}  // namespace conq

#endif

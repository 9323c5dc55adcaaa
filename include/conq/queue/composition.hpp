// SPDX-License-Identifier: BSL-1.0
// Composes a queue from a buffer that never waits, two waiting rooms and a task count. Only this
// file knows all three.
//
// A put that need not wait costs one CAS of the buffer and one load of the flag beside the word
// that the CAS has just changed. A get costs the same. That load is all that the support for
// waiting costs them. task_done is one CAS; put pays nothing for it.
#ifndef CONQ_QUEUE_COMPOSITION_HPP
#define CONQ_QUEUE_COMPOSITION_HPP

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "conq/accounting/task_count.hpp"
#include "conq/buffers/source.hpp"
#include "conq/buffers/storable.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/limits.hpp"
#include "conq/contract/result.hpp"
#include "conq/contract/resumer.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/queue/attempt.hpp"
#include "conq/queue/calls.hpp"
#include "conq/queue/join.hpp"
#include "conq/queue/own_put.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/lobby.hpp"
#include "conq/waiting/patience.hpp"

namespace conq {

/// The calls of a queue over a buffer that keeps the promises B1 to B5. Queue is the derived class.
///
/// Progress: put and get wait only while the queue is full or empty, or briefly for a claim that is
/// not yet published. The try_ forms, task_done, size and the other queries never wait. A waiting
/// get (put) polls for at most limits::get_spin_window_ns (put_spin_window_ns), then sleeps.
template <class Queue, class T, class Buffer, class Traits>
class composition : public queue_calls<Queue, T> {
public:
    /// The queue's traits, its platform, and the type that registers a waiter.
    using traits = Traits;
    using platform_type = typename Traits::platform;
    using waiter_type = waiter<platform_type>;
    /// Allocates all memory of the queue, and constructs and destroys its items.
    using allocator_type = typename Traits::template allocator<T>;
    /// Whether a source may throw while it makes an item. If not, such an item is made beforehand.
    static constexpr bool takes_throwing_sources = !lock_free_storable<T, allocator_type>;
    /// Whether a put or get holds a lock while it moves the item. If so, a try_ call may return
    /// busy because another call holds that lock.
    static constexpr bool is_locked = Buffer::is_locked;
    /// Whether items done are counted: see accounting::exact.
    static constexpr bool counts_tasks = Traits::accounting::counts;

    /// Returns a copy of the allocator that the queue was made with.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return buffer_.get_allocator(); }

    /// Counts n items as processed. Throws std::logic_error, and changes nothing, if the items done
    /// would exceed the items put. Lock-free, except for the done that releases a joiner.
    CONQ_HOT void task_done(std::uint64_t n = 1)
        requires counts_tasks
    {
        tasks_.done(
            n, [this](std::uint64_t all) { return buffer_.has_given(all); },
            [this] { return buffer_.puts(); });
    }

    /// ok if every item put has been done, else busy. Beside another join it may return busy
    /// although all is done. Non-blocking.
    [[nodiscard]] status try_join() noexcept
        requires counts_tasks
    {
        return tasks_.try_join([this] { return buffer_.puts(); });
    }

    /// Refuses puts; gets drain what is left. Waiting calls see it at once. May be repeated.
    void shutdown() noexcept {
        close();
        getters_.room.wake_all();
        putters_.room.wake_all();
    }

    /// As shutdown(), and drops what no consumer has claimed, on this thread and outside locks;
    /// that counts as done. join still waits for items handed out. Throws std::bad_alloc only for a
    /// lifo_queue or if T's move may throw; then nothing has changed.
    void shutdown(immediate_t) {
        [[maybe_unused]] std::uint64_t dropped = 0;
        if constexpr (Buffer::is_locked) {
            using storage = typename Buffer::storage;
            const typename storage::allocator_type allocator(get_allocator());
            storage taken(allocator);  // first: where it allocates, it may throw
            shutdown();
            buffer_.take_all(taken);
            if constexpr (is_timed) getters_.room.wake_all();  // the items they wait for are gone
            dropped = taken.size();
            taken.clear();
        } else {
            shutdown();
            dropped = drop_each();
        }
        if constexpr (counts_tasks) {
            if (dropped != 0) task_done(dropped);  // last access: a joiner may destroy the queue
        }
    }

    /// Whether shutdown was called.
    [[nodiscard]] bool is_shut_down() const noexcept { return buffer_.is_closed(); }
    /// The number of items in the queue; exact while no put or get runs.
    [[nodiscard]] std::uint64_t size() const noexcept { return buffer_.size(); }
    /// Whether the queue holds no item.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Whether a put would have to wait.
    [[nodiscard]] bool full() const noexcept { return size() > maxsize() - 1; }  // 0: never
    /// The largest number of items that the queue may hold; 0: no bound.
    [[nodiscard]] std::uint64_t maxsize() const noexcept { return buffer_.capacity(); }
    /// The number of items put and not yet done.
    [[nodiscard]] std::uint64_t unfinished() const noexcept
        requires counts_tasks
    {
        const std::uint64_t done = tasks_.dones();  // read first: dones never exceed puts
        return buffer_.puts() - done;
    }
    /// Frees memory that is kept for later use, as far as that is possible now.
    void trim() { buffer_.trim(); }

    /// For waiters without a thread (select, coroutines, event loops). Enlist, look again by a try_
    /// call, and sleep only if that found nothing. Follow each enlist by a leave, which passes on a
    /// wake that came and was not needed. A wake given before the leave may be delivered after it
    /// returns: see resumer for how long `who` must live.
    void enlist_getter(waiter_type& who) noexcept { enlist(getters_, get_flag(), who); }
    void leave_getter(waiter_type& who) noexcept { leave(getters_, get_flag(), who); }
    void enlist_putter(waiter_type& who) noexcept {
        if (!std::exchange(who.is_untimed, true)) {
            putters_.untimed.fetch_add(1, std::memory_order_relaxed);  // (4) published by the flag
        }
        enlist(putters_, put_flag(), who);
    }
    void leave_putter(waiter_type& who) noexcept {
        leave(putters_, put_flag(), who);
        if (std::exchange(who.is_untimed, false)) {
            putters_.untimed.fetch_sub(1, std::memory_order_relaxed);  // (5) no longer needed
        }
    }

    /// For guests (see is_guest) that wait this way: polls for at most `span_ns`, as a get (put)
    /// does before it sleeps. Returns false if a try_ call would be in vain.
    [[nodiscard]] bool poll_get(std::uint64_t span_ns)
        requires is_guest<platform_type>
    {
        patience<platform_type> polls(1, span_ns);
        return more_polls({getters_, get_flag(), status::empty, span_ns}, polls);
    }
    [[nodiscard]] bool poll_put(std::uint64_t span_ns)
        requires is_guest<platform_type>
    {
        patience<platform_type> polls(1, span_ns);
        return more_polls({putters_, put_flag(), status::full, span_ns}, polls);
    }

    /// The same for a join. Returns false, and enlists nothing, if all items are done already; else
    /// the joiner is resumed exactly once, unless leave_joiner returns true before that.
    [[nodiscard]] bool enlist_joiner(joiner<platform_type>& who) noexcept
        requires counts_tasks
    {
        return tasks_.enlist(who, [this] { return buffer_.puts(); });
    }
    [[nodiscard]] bool leave_joiner(joiner<platform_type>& who) noexcept
        requires counts_tasks
    {
        return tasks_.leave(who);
    }

    /// For garbage collectors of other languages: calls `visit(item)`, which must change nothing,
    /// for each item, if the buffer supports it. No put or get may run meanwhile. O(items).
    template <class Visit>
        requires requires(const Buffer& in, Visit each) { in.visit_items(each); }
    void visit_items(Visit visit) const {
        buffer_.visit_items(visit);
    }

    /// try_get and get that hand the item to the caller's own `slot`: `slot(item)` takes it, or
    /// `slot.fail(status)` says why there is none. If slot(item) throws, the item stays queued.
    template <class Slot> CONQ_HOT void try_get_into(const Slot& slot) {
        if (gets_at_once<Slot> && get_now(slot)) [[likely]]
            return after_get();
        const status answer = get_answer(buffer_.try_get(slot));
        if (answer != status::ok) [[unlikely]]
            slot.fail(answer);
    }
    template <class Slot, class Stop = never_stop_token>
    CONQ_HOT void get_into(const Slot& slot, const limit<Stop>& within = {}) {
        if (get_now(slot)) [[likely]]
            return after_get();
        get_later(slot, within);
    }

protected:
    template <class... More>
    composition(std::uint64_t capacity, const allocator_type& allocator, More&&... more)
        : buffer_(capacity, allocator, std::forward<More>(more)...) {}
    ~composition() = default;

    Buffer& buffer() noexcept { return buffer_; }
    void wake_all_putters() noexcept { putters_.room.wake_all(); }

private:
    friend class queue_calls<Queue, T>;
    friend class batch_calls<Queue, T>;
    friend Queue;
    using flag = wake_flag<platform_type>;
    using lobby = conq::lobby<platform_type>;
    // Whether items in the buffer may not be due yet. Then the first consumer in the room sleeps
    // with a timer, the others without; one that leaves wakes the next, which takes the timer over.
    static constexpr bool is_timed = requires(Buffer& buffer) { buffer.ready_at(); };

    // How one side, puts or gets, waits.
    struct side {
        lobby& waiters;
        flag& wake;
        status blocked;
        std::uint64_t spin_window_ns;
    };

    bool is_put(const side& here) const noexcept { return &here.waiters == &putters_; }
    // A hint: whether the next call would find its slot ready.
    [[nodiscard]] bool is_ready(const side& here) const noexcept {
        return is_put(here) ? buffer_.put_is_ready() : buffer_.get_is_ready();
    }
    // The flag of sleeping consumers is beside the word that puts change, and the other way round.
    [[nodiscard]] flag& get_flag() noexcept { return buffer_.put_cargo(); }
    [[nodiscard]] flag& put_flag() noexcept { return buffer_.get_cargo(); }

    // On the path that does not wait, a small item stays in registers. That path must not use the
    // source, result or limit whose addresses the waiting path takes.
    template <class Source>
    static constexpr bool puts_at_once =
        requires(Buffer& to, const Source& source) { to.put_at_once(source); };
    template <class Slot>
    static constexpr bool gets_at_once =
        requires(Buffer& from, const Slot& to) { from.get_at_once(to); };
    template <class Source>
    static constexpr bool puts_in_registers =
        requires { requires Source::is_small && puts_at_once<Source>; };
    static constexpr bool gets_in_registers = is_small<T> && gets_at_once<result_slot<T>>;
    using item_by_value = item_source<T, T&&, allocator_type>;

    template <class Source> [[nodiscard]] CONQ_HOT bool put_now(const Source& source) {
        if constexpr (puts_at_once<Source>)
            return buffer_.put_at_once(source);
        else
            return buffer_.try_put(source) == status::ok;
    }
    template <class Slot> [[nodiscard]] CONQ_HOT bool get_now(const Slot& slot) {
        if constexpr (gets_at_once<Slot>)
            return buffer_.get_at_once(slot);
        else
            return buffer_.try_get(slot) == status::ok;
    }

    template <class Source> [[nodiscard]] CONQ_HOT status try_put_item(const Source& source) {
        if constexpr (puts_in_registers<Source>) {
            T item(source.made());
            if (buffer_.put_at_once(item_by_value{item, source.alloc})) [[likely]]
                return after_put(), status::ok;
            return try_put_cold(std::move(item));
        } else {
            if (puts_at_once<Source> && put_now(source)) [[likely]]
                return after_put(), status::ok;
            return put_answer(buffer_.try_put(source));
        }
    }
    CONQ_COLD status try_put_cold(T item) {
        return put_answer(buffer_.try_put(item_by_value{item, get_allocator()}));
    }
    template <class Source, class Stop>
    [[nodiscard]] CONQ_HOT status put_item(const Source& source, const limit<Stop>& within) {
        if (within.stop.stop_requested()) [[unlikely]]
            return status::stopped;
        if constexpr (puts_in_registers<Source>) {
            T item(source.made());
            if (buffer_.put_at_once(item_by_value{item, source.alloc})) [[likely]]
                return after_put(), status::ok;
            return put_cold<Stop>(std::move(item), within);
        } else {
            if (put_now(source)) [[likely]]
                return after_put(), status::ok;
            return put_slow(attempt([&] { return buffer_.try_put(source); }), within);
        }
    }
    template <class Stop> CONQ_COLD status put_cold(T item, cold_limit<Stop> within) {
        const item_by_value source{item, get_allocator()};
        return put_slow(attempt([&] { return buffer_.try_put(source); }), within);
    }

    [[nodiscard]] CONQ_HOT result<T> try_get_item() {
        if constexpr (gets_in_registers) {
            result<T> out(status::empty);
            if (buffer_.get_at_once(result_slot<T>(out))) [[likely]]
                return after_get(), std::move(out);
            return try_get_cold();
        } else {
            return try_get_in_place();
        }
    }
    template <class Stop> [[nodiscard]] CONQ_HOT result<T> get_item(const limit<Stop>& within) {
        if constexpr (gets_in_registers) {
            result<T> out(status::stopped);
            if (within.stop.stop_requested()) [[unlikely]]
                return out;
            if (buffer_.get_at_once(result_slot<T>(out))) [[likely]]
                return after_get(), std::move(out);
            return get_cold<Stop>(within);
        } else {
            return get_in_place(within);
        }
    }
    CONQ_COLD result<T> try_get_cold() { return try_get_in_place(); }
    // Each function names one result and returns it in place: a move on return could throw.
    [[nodiscard]] CONQ_HOT result<T> try_get_in_place() {
        result<T> out(status::empty);
        try_get_into(result_slot<T>(out));
        return out;
    }
    template <class Stop> [[nodiscard]] CONQ_HOT result<T> get_in_place(const limit<Stop>& within) {
        result<T> out(status::stopped);
        if (within.stop.stop_requested()) [[unlikely]]
            return out;
        get_into(result_slot<T>(out), within);
        return out;
    }
    template <class Stop> CONQ_COLD result<T> get_cold(cold_limit<Stop> within) {
        result<T> out(status::stopped);  // the stop was checked before: an item may win now
        get_later(result_slot<T>(out), within);
        return out;
    }
    // For when no item is there at once. To say why, try_get reads the producers' word, which takes
    // its cache line from a producer that is about to put: glance first.
    template <class Slot, class Stop>
    CONQ_COLD void get_later(const Slot& slot, const limit<Stop>& within) {
        getters_.glance([this] { return buffer_.get_is_ready(); });
        const status answer = get_slow(attempt([&] { return buffer_.try_get(slot); }), within);
        if (answer != status::ok) slot.fail(answer);
    }

    // Batches. One wake is enough: a waiter that leaves wakes the next while there is more.
    template <class Source>
    [[nodiscard]] status put_items(const Source& source, std::uint64_t most, std::uint64_t& count,
                                   now_t) {
        return put_answer(buffer_.try_put_some(source, most, count));
    }
    template <class Source, class Stop>
    [[nodiscard]] status put_items(const Source& source, std::uint64_t most, std::uint64_t& count,
                                   const limit<Stop>& within) {
        return put_slow(attempt([&] { return buffer_.try_put_some(source, most, count); }), within);
    }
    template <class Sink>
    [[nodiscard]] status get_items(const Sink& sink, std::uint64_t most, std::uint64_t& count,
                                   now_t) {
        return get_answer(buffer_.try_get_some(sink, most, count));
    }
    template <class Sink, class Stop>
    [[nodiscard]] status get_items(const Sink& sink, std::uint64_t most, std::uint64_t& count,
                                   const limit<Stop>& within) {
        getters_.glance([this] { return buffer_.get_is_ready(); });  // as in get_later
        return get_slow(attempt([&] { return buffer_.try_get_some(sink, most, count); }), within);
    }

    template <class Stop> [[nodiscard]] status join_within(const limit<Stop>& within) {
        return join_tasks(tasks_, [this] { return buffer_.puts(); }, within);
    }

    // Returns the answer of an attempt; after ok it first wakes a waiter of the other side, if due.
    CONQ_HOT status put_answer(status answer) noexcept {
        if (answer == status::ok) after_put();
        return answer;
    }
    CONQ_HOT status get_answer(status answer) noexcept {
        if (answer == status::ok) after_get();
        return answer;
    }
    CONQ_HOT void after_put() noexcept {
        if (get_flag().is_armed()) [[unlikely]]
            wake_getter();
    }
    CONQ_HOT void after_get() noexcept {
        if (put_flag().is_armed()) [[unlikely]]
            wake_putter();
    }
    // Not CONQ_COLD: with it, g++ 12 treated the whole loop after a put as cold.
    [[gnu::noinline]] void wake_getter() noexcept {
        if constexpr (is_timed) {
            if (!buffer_.take_news()) return;  // the first consumer's timer is right
        }
        wake_one(getters_, get_flag());
    }
    [[gnu::noinline]] void wake_putter() noexcept {
        if (wakes_late(buffer_.capacity()) && buffer_.size() > buffer_.capacity() / 2 &&
            putters_.untimed.load(std::memory_order_relaxed) == 0) {  // (6) relaxed: see (4)
            return;
        }
        wake_one(putters_, put_flag());
    }
    static void wake_one(lobby& waiters, flag& wake) noexcept {
        if (!waiters.throttle.spares_wakes()) waiters.room.wake_one(wake);
    }
    // Whether waiting producers are woken only at half empty; a timer lets them look before that.
    // Waiters without a thread have no timer: while there is one, the first free slot wakes.
    [[nodiscard]] static bool wakes_late(std::uint64_t bound) noexcept {
        return !Traits::wake::is_prompt && bound >= limits::half_empty_wake_slots;
    }

    template <class Stop> CONQ_COLD status put_slow(attempt once, const limit<Stop>& within) {
        const side putting{putters_, put_flag(), status::full, put_window_ns};
        return put_answer(wait(putting, once, within));
    }
    template <class Stop> CONQ_COLD status get_slow(attempt once, const limit<Stop>& within) {
        const side getting{getters_, get_flag(), status::empty, limits::get_spin_window_ns};
        return get_answer(wait(getting, once, within));
    }

    // Tries until an attempt no longer returns `blocked`: polls between, then sleeps in the room.
    template <class Stop>
    CONQ_COLD status wait(const side& here, attempt once, const limit<Stop>& within) {
        if (const status answer = once(); answer == status::ok || answer == status::shut_down)
            return answer;
        const std::uint64_t span = within.span_ns;
        const platform::instant_ns deadline =
            span == platform::never ? span : platform::after(platform_type::now(), span);
        const int learned =
            here.waiters.first_pause.load(std::memory_order_relaxed);  // (1) relaxed: a hint
        const int vain =
            here.waiters.vain_polls.load(std::memory_order_relaxed);  // (2) relaxed: a hint
        if (is_put(here) && getters_are_slow()) return sleep(here, once, deadline, within.stop);
        if (const std::uint64_t window = polling_window(here, vain, span); window != 0) {
            patience<platform_type> polls(learned > 1 && !is_guest<platform_type> ? learned : 1,
                                          window);
            const typename wake_throttle<platform_type>::polling counted(here.waiters.throttle);
            while (more_polls(here, polls)) {
                const bool stopped = within.stop.stop_requested();  // before the attempt: see sleep
                const status answer =
                    resolved<platform_type>(here.blocked, once, deadline, within.stop);
                if (answer != here.blocked) {
                    here.waiters.learn(learned, is_ready(here), buffer_.capacity());
                    if (vain != 0) note_vain_polls(here.waiters, 0);
                    return answer;
                }
                if (stopped) return status::stopped;
            }
        }
        const int most = vain_polls_most + 2 * sleeps_between_tries;
        note_vain_polls(here.waiters, vain < most ? vain + 1 : most - sleeps_between_tries + 1);
        const platform::instant_ns begin = vain >= vain_polls_most ? platform_type::now() : 0;
        const status answer = sleep(here, once, deadline, within.stop);
        if (begin != 0 && answer == status::ok &&
            platform_type::now() - begin < here.spin_window_ns + wake_ns) {
            note_vain_polls(here.waiters, 0);  // the sleep was short: polling would have paid
        }
        return answer;
    }

    // Polls a little more. Returns false when it is time to sleep.
    bool more_polls(const side& here, patience<platform_type>& polls) {
        if constexpr (is_guest<platform_type>) {
            return poll_away(
                polls, [&] { return is_ready(here); },
                [&] { return is_put(here) ? buffer_.gets() : buffer_.puts(); });
        } else {
            return polls.more();
        }
    }
    // Consumers that are guests take many items in one turn: a producer polls until that turn ends.
    static constexpr std::uint64_t put_window_ns =
        is_guest<platform_type> ? limits::get_spin_window_ns : limits::put_spin_window_ns;
    // How long to poll, 0: not at all. Polling in vain burns a core that others may need: after two
    // vain polls in a row it is tried briefly, and ever less often, until a sleep turns out short.
    [[nodiscard]] static std::uint64_t polling_window(const side& here, int vain,
                                                      std::uint64_t span) noexcept {
        if (vain < vain_polls_most) return limits::smaller(here.spin_window_ns, span);
        const int sleeps = vain - vain_polls_most;
        const bool tries = (sleeps & (sleeps - 1)) == 0 || sleeps % sleeps_between_tries == 0;
        return tries ? limits::smaller(limits::put_spin_window_ns, span) : 0;
    }
    static constexpr int vain_polls_most = 2, sleeps_between_tries = 64;
    // Whether consumers need much longer for an item than a producer does, and half a queue of
    // items lasts longer than a wake costs both sides. Then a producer that sleeps until the queue
    // is half empty is back in time, and one that polls would put one item at a time.
    [[nodiscard]] bool getters_are_slow() noexcept {
        const std::uint64_t bound = buffer_.capacity();  // once: set_maxsize may intervene
        if (!wakes_late(bound)) return false;
        constexpr std::uint64_t slow_ns = 200;
        const std::uint64_t each_ns = putters_.others.look(buffer_.puts(), platform_type::now());
        return each_ns >= slow_ns && each_ns >= 2 * wake_ns / (bound / 2);
    }
    static void note_vain_polls(lobby& waiters, int count) noexcept {
        waiters.vain_polls.store(count, std::memory_order_relaxed);  // (3) a hint
    }

    template <class Stop>
    CONQ_COLD status sleep(const side& here, attempt once, platform::instant_ns deadline,
                           const Stop& stop) {
        const auto try_now = [&] {
            return resolved<platform_type>(here.blocked, once, deadline, stop);
        };
        sleeper<platform_type> me;
        waiter_type place(me);
        using on_stop = typename sleeper<platform_type>::on_stop;
        using callback = platform::stop_callback_t<Stop, on_stop>;
        [[maybe_unused]] const callback wake_on_stop(stop, on_stop{&me});
        struct leaving {
            composition& queue;
            const side& here;
            waiter_type& place;
            bool had_timer = false;
            ~leaving() { queue.leave(here.waiters, here.wake, place, had_timer); }
        } on_return{*this, here, place};
        const bool is_limited = deadline != platform::never || stop.stop_possible();
        const own_put<platform_type> mine(is_put(here) && !is_limited ? static_cast<Queue*>(this)
                                                                      : nullptr);
        for (;;) {
            const bool is_first = enlist(here.waiters, here.wake, place);
            const typename wake_throttle<platform_type>::timer own(here.waiters.throttle, is_first);
            on_return.had_timer = on_return.had_timer || own.is_set;
            // Stop and clock are read before the attempt: what came before either of them wins.
            const bool stopped = stop.stop_requested();
            const bool timer = own.is_set || (is_put(here) && wakes_late(buffer_.capacity()));
            const platform::instant_ns looked_at =
                deadline != platform::never || timer ? platform_type::now() : 0;
            if (const status answer = try_now(); answer != here.blocked) return answer;
            if (stopped) return status::stopped;
            if (looked_at >= deadline) return status::timed_out;
            platform::instant_ns again = platform::never;  // when to look again without a wake
            if (timer) again = looked_at + limits::put_wake_delay_ns;
            if constexpr (is_timed) {
                if (!is_put(here) && is_first) again = limits::smaller(again, buffer_.ready_at());
            }
            me.sleep(limits::smaller(deadline, again));
            if (const status answer = try_now(); answer != here.blocked) return answer;
        }
    }

    // Arms the flag. The caller's next look misses nothing: whoever changes the buffer after that
    // look sees the flag.
    bool enlist(lobby& waiters, flag& wake, waiter_type& who) noexcept {
        const bool is_first = waiters.room.enlist(who, wake);
        after_arming();
        return is_first;
    }
    void leave(lobby& waiters, flag& wake, waiter_type& who, bool had_timer = false) noexcept {
        const bool hands_timer_on = had_timer || (is_timed && &waiters == &getters_);
        if (!waiters.room.leave(who, wake) && !hands_timer_on) return;
        after_arming();
        if (&waiters == &getters_ ? buffer_.can_get() : buffer_.can_put()) wake_one(waiters, wake);
    }

    void after_arming() noexcept {  // B1, second form: the side that sleeps pays
        if constexpr (requires { buffer_.after_arming(); }) buffer_.after_arming();
    }

    // Closes the buffer. Some buffers return a status: busy while a put that had begun may still be
    // accepted. That lasts a few instructions, unless that thread lost its core.
    void close() noexcept {
        if constexpr (std::is_void_v<decltype(buffer_.close())>) {
            buffer_.close();
        } else {
            claim_wait<platform_type> ending;
            while (buffer_.close() == status::busy) ending.once();
        }
    }

    // Drops all items that no consumer has claimed; returns how many.
    std::uint64_t drop_each() {
        std::uint64_t dropped = 0;
        const auto drop_one = [this] {
            if constexpr (requires { buffer_.try_drop(); }) {
                return buffer_.try_drop();
            } else {
                result<T> item(status::empty);
                return buffer_.try_get(result_slot<T>(item));
            }
        };
        while (resolved<platform_type>(status::empty, attempt(drop_one), platform::never,
                                       never_stop_token{}) == status::ok) {
            ++dropped;
        }
        return dropped;
    }

    struct no_count {};

    Buffer buffer_;
    lobby getters_, putters_;
    [[no_unique_address]] std::conditional_t<counts_tasks, task_count<platform_type>, no_count>
        tasks_;
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// A plain queue of each order behind a mutex, right by its simplicity, with a fault planted in it:
// the checkers have to find each.
#ifndef CONQ_TESTS_HISTORY_PLANTED_QUEUE_HPP
#define CONQ_TESTS_HISTORY_PLANTED_QUEUE_HPP

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "conq/platform/native.hpp"
#include "conq/queue/calls.hpp"
#include "testing/history/checker.hpp"

namespace conq::test {

/// What is wrong. But for `turned`, once in a while only.
enum class fault {
    none,
    turned,      ///< LIFO if it should be FIFO, and the other way round
    overtakes,   ///< the second comes out before the first
    duplicates,  ///< an item stays when it is taken
    loses,       ///< an item is accepted and gone
    makes_up,    ///< what comes out was never put
    empty_falsely,
    full_falsely,
    exceeds_bound,
    never_joins,      ///< join does not return
    joins_early,      ///< join returns although items are unfinished
    puts_when_shut,   ///< a put is accepted after shutdown
    drained_falsely,  ///< a get is told shut_down while something is in
    drops_uncounted,  ///< shutdown(immediate) does not count what it drops as done
    counts_any_done,  ///< task_done does not look at the number of puts
    times_out_early,
    carries_on,        ///< a call whose token was stopped before is carried out
    equals_turned,     ///< of equal priority, the last comes first
    batch_put_turned,  ///< two items of a batch go in in the wrong order
    batch_got_turned   ///< two items of a batch come out in the wrong order
};

template <testing::order By>
class planted_queue : public queue_calls<planted_queue<By>, std::uint64_t> {
    using item_type = std::uint64_t;
    using order = testing::order;

public:
    static constexpr bool takes_throwing_sources = true, counts_tasks = true;
    using platform_type = platform::native;
    using allocator_type = std::allocator<item_type>;
    [[nodiscard]] allocator_type get_allocator() const noexcept { return {}; }

    /// At most `bound` items; 0: no bound. Priorities are in the bits from 48 on.
    planted_queue(std::uint64_t bound, fault with) : with_(with), bound_(bound) {}

    void task_done(std::uint64_t n = 1) {
        const std::lock_guard held(mutex_);
        if (n > unfinished_ && with_ != fault::counts_any_done) {
            throw std::logic_error("too many");
        }
        unfinished_ -= std::min(n, unfinished_);
    }
    status try_join() {
        const std::lock_guard held(mutex_);
        return is_joined() ? status::ok : status::busy;
    }
    void shutdown() {
        const std::lock_guard held(mutex_);
        is_shut_down_ = true;
    }
    void shutdown(immediate_t) {
        const std::lock_guard held(mutex_);
        is_shut_down_ = true;
        if (with_ != fault::drops_uncounted) unfinished_ -= items_.size();
        items_.clear();
    }
    [[nodiscard]] std::uint64_t size() {
        const std::lock_guard held(mutex_);
        return items_.size();
    }
    [[nodiscard]] std::uint64_t unfinished() {
        const std::lock_guard held(mutex_);
        return unfinished_;
    }

    /// With `never_joins`: whether a join without a limit has begun on any such queue. It does not
    /// return, unless a stop ends it.
    [[nodiscard]] static const std::atomic<bool>& hangs() noexcept { return hangs_; }

private:
    friend class queue_calls<planted_queue, item_type>;
    friend class batch_calls<planted_queue, item_type>;

    template <class Source> status try_put_item(const Source& source) {
        const std::lock_guard held(mutex_);
        return put_locked(source);
    }
    template <class Source> status put_locked(const Source& source) {
        if (is_shut_down_ && !strikes(fault::puts_when_shut)) return status::shut_down;
        if (strikes(fault::full_falsely)) return status::full;
        if (bound_ != 0 && items_.size() >= bound_ && !strikes(fault::exceeds_bound)) {
            return status::full;
        }
        item_type item;
        source(&item);
        if (!strikes(fault::loses)) items_.insert(place_for(item), item);
        ++unfinished_;
        return status::ok;
    }
    result<item_type> try_get_item() {
        const std::lock_guard held(mutex_);
        return get_locked();
    }
    result<item_type> get_locked() {
        if (is_shut_down_ && (items_.empty() || strikes(fault::drained_falsely))) {
            return result<item_type>(status::shut_down);
        }
        if (items_.empty() || strikes(fault::empty_falsely)) {
            return result<item_type>(status::empty);
        }
        auto taken = items_.begin();
        if (items_.size() > 1 && strikes(fault::overtakes)) ++taken;
        item_type item = *taken;
        if (!strikes(fault::duplicates)) items_.erase(taken);
        if (strikes(fault::makes_up)) item += std::uint64_t{1} << 40;
        return result<item_type>(std::in_place, [&] { return item; });
    }
    template <class Source, class Stop>
    status put_item(const Source& source, const limit<Stop>& within) {
        return wait(within, status::full, [&] { return try_put_item(source); });
    }
    template <class Stop> result<item_type> get_item(const limit<Stop>& within) {
        result<item_type> got(status::empty);
        const status said = wait(within, status::empty, [&] {
            got = try_get_item();
            return got.state();
        });
        return got ? got : result<item_type>(said);
    }
    // Batches: two items at a time.
    template <class Source>
    status put_items(const Source& source, std::uint64_t most, std::uint64_t& count, now_t) {
        const std::lock_guard held(mutex_);
        const status said = put_locked(source);
        if (said != status::ok) return said;
        ++count;
        if (most == 1 || put_locked(source) != status::ok) return status::ok;
        ++count;
        if (strikes(fault::batch_put_turned)) std::iter_swap(items_.end() - 1, items_.end() - 2);
        return status::ok;
    }
    template <class Sink>
    status get_items(const Sink& sink, std::uint64_t most, std::uint64_t& count, now_t) {
        const std::lock_guard held(mutex_);
        if (most > 1 && items_.size() > 1 && strikes(fault::batch_got_turned)) {
            std::iter_swap(items_.begin(), items_.begin() + 1);
        }
        const std::uint64_t before = count;
        for (; count - before < std::min<std::uint64_t>(most, 2); ++count) {
            auto got = get_locked();
            if (!got && count == before) return got.state();
            if (!got) break;
            sink(*got);
        }
        return status::ok;
    }
    template <class Source, class Stop>
    status put_items(const Source& source, std::uint64_t most, std::uint64_t& count,
                     const limit<Stop>& within) {
        return wait(within, status::full, [&] { return put_items(source, most, count, now); });
    }
    template <class Sink, class Stop>
    status get_items(const Sink& sink, std::uint64_t most, std::uint64_t& count,
                     const limit<Stop>& within) {
        return wait(within, status::empty, [&] { return get_items(sink, most, count, now); });
    }
    template <class Stop> status join_within(const limit<Stop>& within) {
        if (with_ == fault::never_joins && within.span_ns == platform::never) hangs_ = true;
        return wait(within, status::busy, [&] { return try_join(); });
    }

    // Tries until the answer is another one than `blocked`, or time is up, or a stop is asked.
    template <class Stop, class Attempt>
    status wait(const limit<Stop>& within, status blocked, Attempt attempt) {
        const bool carries_on = with_ == fault::carries_on;
        if (within.stop.stop_requested() && !carries_on) return status::stopped;
        const bool is_early = with_ == fault::times_out_early;
        const platform::instant_ns deadline = platform::after(
            platform::native::now(), is_early ? within.span_ns / 2 : within.span_ns);
        for (;;) {
            const status said = attempt();
            if (said != blocked && said != status::busy) return said;
            if (within.stop.stop_requested()) return status::stopped;
            if (platform::native::now() >= deadline) return status::timed_out;
            std::this_thread::yield();
        }
    }

    // Under the mutex. Once in a while; more often where a round gives few chances.
    bool strikes(fault which) {
        const bool is_rare = with_ == fault::puts_when_shut || with_ == fault::drained_falsely;
        return with_ == which && ++chances_ % (is_rare ? 5 : 50) == 0;
    }
    bool is_joined() {
        if (with_ == fault::never_joins) return false;
        return unfinished_ == 0 || strikes(fault::joins_early);
    }
    auto place_for(item_type item) {
        if constexpr (By == order::priority) {
            constexpr int bits = 48;
            const auto before = [](item_type a, item_type b) { return a >> bits < b >> bits; };
            return with_ == fault::equals_turned
                       ? std::lower_bound(items_.begin(), items_.end(), item, before)
                       : std::upper_bound(items_.begin(), items_.end(), item, before);
        } else {
            const bool at_front = (By == order::lifo) != (with_ == fault::turned);
            return at_front ? items_.begin() : items_.end();
        }
    }

    static inline std::atomic<bool> hangs_{false};
    const fault with_;
    std::mutex mutex_;
    std::deque<item_type> items_;
    std::uint64_t bound_, unfinished_ = 0, chances_ = 0;
    bool is_shut_down_ = false;
};

}  // namespace conq::test

#endif

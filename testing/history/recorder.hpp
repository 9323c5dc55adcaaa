// SPDX-License-Identifier: BSL-1.0
// Records the calls of real threads. Each thread has its own log, whose memory is allocated before
// the first call. So a recorded call costs two readings of the clock and a few stores to a cache
// line that no other thread touches. The clock is read right before and right after the call.
#ifndef CONQ_TESTING_HISTORY_RECORDER_HPP
#define CONQ_TESTING_HISTORY_RECORDER_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "conq/contract/limit.hpp"
#include "conq/contract/status.hpp"
#include "testing/history/clock.hpp"
#include "testing/history/operation.hpp"

namespace conq::testing {

/// The calls of one thread.
///
/// Threads: belongs to one thread until that thread has been joined. Allocates only in the
/// constructor.
class thread_log {
public:
    /// Room for `capacity` calls.
    thread_log(std::uint8_t thread, std::size_t capacity) : thread_(thread), calls_(capacity) {}

    /// Begins a call; the clock is read last. If `end` does not follow, because the call threw or
    /// the thread was stopped for good, the answer stays `maybe`. Throws std::length_error if there
    /// is no room; then nothing has been called yet.
    operation& begin(call what, form how, std::uint64_t value, std::uint64_t span_ns) {
        if (used_ == calls_.size()) throw std::length_error("a thread_log is full");
        operation& op = calls_[used_++];
        op.end_ns = no_end;
        op.said = answer::maybe;
        op.value = value;
        op.span_ns = static_cast<std::uint32_t>(span_ns);
        op.thread = thread_;
        op.what = what;
        op.how = how;
        op.begin_ns = stamp();
        return op;
    }
    /// Ends the call; the clock is read first.
    static void end(operation& op, answer said) {
        op.end_ns = stamp();
        op.said = said;
    }

    /// Begins a batch: a call for each value, all with one begin. Throws as `begin` does.
    std::span<operation> begin_batch(call what, form how, std::span<const std::uint64_t> values,
                                     std::uint64_t span_ns) {
        if (room() < values.size()) throw std::length_error("a thread_log is full");
        const std::span batch(&calls_[used_], values.size());
        for (const std::uint64_t value : values) begin(what, how, value, span_ns);
        for (operation& op : batch) op.begin_ns = batch.back().begin_ns;
        return batch;
    }
    /// Ends the batch: all its calls with one end. The first `count` calls were carried out. If the
    /// other answer is not ok, the next call gets it. The remaining calls were not made.
    void end_batch(std::span<operation> batch, std::size_t count, answer said) {
        const std::uint64_t at = stamp();
        const std::size_t made = count + (said == answer::ok ? 0 : 1);
        for (operation& op : batch.first(made)) {
            op.end_ns = at;
            op.said = answer::ok;
        }
        if (made != count) batch[count].said = said;
        used_ -= batch.size() - made;
    }

    /// Forgets all calls, but keeps the memory.
    void clear() noexcept { used_ = 0; }
    [[nodiscard]] std::span<const operation> calls() const { return {calls_.data(), used_}; }
    /// How many more calls fit.
    [[nodiscard]] std::size_t room() const noexcept { return calls_.size() - used_; }

private:
    std::uint8_t thread_;
    std::vector<operation> calls_;
    std::size_t used_ = 0;
};

/// Adds the calls of a thread that has been joined.
inline void gather(history& into, const thread_log& log) {
    into.operations.insert(into.operations.end(), log.calls().begin(), log.calls().end());
}

/// What a recorded get answered.
struct taken {
    answer said;
    std::uint64_t value;
};

/// What a recorded put_many did.
struct many_put {
    answer said;
    std::uint64_t count;
};

/// The form of a call with a limit, and its span.
struct limit_form {
    form how = form::waits;
    std::uint64_t span_ns = 0;

    limit_form() = default;
    explicit limit_form(now_t) : how(form::tries) {}
    explicit limit_form(std::chrono::nanoseconds span)
        : how(form::timed), span_ns(static_cast<std::uint64_t>(span.count())) {}
    template <class Stop> explicit limit_form(const Stop&) : how(form::stoppable) {}
    template <class Stop>
    limit_form(std::chrono::nanoseconds span, const Stop&)
        : how(form::timed_stoppable), span_ns(static_cast<std::uint64_t>(span.count())) {}
};

/// A queue as one thread sees it; each call is recorded. An item is made from a number, T(number),
/// and gives the number back: it is an integer or has a member `value`. Forms that the contract
/// calls equal (put and emplace, _for and _until) take turns; the number decides which is used.
///
/// A batch is recorded as what it promises to be: a put (or get) for each of its items, all in one
/// interval and in order, and one more with the answer if that is not ok.
///
/// Threads: belongs to one thread, as its log does. Throws what the queue throws, and
/// std::length_error if the log is full.
template <class Queue> class recorded {
    using item_type = typename Queue::value_type;
    using clock = std::chrono::steady_clock;

public:
    recorded(Queue& queue, thread_log& log) noexcept : queue_(&queue), log_(&log) {}

    answer put(std::uint64_t value) {
        return record(call::put, form::waits, value, 0, [&] {
            return value % 2 == 0 ? queue_->put(item_type(value)) : queue_->emplace(value);
        });
    }
    template <class Stop> answer put(std::uint64_t value, Stop stop) {
        return record(call::put, form::stoppable, value, 0,
                      [&] { return queue_->put(item_type(value), stop); });
    }
    answer put_for(std::uint64_t value, std::chrono::nanoseconds span) {
        return record(call::put, form::timed, value, count(span), [&] {
            return value % 2 == 0 ? queue_->put_for(item_type(value), span)
                                  : queue_->put_until(item_type(value), clock::now() + span);
        });
    }
    template <class Stop>
    answer put_for(std::uint64_t value, std::chrono::nanoseconds span, Stop stop) {
        return record(call::put, form::timed_stoppable, value, count(span),
                      [&] { return queue_->put_for(item_type(value), span, stop); });
    }
    answer try_put(std::uint64_t value) {
        return record(call::put, form::tries, value, 0, [&] {
            return value % 2 == 0 ? queue_->try_put(item_type(value)) : queue_->try_emplace(value);
        });
    }

    taken get() {
        return record_get(form::waits, 0, [&] { return queue_->get(); });
    }
    template <class Stop> taken get(Stop stop) {
        return record_get(form::stoppable, 0, [&] { return queue_->get(stop); });
    }
    taken get_for(std::chrono::nanoseconds span) {
        return record_get(form::timed, count(span), [&] {
            return span.count() % 2 == 0 ? queue_->get_for(span)
                                         : queue_->get_until(clock::now() + span);
        });
    }
    template <class Stop> taken get_for(std::chrono::nanoseconds span, Stop stop) {
        return record_get(form::timed_stoppable, count(span),
                          [&] { return queue_->get_for(span, stop); });
    }
    taken try_get() {
        return record_get(form::tries, 0, [&] { return queue_->try_get(); });
    }
    /// take(), and done() of the lease: two calls.
    taken take_and_done() {
        operation& op = log_->begin(call::get, form::waits, 0, 0);
        auto lease = queue_->take();
        const taken got = end_get(op, lease);
        if (lease) record_done(1, [&] { lease.done(); });
        return got;
    }

    template <class... Limit>
    many_put put_many(std::span<const std::uint64_t> values, Limit... within) {
        std::vector<item_type> items;
        items.reserve(values.size());
        for (const std::uint64_t value : values) items.emplace_back(value);
        const limit_form limit(within...);
        const auto batch = log_->begin_batch(call::put, limit.how, values, limit.span_ns);
        const auto put = queue_->put_many(std::move_iterator(items.begin()),
                                          std::move_iterator(items.end()), within...);
        log_->end_batch(batch, put.count, to_answer(put.status));
        return {to_answer(put.status), put.count};
    }
    /// Takes at most `most` items; `most` is not 0. The value is how many it took.
    template <class... Limit> taken get_many(std::size_t most, Limit... within) {
        std::vector<item_type> items(most, item_type(0));
        return record_gets(most, limit_form(within...), items, [&] {
            const auto got = queue_->get_many(items.begin(), most, within...);
            items.erase(items.begin() + static_cast<std::ptrdiff_t>(got.count), items.end());
            return got.status;
        });
    }
    /// take_many(), and done() of its lease.
    template <class... Limit> taken take_many_and_done(std::size_t most, Limit... within) {
        auto lease = queue_->take_many(0);
        const taken got = record_gets(most, limit_form(within...), lease, [&] {
            lease = queue_->take_many(most, within...);
            return lease.state();
        });
        if (lease) record_done(lease.size(), [&] { lease.done(); });
        return got;
    }

    /// Calls task_done. The answer is ok or refused.
    answer done(std::uint64_t count) {
        return record_done(count, [&] { queue_->task_done(count); });
    }

    void join() {
        record_bare(call::join, 0, [&] { queue_->join(); });
    }
    template <class Stop> answer join(Stop stop) {
        return record(call::join, form::stoppable, 0, 0, [&] { return queue_->join(stop); });
    }
    answer join_for(std::chrono::nanoseconds span) {
        return record(call::join, form::timed, 0, count(span),
                      [&] { return queue_->join_for(span); });
    }
    answer try_join() {
        return record(call::join, form::tries, 0, 0, [&] { return queue_->try_join(); });
    }

    void shutdown() {
        record_bare(call::shutdown, 0, [&] { queue_->shutdown(); });
    }
    void shutdown_now() {
        record_bare(call::shutdown_now, 0, [&] { queue_->shutdown(immediate); });
    }
    void set_maxsize(std::uint64_t bound)
        requires requires(Queue& queue) { queue.set_maxsize(bound); }
    {
        record_bare(call::resize, bound, [&] { queue_->set_maxsize(bound); });
    }
    void trim()
        requires requires(Queue& queue) { queue.trim(); }
    {
        record_bare(call::other, 0, [&] { queue_->trim(); });
    }
    template <class Source> void ask_stop(Source& source) {
        record_bare(call::ask_stop, 0, [&] { source.request_stop(); });
    }

private:
    static std::uint64_t count(std::chrono::nanoseconds span) {
        return static_cast<std::uint64_t>(span.count());
    }
    template <class Call>
    answer record(call what, form how, std::uint64_t value, std::uint64_t span_ns, Call make) {
        operation& op = log_->begin(what, how, value, span_ns);
        const status said = make();
        thread_log::end(op, to_answer(said));
        return op.said;
    }
    template <class Call> void record_bare(call what, std::uint64_t value, Call make) {
        operation& op = log_->begin(what, form::waits, value, 0);
        make();
        thread_log::end(op, answer::ok);
    }
    template <class Call> answer record_done(std::uint64_t count, Call make) {
        operation& op = log_->begin(call::done, form::waits, count, 0);
        answer said = answer::ok;
        try {
            make();
        } catch (const std::logic_error&) {
            said = answer::refused;
        }
        thread_log::end(op, said);
        return said;
    }
    template <class Call> taken record_get(form how, std::uint64_t span_ns, Call make) {
        operation& op = log_->begin(call::get, how, 0, span_ns);
        const auto got = make();
        return end_get(op, got);
    }
    // `items` holds, when the call returns, the items that it took.
    template <class Items, class Call>
    taken record_gets(std::size_t most, limit_form limit, const Items& items, Call make) {
        const std::vector<std::uint64_t> unknown(most, 0);
        const auto batch = log_->begin_batch(call::get, limit.how, unknown, limit.span_ns);
        const status said = make();
        log_->end_batch(batch, said == status::ok ? items.size() : 0, to_answer(said));
        if (said != status::ok) return {to_answer(said), 0};
        for (std::size_t i = 0; i < items.size(); ++i) batch[i].value = number(items[i]);
        return {answer::ok, items.size()};
    }
    template <class Got> static taken end_get(operation& op, const Got& got) {
        thread_log::end(op, to_answer(got.state()));
        if (got) op.value = number(*got);
        return {op.said, op.value};
    }
    static std::uint64_t number(const item_type& item) {
        if constexpr (std::convertible_to<item_type, std::uint64_t>) {
            return item;
        } else {
            return item.value;
        }
    }

    Queue* queue_;
    thread_log* log_;
};

}  // namespace conq::testing

#endif

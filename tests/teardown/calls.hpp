// SPDX-License-Identifier: BSL-1.0
// Every public call of a queue, by name, with what it must return: a table for tests that make a
// call fail at every place where it can.
#ifndef CONQ_TESTS_TEARDOWN_CALLS_HPP
#define CONQ_TESTS_TEARDOWN_CALLS_HPP

#include <chrono>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "conq/queue.hpp"

namespace conq::test {

/// What a call returned.
struct answer {
    status state = status::ok;
    int value = 0;  ///< of the item that it took
    friend bool operator==(const answer&, const answer&) = default;
};

/// What a call does to a queue if it does not fail.
enum class effect {
    put,           ///< adds the argument
    get,           ///< takes an item and owes its task_done
    get_and_done,  ///< takes an item and ends it
    take,          ///< takes an item into the lease
    end,           ///< ends the lease's item
    release,       ///< takes the item out of the lease and owes its task_done
    done,          ///< pays one task_done
    join,
    shut_down,
    drop_all,
    none
};

/// What a call is made on, and what with.
template <class Queue> struct desk {
    Queue& queue;
    std::optional<typename Queue::value_type> argument;  ///< of puts
    std::optional<typename Queue::lease_type> held;      ///< what `take` took
};

/// A call. `blocked` is what it returns where it has to wait; ok means that it would wait for ever,
/// and must not be made.
template <class Queue> struct named_call {
    const char* name;
    effect does;
    status blocked;
    answer (*make)(desk<Queue>&);
};

// Makes an object in place by a call, which adds no move to the call's own.
template <class Call> struct made_by {
    Call call;
    operator decltype(call())() const { return call(); }  // NOLINT: that is its use
};
template <class Call> made_by(Call) -> made_by<Call>;

template <class Item> answer taken(const result<Item>& from) {
    return {from.state(), from ? from->value : 0};
}
template <class Queue> answer taken(const lease<Queue>& from) {
    return {from.state(), from ? from->value : 0};
}
template <class Queue> answer taken(const lease_batch<Queue>& from) {
    return {from.state(), from ? from[0].value : 0};
}
inline std::stop_token live_token() {
    static const std::stop_source never_stopped;
    return never_stopped.get_token();
}
inline std::stop_token stopped_token() {
    std::stop_source source;
    source.request_stop();
    return source.get_token();
}
inline constexpr std::chrono::microseconds soon{20};
inline std::chrono::steady_clock::time_point past() {
    return std::chrono::steady_clock::now() - std::chrono::hours(1);
}

// Puts that say when; the items are due at once.
template <class Queue> std::vector<named_call<Queue>> delayed_puts() {
    using d = desk<Queue>&;
    using enum status;
    static constexpr std::chrono::seconds at_once{0};
    using clock = std::chrono::steady_clock;
    std::vector<named_call<Queue>> all = {
        {"put_after(T&&)", effect::put, ok,
         [](d on) -> answer { return {on.queue.put_after(std::move(*on.argument), at_once)}; }},
        {"put_after(T&&, for)", effect::put, timed_out,
         [](d on) -> answer {
             return {on.queue.put_after(std::move(*on.argument), at_once, soon, live_token())};
         }},
        {"put_at(T&&, now)", effect::put, full,
         [](d on) -> answer {
             return {on.queue.put_at(std::move(*on.argument), clock::now(), now)};
         }},
    };
    if constexpr (std::copy_constructible<typename Queue::value_type>) {
        all.push_back({"put_after(const T&, now)", effect::put, full, [](d on) -> answer {
                           return {on.queue.put_after(std::as_const(*on.argument), at_once, now)};
                       }});
        all.push_back({"put_at(const T&)", effect::put, ok, [](d on) -> answer {
                           return {on.queue.put_at(std::as_const(*on.argument), clock::now())};
                       }});
        all.push_back({"put_at(const T&, until)", effect::put, timed_out, [](d on) -> answer {
                           return {
                               on.queue.put_at(std::as_const(*on.argument), clock::now(), past())};
                       }});
    }
    return all;
}

// A batch of the one argument.
template <bool Moves, class Queue, class... Limit>
answer put_batch(desk<Queue>& on, Limit... within) {
    auto* const first = &*on.argument;
    if constexpr (Moves) {
        return {
            on.queue.put_many(std::move_iterator(first), std::move_iterator(first + 1), within...)
                .status};
    } else {
        return {
            on.queue.put_many(std::as_const(first), std::as_const(first) + 1, within...).status};
    }
}

template <class Queue> std::vector<named_call<Queue>> batch_puts() {
    using d = desk<Queue>&;
    using enum status;
    std::vector<named_call<Queue>> all = {
        {"put_many(T&&)", effect::put, ok, [](d on) { return put_batch<true>(on); }},
        {"put_many(T&&, now)", effect::put, full, [](d on) { return put_batch<true>(on, now); }},
        {"put_many(T&&, for)", effect::put, timed_out,
         [](d on) { return put_batch<true>(on, soon, live_token()); }},
    };
    if constexpr (std::copy_constructible<typename Queue::value_type>) {
        all.push_back({"put_many(const T&, stop)", effect::put, ok,
                       [](d on) { return put_batch<false>(on, live_token()); }});
        all.push_back({"put_many(const T&, until)", effect::put, timed_out,
                       [](d on) { return put_batch<false>(on, past()); }});
    }
    return all;
}

template <class Queue> std::vector<named_call<Queue>> puts() {
    using d = desk<Queue>&;
    using enum status;
    std::vector<named_call<Queue>> all = {
        {"put(T&&)", effect::put, ok,
         [](d on) -> answer { return {on.queue.put(std::move(*on.argument))}; }},
        {"put(T&&, stop)", effect::put, ok,
         [](d on) -> answer { return {on.queue.put(std::move(*on.argument), live_token())}; }},
        {"put_for(T&&)", effect::put, timed_out,
         [](d on) -> answer { return {on.queue.put_for(std::move(*on.argument), soon)}; }},
        {"put_until(T&&)", effect::put, timed_out,
         [](d on) -> answer { return {on.queue.put_until(std::move(*on.argument), past())}; }},
        {"try_put(T&&)", effect::put, full,
         [](d on) -> answer { return {on.queue.try_put(std::move(*on.argument))}; }},
        {"emplace", effect::put, ok,
         [](d on) -> answer { return {on.queue.emplace(on.argument->value)}; }},
        {"try_emplace", effect::put, full,
         [](d on) -> answer { return {on.queue.try_emplace(on.argument->value)}; }},
    };
    if constexpr (std::copy_constructible<typename Queue::value_type>) {
        const auto add = [&](named_call<Queue> call) { all.push_back(call); };
        add({"put(const T&)", effect::put, ok,
             [](d on) -> answer { return {on.queue.put(std::as_const(*on.argument))}; }});
        add({"put(const T&, stop)", effect::put, ok, [](d on) -> answer {
                 return {on.queue.put(std::as_const(*on.argument), live_token())};
             }});
        add({"put_for(const T&)", effect::put, timed_out, [](d on) -> answer {
                 return {on.queue.put_for(std::as_const(*on.argument), soon, live_token())};
             }});
        add({"put_until(const T&)", effect::put, timed_out, [](d on) -> answer {
                 return {on.queue.put_until(std::as_const(*on.argument), past())};
             }});
        add({"try_put(const T&)", effect::put, full,
             [](d on) -> answer { return {on.queue.try_put(std::as_const(*on.argument))}; }});
    }
    for (const named_call<Queue>& call : batch_puts<Queue>()) all.push_back(call);
    if constexpr (requires(d on) { on.queue.ready_at(); }) {
        for (const named_call<Queue>& call : delayed_puts<Queue>()) all.push_back(call);
    }
    return all;
}

// What one get_many took, or why it took nothing.
template <class Queue, class... Limit> answer get_batch(desk<Queue>& on, Limit... within) {
    std::vector<typename Queue::value_type> got;
    got.reserve(1);  // first, because a batch drops what its output does not take
    const batch_result taken = on.queue.get_many(std::back_inserter(got), 1, within...);
    return {taken.status, got.empty() ? 0 : got.front().value};
}

template <class Queue> std::vector<named_call<Queue>> batch_gets() {
    using d = desk<Queue>&;
    using enum status;
    std::vector<named_call<Queue>> all = {
        {"take_many()", effect::get_and_done, ok,
         [](d on) { return taken(on.queue.take_many(1)); }},
        {"take_many(now)", effect::get_and_done, empty,
         [](d on) { return taken(on.queue.take_many(1, now)); }},
        {"take_many(for), done()", effect::get_and_done, timed_out,
         [](d on) {
             auto tasks = on.queue.take_many(1, soon, live_token());
             const answer was = taken(tasks);
             tasks.done();
             return was;
         }},
        {"take_many(until).release()", effect::get, timed_out,
         [](d on) {
             auto tasks = on.queue.take_many(1, past());
             const answer was = taken(tasks);
             static_cast<void>(tasks.release());
             return was;
         }},
    };
    if constexpr (std::is_nothrow_move_constructible_v<typename Queue::value_type>) {
        all.push_back({"get_many()", effect::get, ok, [](d on) { return get_batch(on); }});
        all.push_back(
            {"get_many(now)", effect::get, empty, [](d on) { return get_batch(on, now); }});
        all.push_back(
            {"get_many(for)", effect::get, timed_out, [](d on) { return get_batch(on, soon); }});
    }
    return all;
}

template <class Queue> std::vector<named_call<Queue>> gets() {
    using d = desk<Queue>&;
    using enum status;
    std::vector<named_call<Queue>> all = {
        {"get()", effect::get, ok, [](d on) { return taken(on.queue.get()); }},
        {"get(stop)", effect::get, ok, [](d on) { return taken(on.queue.get(live_token())); }},
        {"get_for", effect::get, timed_out, [](d on) { return taken(on.queue.get_for(soon)); }},
        {"get_until", effect::get, timed_out,
         [](d on) { return taken(on.queue.get_until(past())); }},
        {"try_get", effect::get, empty, [](d on) { return taken(on.queue.try_get()); }},
        {"take()", effect::get_and_done, ok, [](d on) { return taken(on.queue.take()); }},
        {"take(stop)", effect::get_and_done, ok,
         [](d on) { return taken(on.queue.take(live_token())); }},
        {"take_for", effect::get_and_done, timed_out,
         [](d on) { return taken(on.queue.take_for(soon, live_token())); }},
        {"take_until", effect::get_and_done, timed_out,
         [](d on) { return taken(on.queue.take_until(past())); }},
        {"begin()", effect::get_and_done, ok, [](d on) { return taken(*on.queue.begin()); }},
        {"try_take", effect::take, empty,
         [](d on) {
             on.held.emplace(made_by{[&] { return on.queue.try_take(); }});
             const answer got = taken(*on.held);
             if (got.state != ok) on.held.reset();
             return got;
         }},
    };
    for (const named_call<Queue>& call : batch_gets<Queue>()) all.push_back(call);
    return all;
}

template <class Queue> std::vector<named_call<Queue>> lease_ends() {
    using d = desk<Queue>&;
    using lease = typename Queue::lease_type;
    using item = typename Queue::value_type;
    using enum status;
    return {
        {"lease.done()", effect::end, ok,
         [](d on) {
             const answer was = taken(*on.held);
             on.held->done();
             on.held.reset();
             return was;
         }},
        {"a lease dropped", effect::end, ok,
         [](d on) {
             const answer was = taken(*on.held);
             on.held.reset();
             return was;
         }},
        {"lease(lease&&)", effect::end, ok,
         [](d on) {
             lease other(std::move(*on.held));
             on.held.reset();
             const answer was = taken(other);
             other.done();
             return was;
         }},
        {"lease = lease&&", effect::end, ok,
         [](d on) {
             lease other(on.queue, [] { return result<item>(status::empty); });
             other = std::move(*on.held);
             on.held.reset();
             return taken(other);
         }},
        {"lease.release()", effect::release, ok,
         [](d on) -> answer {
             const item out = on.held->release();
             on.held.reset();
             return {status::ok, out.value};
         }},
    };
}

template <class Queue> std::vector<named_call<Queue>> others() {
    using d = desk<Queue>&;
    using enum status;
    std::vector<named_call<Queue>> all = {
        {"put, stopped", effect::none, stopped,
         [](d on) -> answer { return {on.queue.put(std::move(*on.argument), stopped_token())}; }},
        {"get, stopped", effect::none, stopped,
         [](d on) { return taken(on.queue.get(stopped_token())); }},
        {"join, stopped", effect::none, stopped,
         [](d on) -> answer { return {on.queue.join(stopped_token())}; }},
        {"task_done()", effect::done, ok,
         [](d on) -> answer { return on.queue.task_done(), answer{}; }},
        {"task_done, too many", effect::none, full,
         [](d on) -> answer {
             try {
                 on.queue.task_done(on.queue.unfinished() + 1);
             } catch (const std::logic_error&) {
                 return {full};
             }
             return {};
         }},
        {"join()", effect::join, ok, [](d on) -> answer { return on.queue.join(), answer{}; }},
        {"join(stop)", effect::join, ok,
         [](d on) -> answer { return {on.queue.join(live_token())}; }},
        {"join_for", effect::join, timed_out,
         [](d on) -> answer { return {on.queue.join_for(soon)}; }},
        {"join_until", effect::join, timed_out,
         [](d on) -> answer { return {on.queue.join_until(past(), live_token())}; }},
        {"try_join", effect::join, busy, [](d on) -> answer { return {on.queue.try_join()}; }},
        {"shutdown()", effect::shut_down, ok,
         [](d on) -> answer { return on.queue.shutdown(), answer{}; }},
        {"shutdown(immediate)", effect::drop_all, ok,
         [](d on) -> answer { return on.queue.shutdown(immediate), answer{}; }},
        {"trim()", effect::none, ok, [](d on) -> answer { return on.queue.trim(), answer{}; }},
    };
    if constexpr (requires(Queue& queue) { queue.set_maxsize(1); }) {
        all.push_back({"set_maxsize", effect::none, ok, [](d on) -> answer {
                           return on.queue.set_maxsize(on.queue.maxsize()), answer{};
                       }});
        all.push_back({"set_maxsize, negative", effect::none, full, [](d on) -> answer {
                           try {
                               on.queue.set_maxsize(-1);
                           } catch (const std::invalid_argument&) {
                               return {full};
                           }
                           return {};
                       }});
    }
    return all;
}

/// Every public call, except for the constructors and those that cannot fail.
template <class Queue> std::vector<named_call<Queue>> all_calls() {
    std::vector<named_call<Queue>> all;
    for (const auto& some : {puts<Queue>(), gets<Queue>(), lease_ends<Queue>(), others<Queue>()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace conq::test

#endif

// SPDX-License-Identifier: BSL-1.0
// What a checker calls wrong, property by property, on histories written by hand: the wrong one and
// beside it the nearest one that is right.
#include "testing/history/checker.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace conq::test {
namespace {

using testing::answer;
using testing::call;
using testing::check;
using testing::form;
using testing::history;
using testing::operation;
using testing::order;
using testing::rules;

// A call from `begin` to `end`, by thread 0 unless `by` says otherwise.
operation made(call what, answer said, std::uint64_t value, std::uint64_t begin, std::uint64_t end,
               form how = form::waits) {
    operation op;
    op.what = what;
    op.said = said;
    op.value = value;
    op.begin_ns = begin;
    op.end_ns = end;
    op.how = how;
    return op;
}
operation put(std::uint64_t value, std::uint64_t begin, std::uint64_t end) {
    return made(call::put, answer::ok, value, begin, end);
}
operation get(std::uint64_t value, std::uint64_t begin, std::uint64_t end) {
    return made(call::get, answer::ok, value, begin, end);
}
operation empty(std::uint64_t begin, std::uint64_t end) {
    return made(call::get, answer::empty, 0, begin, end, form::tries);
}
operation full(std::uint64_t begin, std::uint64_t end) {
    return made(call::put, answer::full, 99, begin, end, form::tries);
}
operation done(std::uint64_t count, std::uint64_t begin, std::uint64_t end) {
    return made(call::done, answer::ok, count, begin, end);
}
operation join(std::uint64_t begin, std::uint64_t end) {
    return made(call::join, answer::ok, 0, begin, end);
}
operation shutdown(std::uint64_t begin, std::uint64_t end) {
    return made(call::shutdown, answer::ok, 0, begin, end);
}
operation resize(std::uint64_t bound, std::uint64_t begin, std::uint64_t end) {
    return made(call::resize, answer::ok, bound, begin, end);
}
operation told(call what, std::uint64_t begin, std::uint64_t end) {
    return made(what, answer::shut_down, 98, begin, end);
}
operation by(std::uint8_t thread, operation op) {
    op.thread = thread;
    return op;
}

// The property that is violated, or "".
std::string wrong(std::initializer_list<operation> calls, rules promised = {}) {
    history it;
    it.operations = calls;
    const auto found = check(it, promised);
    return found ? found->property : "";
}
rules of(order kind, std::uint64_t bound = 0) {
    rules made;
    made.by = kind;
    made.bound = bound;
    return made;
}
constexpr std::uint64_t priority(std::uint64_t of, std::uint64_t value) {
    return of << 48 | value;
}

TEST(checker, nothing_is_wrong_with_nothing) {
    EXPECT_EQ(wrong({}), "");
}

TEST(checker, fresh) {
    EXPECT_EQ(wrong({get(1, 0, 5)}), "fresh");
    EXPECT_EQ(wrong({get(1, 0, 5), put(1, 6, 9)}), "fresh");
    EXPECT_EQ(wrong({get(1, 0, 6), put(1, 6, 9)}), "");
}

TEST(checker, once) {
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), get(1, 4, 5)}), "once");
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), empty(4, 5)}), "");
}

TEST(checker, fifo_order) {
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(2, 4, 5), get(1, 6, 7)}), "order");
    EXPECT_EQ(wrong({put(1, 0, 2), put(2, 2, 3), get(2, 4, 5), get(1, 6, 7)}), "");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(2, 4, 6), get(1, 6, 7)}), "");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(2, 4, 5)}), "order") << "1 never came out";
}

TEST(checker, lifo_order) {
    const rules lifo = of(order::lifo);
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(1, 4, 5), get(2, 6, 7)}, lifo), "order");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(2, 4, 5), get(1, 6, 7)}, lifo), "");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(1, 4, 6), get(2, 6, 7)}, lifo), "");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(1, 4, 5)}, lifo), "order");
    // Any two have an order; the three have none: each would lie on another.
    EXPECT_EQ(wrong({put(1, 0, 9), put(2, 0, 2), put(3, 3, 4), get(2, 10, 11), get(3, 12, 20),
                     get(1, 12, 20)},
                    lifo),
              "order");
}

TEST(checker, priority_order) {
    const rules lowest = of(order::priority);
    const std::uint64_t a = priority(1, 1), b = priority(2, 2), c = priority(2, 3);
    EXPECT_EQ(wrong({put(b, 0, 1), put(a, 2, 3), get(b, 4, 5), get(a, 6, 7)}, lowest), "order");
    EXPECT_EQ(wrong({put(b, 0, 1), put(a, 2, 4), get(b, 4, 5), get(a, 6, 7)}, lowest), "");
    EXPECT_EQ(wrong({put(b, 0, 1), put(a, 2, 3), get(b, 4, 6), get(a, 6, 7)}, lowest), "");
    EXPECT_EQ(wrong({put(b, 0, 1), put(c, 2, 3), get(c, 4, 5), get(b, 6, 7)}, lowest), "order")
        << "equals come out in the order of their puts";
    EXPECT_EQ(wrong({put(b, 0, 2), put(c, 2, 3), get(c, 4, 5), get(b, 6, 7)}, lowest), "");
}

TEST(checker, spsc_order_knows_no_clock_but_each_side) {
    const rules two = of(order::spsc, 2);
    EXPECT_EQ(wrong({put(1, 0, 1), by(1, empty(2, 3)), by(1, get(1, 4, 5))}, two), "")
        << "the put may be seen late";
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), by(1, get(2, 4, 5)), by(1, get(1, 6, 7))}, two),
              "order");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), full(4, 5), by(1, empty(8, 9))}, two), "");
    EXPECT_EQ(
        wrong({put(1, 0, 1), put(2, 2, 3), full(4, 5), by(1, get(1, 6, 7)), by(1, empty(8, 9))},
              two),
        "full")
        << "either the one or the other is false";
    EXPECT_EQ(wrong({put(1, 0, 1), full(2, 3)}, two), "full");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), put(3, 4, 5)}, two), "bound");
    EXPECT_THROW(wrong({put(1, 0, 1), by(1, put(2, 2, 3))}, two), std::invalid_argument);
}

TEST(checker, without_room_a_put_and_its_get_are_one_step) {
    const rules meeting = of(order::hand_over);
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3)}, meeting), "hand-over");
    EXPECT_EQ(wrong({put(1, 0, 2), get(1, 2, 3)}, meeting), "");
    EXPECT_EQ(wrong({put(1, 0, 1)}, meeting), "hand-over") << "nobody got it";
    EXPECT_EQ(wrong({put(1, 0, 1), made(call::shutdown_now, answer::ok, 0, 0, 3)}, meeting),
              "hand-over")
        << "nothing is there to be dropped";
    EXPECT_EQ(wrong({put(1, 0, 1), made(call::get, answer::maybe, 0, 1, testing::no_end)}, meeting),
              "");
    EXPECT_EQ(wrong({put(1, 0, 9), put(2, 0, 9), get(2, 0, 1), get(1, 2, 9)}, meeting), "");
    EXPECT_EQ(wrong({put(1, 0, 9), shutdown(1, 2), get(1, 3, 9)}, meeting), "hand-over");
    EXPECT_EQ(wrong({put(1, 0, 9), shutdown(1, 3), get(1, 3, 9)}, meeting), "");
    EXPECT_EQ(wrong({full(0, 1), empty(2, 3), put(1, 4, 6), full(7, 8), get(1, 5, 9)}, meeting),
              "");
    EXPECT_EQ(wrong({shutdown(0, 1), full(2, 3)}, meeting), "shutdown");
    const operation late = made(call::put, answer::timed_out, 5, 1'000'000, 1'000'001, form::timed);
    EXPECT_EQ(wrong({late}, meeting), "");
    EXPECT_EQ(wrong({shutdown(0, 1), late}, meeting), "time-out");
}

TEST(checker, empty_only_where_nothing_need_be_in) {
    EXPECT_EQ(wrong({put(1, 0, 1), empty(2, 3), get(1, 4, 5)}), "empty");
    EXPECT_EQ(wrong({put(1, 0, 2), empty(2, 3), get(1, 4, 5)}), "");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 3, 4), get(1, 5, 6), empty(3, 7), get(2, 8, 9)}), "empty")
        << "1 until 2 is in, then 2";
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 3, 5), get(1, 5, 6), empty(3, 7), get(2, 8, 9)}), "");
}

TEST(checker, full_only_where_so_much_may_be_in) {
    const rules one = of(order::fifo, 1);
    EXPECT_EQ(wrong({full(0, 1)}, one), "full");
    EXPECT_EQ(wrong({put(1, 0, 1), full(2, 3)}, one), "");
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), full(4, 5)}, one), "full");
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 4), full(4, 5)}, one), "");
    EXPECT_EQ(wrong({put(1, 0, 1), full(2, 3)}), "full") << "there is no bound";
}

TEST(checker, no_more_is_in_than_the_bound) {
    const rules one = of(order::fifo, 1);
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), get(1, 4, 5)}, one), "bound");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 4), get(1, 4, 5)}, one), "");
}

TEST(checker, the_bound_may_change) {
    const rules one = of(order::fifo, 1);
    const auto set = [](operation op) { return by(7, op); };
    EXPECT_EQ(wrong({put(1, 0, 1), set(resize(2, 2, 3)), put(2, 4, 5)}, one), "");
    EXPECT_EQ(wrong({put(1, 0, 1), put(2, 2, 3), set(resize(2, 4, 5))}, one), "bound");
    EXPECT_EQ(wrong({put(1, 0, 1), set(resize(1, 2, 3)), full(4, 5)}, of(order::fifo, 5)), "");
    EXPECT_EQ(wrong({put(1, 0, 1), set(resize(5, 2, 3)), full(4, 5)}, one), "full");
    EXPECT_EQ(wrong({put(1, 0, 1), set(resize(0, 2, 4)), full(4, 5)}, one), "");
    EXPECT_THROW(wrong({resize(1, 0, 1), by(1, resize(2, 2, 3))}), std::invalid_argument);
}

TEST(checker, shutdown_ends_puts_and_lets_gets_drain) {
    EXPECT_EQ(wrong({shutdown(0, 1), put(1, 2, 3), get(1, 4, 5)}), "shutdown");
    EXPECT_EQ(wrong({shutdown(0, 2), put(1, 2, 3), get(1, 4, 5)}), "");
    EXPECT_EQ(wrong({told(call::put, 0, 1), shutdown(2, 3)}), "shutdown") << "not yet";
    EXPECT_EQ(wrong({told(call::put, 0, 2), shutdown(2, 3)}), "");
    EXPECT_EQ(wrong({shutdown(0, 9), told(call::put, 1, 2), put(1, 3, 4), get(1, 5, 6)}),
              "shutdown")
        << "one putter had been told before";
    EXPECT_EQ(wrong({put(1, 0, 1), shutdown(2, 3), told(call::get, 4, 5), get(1, 6, 7)}),
              "shutdown");
    EXPECT_EQ(wrong({put(1, 0, 1), shutdown(2, 3), told(call::get, 4, 6), get(1, 6, 7)}), "");
    EXPECT_EQ(wrong({put(1, 0, 1), shutdown(2, 3), told(call::get, 4, 5)}), "shutdown") << "lost";
    EXPECT_EQ(wrong({shutdown(0, 1), empty(2, 3)}), "shutdown") << "it should say shut_down";
}

TEST(checker, immediate_shutdown_drops_what_is_left_and_counts_it_done) {
    const operation now = made(call::shutdown_now, answer::ok, 0, 2, 3);
    EXPECT_EQ(wrong({put(1, 0, 1), now, told(call::get, 4, 5), join(6, 7)}), "");
    EXPECT_EQ(wrong({put(1, 0, 1), now, get(1, 4, 5)}), "shutdown") << "it was dropped";
    history it;
    it.operations = {put(1, 0, 1), now};
    it.at_end = testing::final_state{0, 0};
    EXPECT_FALSE(check(it, {}));
    it.at_end = testing::final_state{0, 1};
    EXPECT_EQ(check(it, {})->property, "end");
    it.at_end = testing::final_state{1, 0};
    EXPECT_EQ(check(it, {})->property, "end");
}

TEST(checker, join_returns_only_when_the_count_may_be_zero) {
    EXPECT_EQ(wrong({put(1, 0, 1), join(2, 3), get(1, 2, 4), done(1, 5, 6)}), "join");
    EXPECT_EQ(wrong({put(1, 0, 1), join(2, 5), get(1, 2, 4), done(1, 5, 6)}), "");
    EXPECT_EQ(wrong({put(1, 0, 2), join(2, 3), get(1, 2, 4), done(1, 5, 6)}), "");
    EXPECT_EQ(wrong({put(1, 0, 9), get(1, 0, 1), join(2, 3), done(1, 5, 6)}), "join")
        << "1 had been put by then, because it had come out";
    const operation late = made(call::join, answer::timed_out, 0, 8, 9, form::timed);
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), done(1, 4, 5), late}), "join");
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), done(1, 4, 8), late}), "");
}

TEST(checker, dones_never_exceed_puts) {
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), done(2, 4, 5)}), "count");
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), done(1, 4, 5)}), "");
    const operation refused = made(call::done, answer::refused, 1, 4, 5);
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), refused}), "count");
    EXPECT_EQ(wrong({put(1, 0, 1), get(1, 2, 3), refused, done(1, 5, 6)}), "");
}

TEST(checker, a_stop_is_asked_for_and_then_kept) {
    const operation ask = made(call::ask_stop, answer::ok, 0, 4, 5);
    const auto stopped = [](std::uint64_t begin, std::uint64_t end) {
        return made(call::get, answer::stopped, 0, begin, end, form::stoppable);
    };
    EXPECT_EQ(wrong({stopped(0, 3), ask}), "stop");
    EXPECT_EQ(wrong({stopped(0, 4), ask}), "");
    operation carried_out = put(1, 6, 7);
    carried_out.how = form::stoppable;
    EXPECT_EQ(wrong({ask, carried_out}), "stop");
    carried_out.begin_ns = 5;
    EXPECT_EQ(wrong({ask, carried_out}), "");
}

TEST(checker, time_outs_are_never_early_and_have_a_reason) {
    operation late = made(call::get, answer::timed_out, 0, 2, 7, form::timed);
    late.span_ns = 6;
    EXPECT_EQ(wrong({late}), "time-out");
    late.span_ns = 5;
    EXPECT_EQ(wrong({late}), "");
    late.begin_ns += 1'000'000;
    late.end_ns += 1'000'000;
    EXPECT_EQ(wrong({put(1, 0, 1), late}), "time-out") << "1 was in, and nobody in the way";
    EXPECT_EQ(wrong({put(1, 0, 1), late, put(2, 1'000'003, 1'000'004)}), "") << "somebody was";
}

TEST(checker, busy_needs_company) {
    const operation busy = made(call::get, answer::busy, 0, 1'000'000, 1'000'001, form::tries);
    EXPECT_EQ(wrong({put(1, 0, 1), busy}), "busy");
    EXPECT_EQ(wrong({put(1, 0, 1'000'000), busy}), "");
}

TEST(checker, answers_fit_the_form_of_the_call) {
    EXPECT_EQ(wrong({made(call::put, answer::full, 1, 0, 1, form::waits)}), "form");
    EXPECT_EQ(wrong({made(call::get, answer::empty, 1, 0, 1, form::timed)}), "form");
    EXPECT_EQ(wrong({made(call::get, answer::timed_out, 1, 0, 1, form::stoppable)}), "form");
    EXPECT_EQ(wrong({made(call::join, answer::shut_down, 1, 0, 1)}), "form");
}

TEST(checker, a_call_without_an_end_may_have_taken_effect_or_not) {
    const operation lost_put = made(call::put, answer::maybe, 1, 0, testing::no_end);
    EXPECT_EQ(wrong({lost_put}), "");
    EXPECT_EQ(wrong({lost_put, get(1, 5, 6)}), "");
    EXPECT_EQ(wrong({lost_put, empty(5, 6)}), "");
    EXPECT_EQ(wrong({lost_put, get(1, 5, 6), get(1, 7, 8)}), "once");
    const operation lost_get = made(call::get, answer::maybe, 0, 2, testing::no_end);
    EXPECT_EQ(wrong({put(1, 0, 1), lost_get, empty(5, 6)}), "");
    EXPECT_EQ(wrong({put(1, 0, 1), empty(5, 6)}), "empty");
}

TEST(checker, a_history_that_is_none_is_refused) {
    EXPECT_THROW(wrong({put(1, 0, 1), put(1, 2, 3)}), std::invalid_argument);
    EXPECT_THROW(wrong({put(1, 2, 1)}), std::invalid_argument);
}

TEST(checker, the_text_names_calls_threads_intervals_and_values) {
    history it;
    it.operations = {by(1, put(5, 1000, 1010)), by(1, put(6, 1020, 1030)),
                     by(2, get(6, 1040, 1050)), by(3, get(5, 1060, 1070))};
    EXPECT_EQ(check(it, {})->text,
              "order: 5 was put before 6, and 6 came out before it\n"
              "    thread 1   put(5)                       [0, 10] ns  ok\n"
              "    thread 1   put(6)                       [20, 30] ns  ok\n"
              "    thread 2   get()                        [40, 50] ns  6\n"
              "    thread 3   get()                        [60, 70] ns  5\n");
}

}  // namespace
}  // namespace conq::test

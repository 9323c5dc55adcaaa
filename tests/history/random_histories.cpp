// SPDX-License-Identifier: BSL-1.0
#include "random_histories.hpp"

#include <algorithm>
#include <vector>

#include "oracle.hpp"

namespace conq::test {

using testing::answer;
using testing::call;
using testing::dice;
using testing::form;
using testing::history;
using testing::operation;
using testing::order;
using testing::rules;

namespace {

constexpr std::uint64_t step_ns = 10;  // between two instants of a run

// The form in which a call can have this answer.
form form_for(answer said) {
    if (said == answer::full || said == answer::empty || said == answer::busy) return form::tries;
    return said == answer::timed_out ? form::timed : form::waits;
}

operation make(call what, answer said, std::uint64_t value = 0) {
    operation op;
    op.what = what;
    op.said = said;
    op.how = form_for(said);
    op.value = value;
    return op;
}

std::uint64_t random_value(const rules& by, std::uint64_t number, dice& dice) {
    return (by.by == order::priority ? dice.below(4) << 4 : 0) | number;
}

// A call that the model may carry out now, with the answer that it gives.
operation random_call(const rules& by, repertoire which, const model& now, std::uint64_t& puts,
                      dice& dice) {
    const std::uint64_t kind = dice.below(which == repertoire::all ? 100 : 64);
    if (by.by == order::hand_over && kind < 28 && !now.is_closed) {
        return make(call::put, dice.chance(70) ? answer::ok : answer::full, puts++);
    }
    if (kind < 28) {
        const answer said = now.is_closed                                   ? answer::shut_down
                            : !now.is_full()                                ? answer::ok
                            : which == repertoire::exact || dice.chance(80) ? answer::full
                                                                            : answer::timed_out;
        return make(call::put, said, random_value(by, puts++, dice));
    }
    if (kind < 61) {
        const answer said = now.size != 0                                   ? answer::ok
                            : now.is_closed                                 ? answer::shut_down
                            : which == repertoire::exact || dice.chance(70) ? answer::empty
                                                                            : answer::timed_out;
        return make(call::get, said, now.size != 0 ? now.items[0] : 0);
    }
    if (kind < 64) return make(call::shutdown, answer::ok);
    if (kind < 78) {
        const std::uint64_t count = dice.between(1, 2);
        return make(call::done, count <= now.unfinished ? answer::ok : answer::refused, count);
    }
    if (kind < 88) {
        const answer late = dice.chance(50) ? answer::busy : answer::timed_out;
        return make(call::join, now.unfinished == 0 ? answer::ok : late);
    }
    if (kind < 91) return make(call::shutdown_now, answer::ok);
    if (kind < 96) return make(call::resize, answer::ok, dice.below(4));
    operation op = make(dice.chance(50) ? call::get : call::put, answer::maybe);
    if (op.what == call::put) op.value = random_value(by, puts++, dice);
    return op;
}

// Each of the two sides, and a third thread that shuts down: in its order, all at the same time.
void stamp_by_side(history& it) {
    std::uint64_t puts_ns = 0, gets_ns = 1000;
    for (operation& op : it.operations) {
        op.thread = op.what == call::put ? 1 : op.what == call::get ? 2 : 3;
        op.begin_ns = op.thread == 1 ? (puts_ns += 2) : op.thread == 2 ? (gets_ns += 2) : 0;
        op.end_ns = op.thread == 3 ? 2000 : op.begin_ns + 1;
    }
}

// Turns an answer into another that the call may have.
void flip(operation& op) {
    if (op.said == answer::maybe) return;
    if (op.what == call::done) op.said = op.said == answer::ok ? answer::refused : answer::ok;
    if (op.what == call::join) op.said = op.said == answer::ok ? answer::busy : answer::ok;
    if (op.what == call::get && op.said == answer::ok) op.said = answer::empty;
    if (op.what == call::put) op.said = op.said == answer::ok ? answer::full : answer::ok;
    op.how = form_for(op.said);
}

bool is_of_items(const operation& op) {
    return op.what == call::get && op.said == answer::ok;
}

}  // namespace

rules small_rules(order by, repertoire which, dice& dice) {
    rules made;
    made.by = by;
    made.priority_from = 4;
    if (which == repertoire::all || by == order::spsc) made.bound = dice.below(4);
    return made;
}

history shuffled(const rules& by, dice& dice) {
    history it;
    const std::uint64_t puts = dice.between(1, 5), gets = dice.between(0, puts);
    std::vector<std::uint64_t> values;
    for (std::uint64_t i = 0; i < puts; ++i) values.push_back(random_value(by, i, dice));
    for (const std::uint64_t value : values)
        it.operations.push_back(make(call::put, answer::ok, value));
    if (dice.chance(50)) {
        for (std::size_t i = 0; i + 1 < values.size(); ++i) {
            std::swap(values[i], values[dice.between(i, values.size() - 1)]);
        }
    }
    for (std::uint64_t i = 0; i < gets; ++i) {
        it.operations.push_back(make(call::get, answer::ok, values[i]));
    }
    for (std::uint64_t i = dice.below(3); i > 0; --i) {
        it.operations.push_back(make(call::get, answer::empty));
    }
    const std::uint64_t times = dice.between(4, 40), length = dice.between(1, times);
    for (operation& op : it.operations) {
        op.begin_ns = dice.below(times);
        op.end_ns = op.begin_ns + dice.below(length);
        op.thread = static_cast<std::uint8_t>(&op - it.operations.data());
    }
    return it;
}

history batched(const rules& by, dice& dice) {
    history it = shuffled(by, dice);
    for (std::size_t i = 1; i < it.operations.size(); ++i) {
        operation &before = it.operations[i - 1], &op = it.operations[i];
        if (op.what != before.what || op.said != answer::ok || dice.chance(30)) continue;
        op.begin_ns = before.begin_ns;
        op.end_ns = before.end_ns;
        op.thread = before.thread;
    }
    return it;
}

history with_order(const rules& by, repertoire which, dice& dice) {
    history it;
    model now(by);
    std::uint64_t puts = 0, at_ns = 1000;
    const bool in_pairs = by.by == order::hand_over;  // a put, and its get at the same instant
    const std::uint64_t count = dice.between(5, oracle::calls_most - (in_pairs ? 1 : 0));
    const std::uint64_t reach = dice.below(60);
    while (it.operations.size() < count || (in_pairs && now.size != 0)) {
        const bool is_second = in_pairs && now.size != 0;
        operation op = is_second ? make(call::get, answer::ok, now.items[0])
                                 : random_call(by, which, now, puts, dice);
        if (by.by == order::spsc && op.what == call::resize) continue;
        const bool is_lost = op.said == answer::maybe && dice.chance(50);  // never takes effect
        if (!is_lost && !now.carry_out(op)) continue;
        op.thread = op.what == call::resize ? 200 : static_cast<std::uint8_t>(it.operations.size());
        if (!is_second) at_ns += step_ns;
        op.begin_ns = at_ns - dice.below(reach + 1);
        op.end_ns = op.said == answer::maybe ? testing::no_end : at_ns + dice.below(reach + 1);
        // A put that was carried out need not have said so, unless a get would have to tell.
        if (op.what == call::put && op.said == answer::ok && dice.chance(4) &&
            by.by != order::spsc) {
            op.said = answer::maybe;
            op.end_ns = testing::no_end;
        }
        it.operations.push_back(op);
    }
    // The one thread that resizes does one thing at a time.
    std::uint64_t free_ns = 0;
    for (operation& op : it.operations) {
        if (op.what != call::resize) continue;
        op.begin_ns = std::max(op.begin_ns, free_ns);
        op.end_ns = std::max(op.begin_ns, op.end_ns);
        free_ns = op.end_ns + 1;
    }
    if (by.by == order::spsc) stamp_by_side(it);
    return it;
}

void mutate(history& it, const rules& by, dice& dice) {
    auto& calls = it.operations;
    operation& a = calls[dice.below(calls.size())];
    operation& b = calls[dice.below(calls.size())];
    const std::uint64_t by_ns = dice.between(1, 3 * step_ns);
    switch (dice.below(by.by == order::spsc ? 3 : 6)) {
        case 0:
            if (is_of_items(a) && is_of_items(b)) std::swap(a.value, b.value);
            break;
        case 1:
            if (a.what != b.what || a.said == answer::maybe || b.said == answer::maybe) break;
            std::swap(a.said, b.said);
            std::swap(a.how, b.how);
            if (a.what != call::put) std::swap(a.value, b.value);  // each value is put once
            break;
        case 2:
            flip(a);
            break;
        case 3:
            if (a.end_ns != testing::no_end) a.end_ns -= std::min(by_ns, a.end_ns - a.begin_ns);
            break;
        case 4:
            if (a.end_ns != testing::no_end) a.begin_ns += std::min(by_ns, a.end_ns - a.begin_ns);
            break;
        default:
            if (a.what == call::resize) break;  // one thread makes them all
            a.begin_ns -= by_ns;
            if (a.end_ns != testing::no_end) a.end_ns -= by_ns;
    }
}

}  // namespace conq::test

// SPDX-License-Identifier: BSL-1.0
// Checks that each answer fits the form of its call, and that a call had a reason to give up.
#include <string>

#include "testing/history/bound.hpp"

namespace conq::testing {
namespace {

bool is_put_or_get(const operation& op) {
    return op.what == call::put || op.what == call::get;
}

bool fits(const operation& op) {
    const bool waits = is_put_or_get(op) || op.what == call::join;
    switch (op.said) {
        case answer::ok:
        case answer::maybe:
            return true;
        case answer::full:
            return op.what == call::put && op.how == form::tries;
        case answer::empty:
            return op.what == call::get && op.how == form::tries;
        case answer::busy:
            return waits && op.how == form::tries;
        case answer::shut_down:
            return is_put_or_get(op);
        case answer::timed_out:
            return waits && has_deadline(op.how);
        case answer::stopped:
            return waits && has_token(op.how);
        case answer::refused:
            return op.what == call::done;
    }
    return false;
}

}  // namespace

std::optional<violation> check_forms(const evidence& e) {
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const operation& each = e.at(op);
        if (!fits(each)) return e.wrong("form", "this is no answer to this call", {op});
        if (each.said == answer::timed_out && each.end_ns - each.begin_ns < each.span_ns) {
            return e.wrong("time-out", "a call gave up before its time", {op});
        }
    }
    return std::nullopt;
}

std::optional<violation> check_stops(const evidence& e) {
    operation_index asked = nobody;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (e.at(op).what == call::ask_stop && e.when(op).end == e.stop().end) asked = op;
    }
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const operation& each = e.at(op);
        if (each.said == answer::stopped && e.when(op).end < e.stop().begin) {
            return e.wrong("stop", "a call was stopped before anybody had asked", {op});
        }
        if (each.said != answer::stopped && each.said != answer::maybe && has_token(each.how) &&
            e.when(op).begin > e.stop().end) {
            return e.wrong("stop", "a stop was asked before this call, and it was carried out",
                           {asked, op});
        }
    }
    return std::nullopt;
}

// A try_ call may meet a claim that is not yet published, or a lock that is held; a waiting call
// may run out of time behind it. (`stopped` needs no such reason: a call looks at the stop first.)
std::optional<violation> check_waits(const evidence& e) {
    if (e.promised().by == order::spsc) return std::nullopt;  // by the clock, a store may be late
    std::vector<operation_index> in_doubt;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const bool was_busy = e.at(op).said == answer::busy;
        const bool gave_up = e.at(op).said == answer::timed_out;
        if (!is_put_or_get(e.at(op)) || !(was_busy || gave_up) || e.has_company(op)) continue;
        if (was_busy) {
            return e.wrong("busy", "a call found another in its way, and there was none", {op});
        }
        in_doubt.push_back(op);
    }
    if (in_doubt.empty()) return std::nullopt;
    const auto runs = occupied(e);
    const room left(e);
    for (const operation_index op : in_doubt) {
        const interval call = e.while_open(op);
        const bool was_open = call.begin <= call.end;
        if (e.promised().by == order::hand_over && was_open) continue;  // no partner came
        if (e.at(op).what == call::get ? was_open && could_be_empty(runs, call)
                                       : was_open && left.could_be_full(call)) {
            continue;
        }
        return e.wrong("time-out",
                       std::string("a call gave up alone, and all the time ") +
                           (!was_open                    ? "the queue was shut down"
                            : e.at(op).what == call::get ? "something was in"
                                                         : "there was room"),
                       {op});
    }
    return std::nullopt;
}

}  // namespace conq::testing

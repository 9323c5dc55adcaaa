// SPDX-License-Identifier: BSL-1.0
// A queue that stores nothing: a put and the get that took its item are one step.
//
// A history is linearizable if each accepted put overlaps its get before the queue was shut down.
// Then the two take effect at an instant that they have in common (put.end was lowered to the
// shutdown). Their order among the other pairs does not matter, because the queue holds nothing
// between two steps. `empty` and `full` are right at each instant of an open queue: an observer
// cannot see whether a partner was waiting.
#include <algorithm>
#include <string>

#include "testing/history/evidence.hpp"

namespace conq::testing {

std::optional<violation> check_hand_over(const evidence& e) {
    instant lost = never;  // begin of the first get without an answer: it may have any item
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const operation& each = e.at(op);
        if (each.what == call::get && each.said == answer::maybe) {
            lost = std::min(lost, e.when(op).begin);
        }
    }
    for (const item& each : e.items()) {
        if (!e.is_certain(each)) continue;
        const instant get_begin = each.get_by != nobody ? each.get.begin : lost;
        if (get_begin != never && each.put.end >= get_begin) continue;
        std::vector<operation_index> calls;
        evidence::add_calls(calls, each);
        const bool came_out = each.get_by != nobody;
        const bool was_closed = came_out && e.when(each.put_by).end >= e.when(each.get_by).begin;
        if (was_closed) calls.push_back(e.closed_says());
        return e.wrong("hand-over",
                       std::to_string(each.value) +
                           (was_closed ? " was handed over when the queue had been shut down"
                            : came_out ? " was put before anybody came for it"
                                       : " was put, and nobody got it"),
                       std::move(calls));
    }
    return std::nullopt;
}

}  // namespace conq::testing

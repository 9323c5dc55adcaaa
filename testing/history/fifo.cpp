// SPDX-License-Identifier: BSL-1.0
// First in, first out.
//
// Say that a comes before b if put(a) ended before put(b) began, or get(a) before get(b). A history
// is linearizable, but for its `empty` answers, if no two items come before each other.
// Proof. Then the relation has no longer cycle either: in each of the two orders of intervals,
// a < b and c < d imply a < d or c < b, which shortens a cycle that alternates between them until
// two items are left. So there is a total order of the items that respects both; let all puts, and
// all gets, take effect as early as that order and the intervals allow. A put never comes after its
// get: it waits only for begins of puts of earlier items, each of which began before the end of its
// own get, and the gets wait for those, too (get.begin was raised to put.begin). []
// One sweep over the puts finds such a pair.
//
// `empty` needs an instant in its call that no item was surely in at (put ended, get not begun).
// Nothing else: let every put that has not ended by such an instant, and may, take effect after it,
// and every get that has begun, before it; neither changes the order of the items.
#include <string>

#include "testing/history/evidence.hpp"

namespace conq::testing {

std::optional<violation> check_fifo(const evidence& e) {
    const auto& items = e.items();
    std::size_t ended = 0;
    item_index latest = nobody;  // of the items whose put has ended: whose get began latest
    for (const item_index b : e.by_put_begin()) {
        for (; ended < items.size(); ++ended) {
            const item_index a = e.by_put_end()[ended];
            if (items[a].put.end >= items[b].put.begin) break;
            if (latest == nobody || items[a].get.begin > items[latest].get.begin) latest = a;
        }
        if (latest == nobody || items[latest].get.begin <= items[b].get.end) continue;
        const item &first = items[latest], &second = items[b];
        std::vector<operation_index> calls;
        evidence::add_calls(calls, first);
        evidence::add_calls(calls, second);
        const std::string a = std::to_string(first.value), b_text = std::to_string(second.value);
        return e.wrong("order",
                       a + " was put before " + b_text + ", and " + b_text + " came out " +
                           (first.get_by == nobody ? "and it never did" : "before it"),
                       std::move(calls));
    }
    return std::nullopt;
}

std::optional<violation> check_empty(const evidence& e) {
    std::vector<operation_index> empties;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (e.at(op).what == call::get && e.at(op).said == answer::empty) empties.push_back(op);
    }
    if (empties.empty()) return std::nullopt;
    const auto runs = occupied(e);
    for (const operation_index op : empties) {
        const interval call = e.while_open(op);  // later it would have said shut_down
        if (could_be_empty(runs, call)) continue;
        std::vector<operation_index> calls{op};
        // Items that cover the call, one after another, each the one that stays longest.
        for (instant covered = call.begin; covered <= call.end;) {
            const item* longest = nullptr;
            for (const item& each : e.items()) {
                if (each.is_surely_in() && each.put.end < covered && each.get.begin > covered &&
                    (longest == nullptr || each.get.begin > longest->get.begin)) {
                    longest = &each;
                }
            }
            if (longest == nullptr) break;
            evidence::add_calls(calls, *longest);
            covered = longest->get.begin;
        }
        return e.wrong("empty", "a get found nothing, and all the time something was in",
                       std::move(calls));
    }
    return std::nullopt;
}

}  // namespace conq::testing

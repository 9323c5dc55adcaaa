// SPDX-License-Identifier: BSL-1.0
// First in, first out.
//
// Let a come before b if put(a) ended before put(b) began, or get(a) ended before get(b) began.
// Apart from its `empty` answers, a history is linearizable if no two items come before each other.
// Proof. Then the relation has no longer cycle either: in each of the two orders of intervals,
// a < b and c < d imply a < d or c < b, which shortens a cycle that alternates between them until
// two items are left. So there is a total order of the items that respects both orders. Let all
// puts, and all gets, take effect as early as that total order and the intervals allow. A put never
// comes after its get: it waits only for begins of puts of earlier items, each of which began
// before the end of its own get, and the gets wait for those begins, too (get.begin was raised to
// put.begin). []
// One sweep over the puts finds a pair of items that come before each other.
//
// `empty` needs an instant in its call at which no item was surely in (put ended, get not begun).
// It needs nothing else: let every put that has not ended by that instant take effect after it, if
// its interval allows, and every get that has begun, before it. Neither changes the order of the
// items.
#include <string>

#include "testing/history/evidence.hpp"

namespace conq::testing {

std::optional<violation> check_fifo(const evidence& e) {
    const auto& items = e.items();
    std::size_t ended = 0;
    item_index latest = nobody;  // of the items whose put has ended, the one whose get began last
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

// Calls of one thread with one interval are a batch, and take effect in the order of the history.
// So if an item precedes another in a batch on one side, the other item must not come first on the
// other side, by time or in a batch there.
std::optional<violation> check_batches(const evidence& e) {
    const auto in_one_batch = [&](operation_index a, operation_index b) {
        const operation &one = e.at(a), &other = e.at(b);
        return one.thread == other.thread && one.what == other.what &&
               one.begin_ns == other.begin_ns && one.end_ns == other.end_ns;
    };
    std::vector<item_index> item_of(e.operations().size(), nobody);
    for (item_index i = 0; i < e.items().size(); ++i) {
        item_of[e.items()[i].put_by] = i;
        if (e.items()[i].get_by != nobody) item_of[e.items()[i].get_by] = i;
    }
    const auto comes_out_first = [&](const item& a, const item& b) {
        return a.get.end < b.get.begin || (a.get_by != nobody && b.get_by != nobody &&
                                           in_one_batch(a.get_by, b.get_by) && a.get_by < b.get_by);
    };
    const auto goes_in_first = [&](const item& a, const item& b) {
        return a.put.end < b.put.begin || (in_one_batch(a.put_by, b.put_by) && a.put_by < b.put_by);
    };
    for (operation_index b = 1; b < e.operations().size(); ++b) {
        for (operation_index a = b; a-- > 0 && in_one_batch(a, b);) {
            if (item_of[a] == nobody || item_of[b] == nobody) continue;
            const item &first = e.items()[item_of[a]], &second = e.items()[item_of[b]];
            const bool is_put = e.at(b).what == call::put;
            if (!(is_put ? comes_out_first(second, first) : goes_in_first(second, first))) continue;
            std::vector<operation_index> calls;
            evidence::add_calls(calls, first);
            evidence::add_calls(calls, second);
            return e.wrong("order",
                           std::to_string(first.value) + " precedes " +
                               std::to_string(second.value) + " in a batch, and not where it " +
                               (is_put ? "came out" : "was put"),
                           std::move(calls));
        }
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
        const interval call = e.while_open(op);  // later it would answer shut_down
        if (could_be_empty(runs, call)) continue;
        std::vector<operation_index> calls{op};
        // Items that cover the call, one after another: of those that fit, each time the one that
        // stays longest.
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

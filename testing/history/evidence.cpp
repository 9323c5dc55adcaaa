// SPDX-License-Identifier: BSL-1.0
#include "testing/history/evidence.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "testing/history/sorting.hpp"

namespace conq::testing {
namespace {

bool may_have_put(const operation& op) {
    return op.what == call::put && (op.said == answer::ok || op.said == answer::maybe);
}
bool has_got(const operation& op) {
    return op.what == call::get && op.said == answer::ok;
}
bool is_refusal(const operation& op) {
    return (op.what == call::put || op.what == call::get) && op.said == answer::shut_down;
}
bool is_shutdown(const operation& op) {
    return op.what == call::shutdown || op.what == call::shutdown_now;
}

// The items, ordered by the number that `key` gives for each.
template <class Key> std::vector<item_index> in_order(const std::vector<item>& items, Key key) {
    std::vector<keyed> list(items.size());
    for (item_index i = 0; i < items.size(); ++i) list[i] = {key(items[i]), i};
    sort_by_key(list);
    std::vector<item_index> order(items.size());
    for (std::size_t i = 0; i < list.size(); ++i) order[i] = list[i].index;
    return order;
}

}  // namespace

evidence::evidence(const history& of, const rules& by) : operations_(of.operations), rules_(by) {
    if (operations_.size() >= never / 4) throw std::invalid_argument("a history is too long");
    sort_by_time();
    find_turns();
    pair_up();
    if (misfit_) return;
    narrow();
    // The min replaces `never`, which would double the width of the numbers that are sorted.
    by_put_begin_ = in_order(items_, [](const item& each) { return each.put.begin; });
    by_put_end_ =
        in_order(items_, [this](const item& each) { return std::min(each.put.end, instants()); });
}

void evidence::sort_by_time() {
    std::vector<keyed> events;
    events.reserve(2 * operations_.size());
    for (operation_index op = 0; op < operations_.size(); ++op) {
        const operation& each = operations_[op];
        if (each.end_ns < each.begin_ns) throw std::invalid_argument("a call ends before it began");
        events.push_back({each.begin_ns * 2, op * 2});
        if (each.end_ns != no_end) events.push_back({each.end_ns * 2 + 1, op * 2 + 1});
    }
    sort_by_key(events);
    when_.assign(operations_.size(), {never, never});
    times_.resize(events.size());
    begun_.resize(events.size() + 1, 0);
    for (instant at = 0; at < events.size(); ++at) {
        interval& call = when_[events[at].index / 2];
        const bool is_begin = events[at].index % 2 == 0;
        (is_begin ? call.begin : call.end) = at;
        begun_[at + 1] = begun_[at] + (is_begin ? 1 : 0);
        times_[at] = events[at].key / 2;
    }
}

bool evidence::has_company(operation_index op) const noexcept {
    constexpr std::uint64_t visible_late_ns = 100'000;  // a store buffer drains in far less
    const std::uint64_t begin_ns = at(op).begin_ns;
    const std::uint64_t since_ns = begin_ns - std::min(begin_ns, visible_late_ns);
    const auto first = std::lower_bound(times_.begin(), times_.end(), since_ns) - times_.begin();
    const auto since = static_cast<std::size_t>(first);
    const std::size_t ended_before = since - begun_[since];
    return begun_[when(op).end] - ended_before > 1;  // 1: the call itself
}

// Finds when the queue was shut down, and when a stop was requested.
void evidence::find_turns() {
    const auto closed_at = [&](operation_index op) {
        if (when_[op].end >= closed_.end) return;
        closed_.end = when_[op].end;
        closed_says_ = op;
    };
    for (operation_index op = 0; op < operations_.size(); ++op) {
        const operation& each = operations_[op];
        if (is_shutdown(each)) {
            closed_.begin = std::min(closed_.begin, when_[op].begin);
            closed_at(op);
        } else if (is_refusal(each) && rules_.by != order::spsc) {
            closed_at(op);
        }
        if (each.what == call::shutdown_now) {
            drops_.end =
                drops_.begin == never ? when_[op].end : std::max(drops_.end, when_[op].end);
            drops_.begin = std::min(drops_.begin, when_[op].begin);
        }
        if (each.what == call::ask_stop) {
            stop_.begin = std::min(stop_.begin, when_[op].begin);
            stop_.end = std::min(stop_.end, when_[op].end);
        }
    }
}

void evidence::pair_up() {
    std::vector<keyed> of_items;
    of_items.reserve(operations_.size());
    for (operation_index op = 0; op < operations_.size(); ++op) {
        const operation& each = operations_[op];
        if (may_have_put(each) || has_got(each)) of_items.push_back({each.value, op});
    }
    sort_by_key(of_items);
    items_.reserve(of_items.size() / 2 + 1);
    std::vector<operation_index> of_one_value;
    for (std::size_t i = 0; i < of_items.size() && !misfit_; ++i) {
        of_one_value.push_back(of_items[i].index);
        if (i + 1 < of_items.size() && of_items[i + 1].key == of_items[i].key) continue;
        pair_one(of_one_value);
        of_one_value.clear();
    }
}

// Pairs the puts and gets of one value: there must be one put, and one get or none.
void evidence::pair_one(const std::vector<operation_index>& of_one_value) {
    operation_index put = nobody, get = nobody;
    for (const operation_index op : of_one_value) {
        const operation& each = operations_[op];
        const std::string value = std::to_string(each.value);
        if (each.what == call::put) {
            if (put != nobody) throw std::invalid_argument(value + " was put twice");
            put = op;
        } else {
            if (get != nobody) {
                misfit_ = wrong("once", value + " came out twice", {get, op});
                return;
            }
            get = op;
        }
    }
    if (put == nobody) {
        misfit_ =
            wrong("fresh", std::to_string(at(get).value) + " came out and was never put", {get});
        return;
    }
    item made{at(put).value, put, get, when_[put]};
    if (get != nobody) {
        made.get = when_[get];
        if (made.get.end < made.put.begin) {
            misfit_ = wrong("fresh", std::to_string(made.value) + " came out before it was put",
                            {put, get});
            return;
        }
    }
    items_.push_back(made);
}

// Narrows the intervals of each item by what else is known.
void evidence::narrow() {
    instant may_get = never;  // begin of the first get without an answer: it may have any item
    for (operation_index op = 0; op < operations_.size(); ++op) {
        if (at(op).what == call::get && at(op).said == answer::maybe) {
            may_get = std::min(may_get, when_[op].begin);
        }
    }
    for (item& each : items_) {
        if (!is_certain(each)) continue;
        if (each.get_by == nobody) {
            each.get = drops_;
            if (may_get != never) each.get = {std::min(drops_.begin, may_get), never};
        }
        each.put.end = std::min(each.put.end, each.get.end);
        // An accepted put came before the shutdown. (A put by plain stores, spsc, may show later.)
        if (rules_.by != order::spsc) each.put.end = std::min(each.put.end, closed_.end);
        each.get.begin = std::max(each.get.begin, each.put.begin);
    }
}

void evidence::add_calls(std::vector<operation_index>& calls, const item& each) {
    calls.push_back(each.put_by);
    if (each.get_by != nobody) calls.push_back(each.get_by);
}

violation evidence::wrong(std::string property, std::string sentence,
                          std::vector<operation_index> calls) const {
    constexpr std::size_t shown_most = 16;
    const std::size_t hidden = calls.size() - std::min(calls.size(), shown_most);
    calls.resize(calls.size() - hidden);
    std::sort(calls.begin(), calls.end(), [this](operation_index a, operation_index b) {
        return when_[a].begin < when_[b].begin;
    });
    calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
    const std::uint64_t origin = times_.empty() ? 0 : times_.front();
    std::string text = property + ": " + sentence + "\n";
    for (const operation_index op : calls) {
        text += "    " + to_string(at(op), origin);
        if (rules_.by == order::priority && (may_have_put(at(op)) || has_got(at(op)))) {
            text += ", priority " + std::to_string(rules_.priority_of(at(op).value));
        }
        text += "\n";
    }
    if (hidden > 0) text += "    ... and " + std::to_string(hidden) + " more\n";
    return {std::move(property), std::move(text)};
}

std::vector<interval> occupied(const evidence& e) {
    std::vector<interval> runs;
    for (const item_index i : e.by_put_end()) {
        const item& each = e.items()[i];
        if (!each.is_surely_in()) continue;
        const interval in{each.put.end, each.get.begin};
        if (!runs.empty() && in.begin < runs.back().end) {
            runs.back().end = std::max(runs.back().end, in.end);
        } else {
            runs.push_back(in);
        }
    }
    return runs;
}

bool could_be_empty(const std::vector<interval>& occupied, interval call) {
    auto after = std::lower_bound(occupied.begin(), occupied.end(), call.begin,
                                  [](const interval& run, instant at) { return run.begin < at; });
    return after == occupied.begin() || (after - 1)->end <= call.end;
}

}  // namespace conq::testing

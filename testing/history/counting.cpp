// SPDX-License-Identifier: BSL-1.0
// Checks the counts: task_done and join.
//
// The number of unfinished items at an instant is at least the puts that have ended minus the dones
// that have begun, and at most the puts that have begun minus the dones that have ended. An item
// that an immediate shutdown drops counts as a done between the shutdown's begin and end. join may
// answer ok only if the least was 0 or less at an instant of its call.
#include <string>

#include "testing/history/level.hpp"

namespace conq::testing {
namespace {

constexpr std::uint64_t count_most = std::uint64_t{1} << 40;  // keeps sums far from overflow

std::int64_t count_of(const operation& done) {
    return static_cast<std::int64_t>(std::min(done.value, count_most));
}

std::vector<std::int64_t> least_unfinished(const evidence& e) {
    level unfinished(e.instants());
    for (const item& each : e.items()) {
        if (!e.is_certain(each)) continue;
        unfinished.add_after(each.put.end, 1);
        if (e.was_dropped(each)) unfinished.add_at(each.get.begin, -1);
    }
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const operation& each = e.at(op);
        if (each.what != call::done || each.said == answer::refused) continue;
        unfinished.add_at(e.when(op).begin, -count_of(each));
    }
    return unfinished.values();
}

level most_unfinished(const evidence& e) {
    level unfinished(e.instants());
    for (const item& each : e.items()) {
        unfinished.add_at(each.put.begin, 1);
        if (e.was_dropped(each)) unfinished.add_after(each.get.end, -1);
    }
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const operation& each = e.at(op);
        if (each.what != call::done || each.said != answer::ok) continue;
        unfinished.add_after(e.when(op).end, -count_of(each));
    }
    return unfinished;
}

// Lists the call first, then the puts, dones and drops that ended last before it began, and says
// how many there are in all.
violation still_unfinished(const evidence& e, const char* property, const char* what,
                           operation_index op, std::int64_t least) {
    std::int64_t puts = 0, dones = 0, drops = 0;
    std::vector<operation_index> calls;
    for (const item_index i : e.by_put_end()) {
        const item& each = e.items()[i];
        if (!e.is_certain(each)) continue;
        if (each.put.end < e.when(op).begin) ++puts;
        if (each.put.end < e.when(op).end) calls.push_back(each.put_by);
        if (e.was_dropped(each) && each.get.begin < e.when(op).end) ++drops;
    }
    for (operation_index other = 0; other < e.operations().size(); ++other) {
        if (e.at(other).what != call::done || e.at(other).said == answer::refused) continue;
        if (e.when(other).begin >= e.when(op).end) continue;
        dones += count_of(e.at(other));
        calls.push_back(other);
    }
    std::sort(calls.begin(), calls.end(), [&](operation_index a, operation_index b) {
        return e.when(a).begin > e.when(b).begin;
    });
    calls.insert(calls.begin(), op);
    return e.wrong(property,
                   std::string(what) + ", and all the time at least " + std::to_string(least) +
                       " had not been done: " + std::to_string(puts) +
                       " puts had ended when it began, " + std::to_string(dones) +
                       " dones had begun when it ended, and " + std::to_string(drops) +
                       " might have been dropped",
                   std::move(calls));
}

std::optional<violation> check_dones(const evidence& e) {
    const std::vector<std::int64_t> left = most_unfinished(e).values_between();
    const auto under = std::find_if(left.begin(), left.end(), [](std::int64_t n) { return n < 0; });
    if (under == left.end()) return std::nullopt;
    const auto when = static_cast<instant>(under - left.begin());
    std::vector<operation_index> calls;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (e.at(op).what == call::done && e.when(op).end == when) calls.push_back(op);
    }
    return e.wrong("count",
                   std::to_string(-*under) + " more done than put (with every put that had begun)",
                   std::move(calls));
}

std::optional<violation> check_joins(const evidence& e, const std::vector<operation_index>& calls,
                                     const std::optional<std::uint8_t>& only_of) {
    const lows least(least_unfinished(e));
    std::vector<std::int64_t> values = most_unfinished(e).values();
    for (std::int64_t& each : values) each = -each;
    const lows negated_most(values);
    for (const operation_index op : calls) {
        const operation& each = e.at(op);
        const std::int64_t least_left = least.over(e.when(op));
        if (each.what == call::done) {
            if (least_left >= count_of(each)) {
                return still_unfinished(e, "count", "task_done was refused", op, least_left);
            }
        } else if (each.said == answer::ok) {
            // A side that sees only its own order (spsc) cannot be judged by the clock of the
            // other.
            if (least_left > 0 && (!only_of || each.thread == *only_of)) {
                return still_unfinished(e, "join", "join returned", op, least_left);
            }
        } else if (-negated_most.over(e.when(op)) < 1 &&
                   (each.said == answer::timed_out ||
                    (each.said == answer::busy && !e.has_company(op)))) {
            return e.wrong("join", "join gave up, and nothing was unfinished all the time", {op});
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<violation> check_counts(const evidence& e) {
    if (auto found = check_dones(e)) return found;
    std::vector<operation_index> to_check;
    std::optional<std::uint8_t> putter;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        const operation& each = e.at(op);
        const bool is_refusal = each.what == call::done && each.said == answer::refused;
        const bool is_join = each.what == call::join && each.said != answer::maybe;
        if (is_refusal || is_join) to_check.push_back(op);
        if (each.what == call::put && e.promised().by == order::spsc) putter = each.thread;
    }
    if (to_check.empty()) return std::nullopt;
    return check_joins(e, to_check, putter);
}

std::optional<violation> check_end(const evidence& e, const final_state& end) {
    std::uint64_t puts = 0, gets = 0, drops = 0, dones = 0;
    for (const operation& each : e.operations()) {
        if (each.said == answer::maybe) return std::nullopt;
        if (each.what == call::done && each.said == answer::ok) dones += each.value;
    }
    for (const item& each : e.items()) {
        ++puts;
        gets += each.get_by != nobody ? 1 : 0;
        drops += e.was_dropped(each) ? 1 : 0;
    }
    const auto counts = [&](const char* what, std::uint64_t says, std::uint64_t is) {
        return e.wrong("end",
                       std::string(what) + " is " + std::to_string(says) + " in the end, not " +
                           std::to_string(is) + ": " + std::to_string(puts) + " put, " +
                           std::to_string(gets) + " got, " + std::to_string(dones) + " done, " +
                           std::to_string(drops) + " dropped",
                       {});
    };
    if (end.size != puts - gets - drops) return counts("size()", end.size, puts - gets - drops);
    if (end.unfinished != puts - dones - drops) {
        return counts("unfinished()", end.unfinished, puts - dones - drops);
    }
    return std::nullopt;
}

}  // namespace conq::testing

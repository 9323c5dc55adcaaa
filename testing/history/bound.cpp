// SPDX-License-Identifier: BSL-1.0
// How many items were in, and how many may be in.
//
// At an instant, the items that are in are at most those whose put has begun and whose get has not
// ended, and at least those that are surely in. The bound is the last one set, or one that is being
// set. So `full` needs an instant in its call when the most reaches the least possible bound, and
// an accepted put needs an instant when the least is below the greatest possible bound. Both
// conditions are only necessary: nothing checks whether all these instants fit together. With a
// fixed bound, the second condition is the same as: never more items surely in than the bound.
#include "testing/history/bound.hpp"

#include <stdexcept>
#include <string>

namespace conq::testing {
namespace {

constexpr std::int64_t no_bound = std::int64_t{1} << 40;  // beyond any count, and far from overflow

std::int64_t to_bound(std::uint64_t maxsize) {
    return maxsize == 0 ? no_bound : static_cast<std::int64_t>(maxsize);
}

std::vector<operation_index> resizes_of(const evidence& e) {
    std::vector<operation_index> found;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (e.at(op).what != call::resize) continue;
        if (!found.empty() && e.at(op).thread != e.at(found.front()).thread) {
            throw std::invalid_argument("two threads call set_maxsize");
        }
        found.push_back(op);
    }
    std::sort(found.begin(), found.end(), [&](operation_index a, operation_index b) {
        return e.when(a).begin < e.when(b).begin;
    });
    return found;
}

// Adds `sign` times the bound. While the bound is being set, `choose` picks the old one or the new.
template <class Choose>
void add_bound(const evidence& e, level& to, std::int64_t sign, Choose choose) {
    std::int64_t now = to_bound(e.promised().bound);
    to.add_at(0, sign * now);
    for (const operation_index op : resizes_of(e)) {
        const std::int64_t next = to_bound(e.at(op).value), meanwhile = choose(now, next);
        to.add_at(e.when(op).begin, sign * (meanwhile - now));
        to.add_after(e.when(op).end, sign * (next - meanwhile));
        now = next;
    }
}
std::int64_t lesser(std::int64_t a, std::int64_t b) {
    return std::min(a, b);
}
std::int64_t greater(std::int64_t a, std::int64_t b) {
    return std::max(a, b);
}

// The least possible bound minus the most items that may be in: 0 or less where `full` could be
// right.
std::vector<std::int64_t> most_room(const evidence& e) {
    level room(e.instants());
    add_bound(e, room, 1, lesser);
    for (const item& each : e.items()) {
        room.add_at(each.put.begin, -1);
        room.add_after(each.get.end, 1);
    }
    return room.values();
}

level surely_in(const evidence& e) {
    level in(e.instants());
    for (const item& each : e.items()) {
        if (!each.is_surely_in()) continue;
        in.add_after(each.put.end, 1);
        in.add_at(each.get.begin, -1);
    }
    return in;
}

std::optional<violation> check_fixed(const evidence& e) {
    const auto bound = static_cast<std::int64_t>(e.promised().bound);
    const std::vector<std::int64_t> in = surely_in(e).values_between();
    const auto over = std::find_if(in.begin(), in.end(), [&](std::int64_t n) { return n > bound; });
    if (over == in.end()) return std::nullopt;
    const auto when = static_cast<instant>(over - in.begin());
    std::vector<operation_index> calls;
    for (const item& each : e.items()) {
        if (each.put.end <= when && each.get.begin > when) evidence::add_calls(calls, each);
    }
    return e.wrong(
        "bound",
        std::to_string(*over) + " items were in at once, and the bound is " + std::to_string(bound),
        std::move(calls));
}

std::optional<violation> check_changing(const evidence& e) {
    level over = surely_in(e);
    add_bound(e, over, -1, greater);
    const lows least_over(over.values());
    for (const item& each : e.items()) {
        if (!e.is_certain(each) || least_over.over(each.put) < 0) continue;
        std::vector<operation_index> calls = resizes_of(e);
        std::erase_if(calls, [&](operation_index op) { return e.when(op).begin > each.put.end; });
        if (calls.size() > 2) calls.erase(calls.begin(), calls.end() - 2);
        calls.push_back(each.put_by);
        return e.wrong("bound",
                       std::to_string(each.value) +
                           " was put while the bound was reached all the time (the bounds set last "
                           "are shown)",
                       std::move(calls));
    }
    return std::nullopt;
}

}  // namespace

room::room(const evidence& e) : least_(most_room(e)) {}

std::optional<violation> check_bound(const evidence& e) {
    const auto is_full = [](const operation& op) {
        return op.what == call::put && op.said == answer::full;
    };
    if (e.promised().by == order::spsc) return std::nullopt;       // see sequence.cpp
    if (e.promised().by == order::hand_over) return std::nullopt;  // full while no partner waits
    if (std::any_of(e.operations().begin(), e.operations().end(), is_full)) {
        const room left(e);
        for (operation_index op = 0; op < e.operations().size(); ++op) {
            if (!is_full(e.at(op)) || left.could_be_full(e.while_open(op))) continue;
            const std::int64_t more = left.least_in(e.while_open(op));
            return e.wrong("full",
                           more > no_bound / 2 ? "a put found no room, and there was no bound"
                                               : "a put found no room, and all the time there "
                                                 "was room for at least " +
                                                     std::to_string(more),
                           {op});
        }
    }
    if (!resizes_of(e).empty()) return check_changing(e);
    return e.promised().bound != 0 ? check_fixed(e) : std::nullopt;
}

}  // namespace conq::testing

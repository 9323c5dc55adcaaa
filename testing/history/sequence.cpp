// SPDX-License-Identifier: BSL-1.0
// First in, first out between one thread that puts and one that gets, each of which sees only its
// own order: sequential consistency, which knows no clock.
//
// An order of all calls is a path through the points (items put, items taken); at each point, 0 to
// `bound` more items have been put than taken. The k-th item taken must be the k-th item put.
// `full` after j puts is a stop of the path at (j, j - bound); `empty` after i gets is a stop at
// (i, i). A path that only rises can have both unless j - bound < i < j. A put that answers
// `shut_down` is the last put. A get that answers it is the last get, and by then all items have
// been taken. Linear.
#include <stdexcept>
#include <string>

#include "testing/history/evidence.hpp"

namespace conq::testing {
namespace {

// The calls of one kind, in the order of their thread; all must be of one thread.
std::vector<operation_index> calls_of(const evidence& e, call what) {
    std::vector<operation_index> found;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (e.at(op).what != what) continue;
        if (!found.empty() && e.at(op).thread != e.at(found.front()).thread) {
            throw std::invalid_argument("spsc: two threads on one side");
        }
        found.push_back(op);
    }
    std::sort(found.begin(), found.end(), [&](operation_index a, operation_index b) {
        return e.when(a).begin < e.when(b).begin;
    });
    return found;
}

// The calls of one side.
struct side {
    std::vector<operation_index> ok;
    struct blocked {
        operation_index call;
        std::uint64_t after;  // how many calls were ok before it
    };
    std::vector<blocked> full_or_empty;
    std::optional<violation> wrong;
};

side follow(const evidence& e, call what) {
    side found;
    operation_index told = nobody;
    for (const operation_index op : calls_of(e, what)) {
        const answer said = e.at(op).said;
        const bool is_ok = said == answer::ok || (said == answer::maybe && what == call::put);
        const bool is_blocked = said == answer::full || said == answer::empty;
        if (is_ok) found.ok.push_back(op);
        if (is_blocked) found.full_or_empty.push_back({op, found.ok.size()});
        if (said == answer::shut_down && told == nobody) told = op;
        if (told == nobody || !(said == answer::ok || is_blocked)) continue;
        found.wrong = e.wrong("shutdown", "this side had been told of the shutdown", {told, op});
        break;
    }
    return found;
}

// The k-th item out is the k-th in if nothing was dropped; else the items came out in order.
std::optional<violation> check_items(const evidence& e, const side& puts, const side& gets) {
    std::size_t in = 0;
    for (std::size_t out = 0; out < gets.ok.size(); ++out, ++in) {
        const std::uint64_t got = e.at(gets.ok[out]).value;
        if (e.drops().begin != never) {
            while (in < puts.ok.size() && e.at(puts.ok[in]).value != got) ++in;
        }
        if (in < puts.ok.size() && e.at(puts.ok[in]).value == got) continue;
        std::vector<operation_index> calls{gets.ok[out]};
        if (in < puts.ok.size()) calls.push_back(puts.ok[in]);
        return e.wrong("order",
                       "item number " + std::to_string(out) + " to come out is not the one that " +
                           "was put as number " + std::to_string(in),
                       std::move(calls));
    }
    return std::nullopt;
}

std::optional<violation> check_room(const evidence& e, const side& puts, const side& gets) {
    const std::uint64_t bound = e.promised().bound;
    const auto certain = static_cast<std::uint64_t>(
        std::count_if(puts.ok.begin(), puts.ok.end(),
                      [&](operation_index op) { return e.at(op).said == answer::ok; }));
    if (bound != 0 && certain > gets.ok.size() + bound) {
        return e.wrong("bound",
                       std::to_string(certain) + " were put, " + std::to_string(gets.ok.size()) +
                           " taken, and the bound is " + std::to_string(bound),
                       {puts.ok.back()});
    }
    auto empty = gets.full_or_empty.begin();
    for (const side::blocked& full : puts.full_or_empty) {
        if (bound == 0 || full.after < bound || gets.ok.size() + bound < full.after) {
            return e.wrong("full", "a put found no room, and so much was never in", {full.call});
        }
        while (empty != gets.full_or_empty.end() && empty->after + bound <= full.after) ++empty;
        if (empty == gets.full_or_empty.end() || empty->after >= full.after) continue;
        return e.wrong("full",
                       "full after " + std::to_string(full.after) + " puts and empty after " +
                           std::to_string(empty->after) + " gets: no order has both",
                       {full.call, empty->call});
    }
    return std::nullopt;
}

}  // namespace

std::optional<violation> check_sequence(const evidence& e) {
    const side puts = follow(e, call::put), gets = follow(e, call::get);
    if (puts.wrong) return puts.wrong;
    if (gets.wrong) return gets.wrong;
    if (auto found = check_items(e, puts, gets)) return found;
    // Drops and changes of the bound come from outside of both sides: their place in the order is
    // open.
    const auto is_resize = [](const operation& op) { return op.what == call::resize; };
    if (e.drops().begin != never ||
        std::any_of(e.operations().begin(), e.operations().end(), is_resize)) {
        return std::nullopt;
    }
    return check_room(e, puts, gets);
}

}  // namespace conq::testing

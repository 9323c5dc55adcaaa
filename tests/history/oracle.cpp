// SPDX-License-Identifier: BSL-1.0
#include "oracle.hpp"

#include <algorithm>
#include <stdexcept>

namespace conq::test {

using testing::answer;
using testing::call;
using testing::operation;
using testing::order;

bool model::carry_out(const operation& op) {
    switch (op.what) {
        case call::put:
            return put(op);
        case call::get:
            return get(op);
        case call::done: {
            const bool is_possible = op.value <= unfinished;
            if (op.said == answer::refused) return !is_possible;
            if (is_possible) unfinished -= op.value;
            return is_possible;
        }
        case call::join:
            return (op.said == answer::ok) == (unfinished == 0);
        case call::shutdown_now:
            if (unfinished < size) return false;  // task_done was called for what nobody had got
            unfinished -= size;
            size = 0;
            [[fallthrough]];
        case call::shutdown:
            is_closed = true;
            return true;
        case call::resize:
            bound = op.value;
            return true;
        case call::ask_stop:
        case call::other:
            return true;
    }
    return false;
}

bool model::put(const operation& op) {
    if (op.said == answer::shut_down) return is_closed;
    if (is_closed) return false;
    if (op.said == answer::full || op.said == answer::timed_out) {
        return is_full() || by->by == order::hand_over;
    }
    if (is_full()) return false;
    const std::size_t place = place_for(op.value);
    std::copy_backward(items.begin() + static_cast<std::ptrdiff_t>(place), items.begin() + size,
                       items.begin() + size + 1);
    items[place] = op.value;
    ++size;
    ++unfinished;
    return true;
}

bool model::get(const operation& op) {
    if (op.said == answer::shut_down) return is_closed && size == 0;
    if (op.said == answer::empty || op.said == answer::timed_out) return !is_closed && size == 0;
    if (size == 0 || (op.said == answer::ok && items[0] != op.value)) return false;
    std::copy(items.begin() + 1, items.begin() + size, items.begin());
    --size;
    return true;
}

std::size_t model::place_for(std::uint64_t value) const {
    if (by->by == order::lifo) return 0;
    if (by->by != order::priority) return size;
    std::size_t place = 0;
    while (place < size && by->priority_of(items[place]) <= by->priority_of(value)) ++place;
    return place;
}

bool oracle::has_order(const testing::history& of, const testing::rules& by) {
    if (of.operations.size() > calls_most) throw std::invalid_argument("too many calls");
    calls_ = &of.operations;
    must_ = 0;
    before_.fill(0);
    for (std::size_t i = 0; i < calls_->size(); ++i) {
        const operation& a = (*calls_)[i];
        if (a.said != answer::maybe) must_ |= 1u << i;
        for (std::size_t j = 0; j < calls_->size(); ++j) {
            const operation& b = (*calls_)[j];
            const bool is_before = by.by == order::spsc
                                       ? a.thread == b.thread && a.begin_ns < b.begin_ns
                                       : a.end_ns < b.begin_ns;
            const bool are_of_a_batch = a.thread == b.thread && a.what == b.what &&
                                        a.begin_ns == b.begin_ns && a.end_ns == b.end_ns;
            if (is_before || (are_of_a_batch && i < j)) before_[j] |= 1u << i;
        }
    }
    seen_.clear();
    return search(0, model(by));
}

bool oracle::search(std::uint32_t carried_out, const model& now) {
    if ((carried_out & must_) == must_) return true;
    // What is closed, the bound and the count follow from which calls were carried out.
    std::uint64_t key = carried_out;
    for (std::size_t i = 0; i < now.size; ++i) key = key << 4 | (now.items[i] & 15);
    if (!seen_.insert((key | std::uint64_t{now.size} << 60) + 1)) return false;  // 12 + 48 + 4 bits
    for (std::size_t i = 0; i < calls_->size(); ++i) {
        const std::uint32_t bit = 1u << i;
        if ((carried_out & bit) != 0 || (before_[i] & ~carried_out) != 0) continue;
        const operation& call_now = (*calls_)[i];
        const bool has_item = call_now.said == answer::ok || call_now.said == answer::maybe;
        if (now.by->by == order::hand_over && has_item && call_now.what == call::put) {
            if (hand_over(carried_out, now, i)) return true;
            continue;
        }
        model next = now;
        if (next.carry_out(call_now) && search(carried_out | bit, next)) return true;
    }
    return false;
}

// The put, and a get that may have its item, in one step.
bool oracle::hand_over(std::uint32_t carried_out, const model& now, std::size_t put) {
    for (std::size_t get = 0; get < calls_->size(); ++get) {
        if ((*calls_)[get].what != call::get || (carried_out & 1u << get) != 0) continue;
        if ((before_[get] & ~carried_out) != 0) continue;
        model next = now;
        if (next.carry_out((*calls_)[put]) && next.carry_out((*calls_)[get]) && next.size == 0 &&
            search(carried_out | 1u << put | 1u << get, next)) {
            return true;
        }
    }
    return false;
}

bool oracle::seen_set::insert(std::uint64_t key) {
    if (2 * used >= slots.size()) {
        std::vector<std::uint64_t> old(2 * slots.size());
        old.swap(slots);
        used = 0;
        for (const std::uint64_t each : old) {
            if (each != 0) static_cast<void>(insert(each));
        }
    }
    std::size_t at = (key * 0x9e3779b97f4a7c15u >> 32) % slots.size();
    while (slots[at] != 0) {
        if (slots[at] == key) return false;
        at = (at + 1) % slots.size();
    }
    slots[at] = key;
    ++used;
    return true;
}

void oracle::seen_set::clear() {
    slots.resize(1024);  // what one hard history needed is not cleared for all that follow
    std::fill(slots.begin(), slots.end(), 0);
    used = 0;
}

}  // namespace conq::test

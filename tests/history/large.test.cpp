// SPDX-License-Identifier: BSL-1.0
// Large histories: right ones pass, one change among a hundred thousand calls is found, and how
// long that takes is printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <deque>
#include <string>
#include <vector>

#include "testing/history/checker.hpp"
#include "testing/history/dice.hpp"
#include "testing/support/effort.hpp"

namespace conq::test {
namespace {

using testing::answer;
using testing::call;
using testing::dice;
using testing::form;
using testing::history;
using testing::operation;
using testing::order;
using testing::rules;

// What is in, in the order in which it comes out.
void insert(std::deque<std::uint64_t>& in, std::uint64_t value, const rules& by) {
    if (by.by == order::lifo) {
        in.push_front(value);
    } else if (by.by == order::priority) {
        in.insert(std::upper_bound(in.begin(), in.end(), value,
                                   [&](std::uint64_t a, std::uint64_t b) {
                                       return by.priority_of(a) < by.priority_of(b);
                                   }),
                  value);
    } else {
        in.push_back(value);
    }
}

// A run of `count` calls with up to eight at a time, and a backlog that comes and goes.
history run_of(const rules& by, std::uint64_t count, dice& dice) {
    history it;
    it.operations.reserve(count);
    std::deque<std::uint64_t> in;
    std::uint64_t at_ns = 1'000'000, puts = 0;
    while (it.operations.size() < count) {
        const bool grows = (it.operations.size() / 1000) % 2 == 0;
        operation op;
        if (dice.chance(grows ? 60 : 40)) {
            const std::uint64_t priority = by.by == order::priority ? dice.below(1000) : 0;
            op.what = call::put;
            op.value = priority << by.priority_from | puts++;
            op.said = answer::ok;
            insert(in, op.value, by);
        } else {
            op.what = call::get;
            op.said = in.empty() ? answer::empty : answer::ok;
            op.how = in.empty() ? form::tries : form::waits;
            if (!in.empty()) {
                op.value = in.front();
                in.pop_front();
            }
        }
        at_ns += 10;
        op.begin_ns = at_ns - dice.below(40);
        op.end_ns = at_ns + dice.below(40);
        it.operations.push_back(op);
    }
    return it;
}

// Exchanges what two gets far apart brought, somewhere in the middle.
void exchange_two(history& it) {
    const auto brings = [&](std::size_t i) {
        return it.operations[i].what == call::get && it.operations[i].said == answer::ok;
    };
    std::size_t first = it.operations.size() / 2;
    while (!brings(first)) ++first;
    std::size_t second = first + 50;
    while (!brings(second)) ++second;
    std::swap(it.operations[first].value, it.operations[second].value);
}

void check_large(order kind, const char* name) {
    rules by;
    by.by = kind;
    const std::uint64_t calls = 100'000, histories = testing::scaled(100);
    double spent_s = 0;  // of processor time: other tests may share the cores
    for (std::uint64_t i = 0; i < histories; ++i) {
        dice dice(testing::first_seed() + i);
        history it = run_of(by, calls, dice);
        const std::clock_t before = std::clock();
        const auto found = check(it, by);
        spent_s += static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
        EXPECT_FALSE(found) << "seed " << testing::first_seed() + i << "\n" << found->text;
        exchange_two(it);
        const auto changed = check(it, by);
        ASSERT_TRUE(changed) << "seed " << testing::first_seed() + i;
        if (i == 0) std::printf("%s", changed->text.c_str());
    }
    std::printf("    %s: %llu calls checked in %.2f s of processor time\n", name,
                static_cast<unsigned long long>(calls * histories), spent_s);
}

TEST(large, fifo) {
    check_large(order::fifo, "fifo");
}
TEST(large, lifo) {
    check_large(order::lifo, "lifo");
}
TEST(large, priority) {
    check_large(order::priority, "priority");
}

}  // namespace
}  // namespace conq::test

// SPDX-License-Identifier: BSL-1.0
// The checkers against brute force, on small random histories: they have to agree on each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "random_histories.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using testing::check;
using testing::dice;
using testing::history;
using testing::order;
using testing::rules;
using testing::violation;

std::string shown(const history& it, const rules& by) {
    std::string text = "bound " + std::to_string(by.bound) + "\n";
    for (const auto& op : it.operations) text += "    " + to_string(op, 0) + "\n";
    return text;
}

std::uint64_t hash_of(const history& it, const rules& by) {
    std::uint64_t hash = by.bound;
    const auto mix = [&](std::uint64_t n) {
        hash = (hash ^ n) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    };
    for (const auto& op : it.operations) {
        mix(op.begin_ns);
        mix(op.end_ns);
        mix(op.value << 16 | static_cast<std::uint64_t>(op.what) << 8 |
            static_cast<std::uint64_t>(op.said));
    }
    return hash;
}

history random_history(const rules& by, repertoire which, dice& dice) {
    if (which == repertoire::batches) return batched(by, dice);
    const std::uint64_t kind = dice.below(100);
    if (kind < 35 && which == repertoire::exact && by.by != order::spsc) return shuffled(by, dice);
    history it = with_order(by, which, dice);
    if (kind < 85) {
        for (std::uint64_t i = dice.between(1, 4); i > 0; --i) mutate(it, by, dice);
    }
    return it;
}

struct tally {
    std::uint64_t histories = 0, with_order = 0, found = 0;
    std::vector<std::uint64_t> hashes;
};

// Runs `count` histories; `judge(found, has_order)` says whether the checker's answer is right.
template <class Judge>
tally compare(order kind, repertoire which, std::uint64_t count, Judge judge) {
    tally all;
    oracle brute_force;
    for (; all.histories < count; ++all.histories) {
        const std::uint64_t seed = testing::first_seed() + all.histories;
        dice dice(seed);
        const rules by = small_rules(kind, which, dice);
        const history it = random_history(by, which, dice);
        const bool has_order = brute_force.has_order(it, by);
        const std::optional<violation> found = check(it, by);
        if (!judge(found.has_value(), has_order)) {
            ADD_FAILURE() << "seed " << seed << ": brute force says "
                          << (has_order ? "linearizable" : "not linearizable")
                          << ", the checker says " << (found ? found->text : "nothing is wrong")
                          << "\nof " << shown(it, by);
            return all;
        }
        all.with_order += has_order ? 1 : 0;
        all.found += found ? 1 : 0;
        all.hashes.push_back(hash_of(it, by));
    }
    return all;
}

std::uint64_t distinct(std::vector<std::uint64_t>& hashes) {
    std::sort(hashes.begin(), hashes.end());
    return static_cast<std::uint64_t>(std::unique(hashes.begin(), hashes.end()) - hashes.begin());
}

void agree_on_all(order kind, const char* name) {
    tally all = compare(kind, repertoire::exact, testing::scaled(1'000'000),
                        [](bool found, bool has_order) { return found != has_order; });
    std::printf("    %s: %llu histories, %llu linearizable, the others not\n", name,
                static_cast<unsigned long long>(all.histories),
                static_cast<unsigned long long>(all.with_order));
    EXPECT_GT(all.with_order, all.histories / 5) << "hardly any history is linearizable";
    EXPECT_GT(all.histories - all.with_order, all.histories / 5) << "hardly any is not";
    testing::publish({std::string("history checker: ") + name, "against brute force", all.histories,
                      distinct(all.hashes), testing::first_seed()});
}

TEST(crosscheck, fifo_agrees_with_brute_force) {
    agree_on_all(order::fifo, "fifo");
}
TEST(crosscheck, lifo_agrees_with_brute_force) {
    agree_on_all(order::lifo, "lifo");
}
TEST(crosscheck, priority_agrees_with_brute_force) {
    agree_on_all(order::priority, "priority");
}
TEST(crosscheck, spsc_agrees_with_brute_force) {
    agree_on_all(order::spsc, "spsc");
}

TEST(crosscheck, hand_over_agrees_with_brute_force) {
    agree_on_all(order::hand_over, "hand-over");
}

// Batches: of these, too, only some conditions are looked at.
TEST(crosscheck, batches_that_have_an_order_are_never_blamed) {
    tally all = compare(order::fifo, repertoire::batches, testing::scaled(300'000),
                        [](bool is_found, bool has_order) { return !is_found || !has_order; });
    const std::uint64_t without = all.histories - all.with_order;
    std::printf("    of %llu histories %llu have no order; %llu of those were found\n",
                static_cast<unsigned long long>(all.histories),
                static_cast<unsigned long long>(without),
                static_cast<unsigned long long>(all.found));
    EXPECT_GT(all.with_order, all.histories / 5);
    EXPECT_GT(all.found, without / 2) << "the necessary conditions find little";
    testing::publish({"history checker: batches", "never blames what has an order", all.histories,
                      distinct(all.hashes), testing::first_seed()});
}

// Bounds, dones, joins, drops: a checker that only looks for necessary conditions must not blame a
// history that has an order, and should find most of the others.
TEST(crosscheck, what_has_an_order_is_never_blamed) {
    std::uint64_t histories = 0, without = 0, found = 0, different = 0;
    for (const order kind : {order::fifo, order::lifo, order::priority, order::hand_over}) {
        tally all = compare(kind, repertoire::all, testing::scaled(300'000),
                            [](bool is_found, bool has_order) { return !is_found || !has_order; });
        EXPECT_GT(all.with_order, all.histories / 5);
        histories += all.histories;
        without += all.histories - all.with_order;
        found += all.found;
        different += distinct(all.hashes);
    }
    std::printf("    of %llu histories %llu have no order; %llu of those were found\n",
                static_cast<unsigned long long>(histories),
                static_cast<unsigned long long>(without), static_cast<unsigned long long>(found));
    EXPECT_GT(found, without / 2) << "the necessary conditions find little";
    testing::publish({"history checker: bounds, counts", "never blames what has an order",
                      histories, different, testing::first_seed()});
}

}  // namespace
}  // namespace conq::test

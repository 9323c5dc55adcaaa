// SPDX-License-Identifier: BSL-1.0
// Promises of the orders other than first in, first out, and of the comparison that a
// priority_queue uses.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "promises.hpp"
#include "testing/support/effort.hpp"

using conq::status;

using namespace conq::test;

namespace {

// Puts and gets at random, and compares with a model. `next` finds the item that has to come out
// among those in the queue, which it gets in the order of their puts. Items are (rank, number).
using ranked = std::pair<int, int>;
template <class Queue, class Next> void compare_with_a_model(Next next) {
    const std::uint64_t seed = conq::testing::first_seed();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Queue q(0);
    std::vector<ranked> model;
    for (int i = 0; i < 20'000; ++i) {
        // Mostly puts for a while, then mostly gets: the backlog grows and shrinks.
        if (random() % 8 < (i / 500 % 2 == 0 ? 5 : 3)) {
            const ranked item(static_cast<int>(random() % 10), i);
            ASSERT_EQ(q.put(item), status::ok);
            model.push_back(item);
        } else if (model.empty()) {
            ASSERT_EQ(q.try_get().state(), status::empty);
        } else {
            const auto expected = next(model);
            ASSERT_EQ(q.try_get().value(), *expected);
            model.erase(expected);
        }
        ASSERT_EQ(q.size(), model.size());
    }
}

// Compares the rank only, so that the number of equal items shows in which order they were put.
struct by_rank {
    bool operator()(const ranked& a, const ranked& b) const { return a.first < b.first; }
};

}  // namespace

CONQ_PROMISE(orders, the_newest_comes_out_first, lifo) {
    using queue = typename Subject::template queue<ranked>;
    compare_with_a_model<queue>([](std::vector<ranked>& in) { return in.end() - 1; });
}

CONQ_PROMISE(orders, the_lowest_comes_out_first, sorted) {
    using queue = typename Subject::template queue<ranked>;  // no two are equal: numbers differ
    compare_with_a_model<queue>(
        [](std::vector<ranked>& in) { return std::min_element(in.begin(), in.end()); });
}

CONQ_PROMISE(orders, each_getter_sees_ranks_that_rise, sorted) {
    for (int round = 0; round < 20; ++round) {
        typename Subject::template queue<int> q(0);
        for (int i = 0; i < 2'000; ++i) ASSERT_EQ(q.put((i * 7919) % 1'000), status::ok);
        q.shutdown();
        std::vector<std::jthread> getters;
        for (int g = 0; g < 3; ++g) {
            getters.emplace_back([&] {
                int last = -1;
                for (auto& task : q) ASSERT_LE(std::exchange(last, *task), *task);
            });
        }
    }
}

TEST(priority_queue, equals_come_out_in_the_order_of_put) {
    compare_with_a_model<conq::priority_queue<ranked, by_rank>>(
        [](std::vector<ranked>& in) { return std::min_element(in.begin(), in.end(), by_rank{}); });
}

TEST(priority_queue, is_lowest_first_by_default) {
    conq::priority_queue<int> q(3);
    for (const int each : {2, 3, 1}) ASSERT_EQ(q.put(each), status::ok);
    EXPECT_EQ(q.try_put(0), status::full);
    for (const int each : {1, 2, 3}) EXPECT_EQ(q.get().value(), each);
}

TEST(priority_queue, orders_by_the_comparison_it_was_made_with) {
    conq::priority_queue<int, std::function<bool(int, int)>> q(0, std::greater<>{});
    for (const int each : {2, 3, 1}) ASSERT_EQ(q.put(each), status::ok);
    for (const int each : {3, 2, 1}) EXPECT_EQ(q.get().value(), each);
}

namespace {

// Compares items by the number that they point to or by their `value`. Throws at the `at`-th
// comparison, counted from 0.
struct throwing_before {
    static inline int at = -1;
    template <class T> bool operator()(const T& a, const T& b) const {
        if (at >= 0 && at-- == 0) throw std::runtime_error("a comparison");
        if constexpr (requires { *a < *b; }) {
            return *a < *b;
        } else {
            return a.value < b.value;
        }
    }
};

// Lets each comparison of a put and of a get throw in turn. In the end the items come out in order.
template <class T, class Make> void throw_at_each_comparison(Make make) {
    conq::priority_queue<T, throwing_before> q;
    int puts = 0;
    for (int i = 0; i < 40; ++i) {
        T item = make((i * 17) % 23);
        for (int at = 0;; ++at) {
            throwing_before::at = at;
            try {
                ASSERT_EQ(q.put(std::move(item)), status::ok);
                ++puts;
                break;
            } catch (const std::runtime_error&) {
                throwing_before::at = -1;
                ASSERT_EQ(q.size(), static_cast<std::uint64_t>(puts));
                ASSERT_EQ(q.unfinished(), static_cast<std::uint64_t>(puts));
                ASSERT_FALSE(throwing_before()(item, make((i * 17) % 23))) << "it was touched";
                ASSERT_FALSE(throwing_before()(make((i * 17) % 23), item)) << "it was touched";
            }
        }
    }
    std::unique_ptr<T> last;
    for (; puts > 0; --puts) {
        for (int at = 0;; ++at) {
            throwing_before::at = at;
            try {
                auto item = q.try_get();
                throwing_before::at = -1;
                ASSERT_TRUE(last == nullptr || !throwing_before()(*item, *last)) << "out of order";
                last = std::make_unique<T>(std::move(*item));
                break;
            } catch (const std::runtime_error&) {
                ASSERT_EQ(q.size(), static_cast<std::uint64_t>(puts));
            }
        }
    }
    throwing_before::at = -1;
}

}  // namespace

TEST(priority_queue, a_comparison_that_throws_changes_nothing) {
    throwing::throws_on_copy = throwing::throws_on_move = false;
    throw_at_each_comparison<std::unique_ptr<int>>([](int v) { return std::make_unique<int>(v); });
    throw_at_each_comparison<throwing>([](int v) { return throwing(v); });
}

TEST(priority_queue, a_move_that_throws_leaves_the_order_as_it_was) {
    throwing_move_only::throws = false;
    conq::priority_queue<throwing_move_only, throwing_before> q;
    for (const int each : {4, 2, 3, 1}) ASSERT_EQ(q.emplace(each), status::ok);
    throwing_move_only::throws = true;
    EXPECT_THROW(q.emplace(0), std::runtime_error);
    EXPECT_THROW(static_cast<void>(q.get()), std::runtime_error);
    throwing_move_only::throws = false;
    for (const int each : {1, 2, 3, 4}) EXPECT_EQ(q.get()->value, each);
}

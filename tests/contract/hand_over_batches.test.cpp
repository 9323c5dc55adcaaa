// SPDX-License-Identifier: BSL-1.0
// Promises of batches of a queue without room: they meet all that wait, and wait for one.
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../support/thread_state.hpp"
#include "promises.hpp"

using conq::batch_result;
using conq::status;
using conq::test::watched_thread;

using namespace conq::test;

namespace {

using threads = std::vector<std::unique_ptr<watched_thread>>;
template <class Call> void start_asleep(threads& all, Call call) {
    all.push_back(std::make_unique<watched_thread>(std::move(call)));
    all.back()->wait_until_asleep();
}

// An item that cannot be moved any more after some moves.
struct tired {
    static inline int moves_left = 0;
    tired() = default;
    tired(tired&&) noexcept(false) {
        if (moves_left == 0) throw std::runtime_error("a move");
        --moves_left;
    }
    tired& operator=(tired&&) = default;
};

}  // namespace

CONQ_PROMISE(hand_over_batches, a_put_goes_to_all_who_wait_and_no_further, hands_over) {
    typename Subject::template queue<std::unique_ptr<int>> q(0);
    std::array<int, 3> got{};
    threads getters;
    for (int& each : got) start_asleep(getters, [&] { each = *q.get().value(); });
    std::vector<std::unique_ptr<int>> items;
    for (int i = 1; i <= 5; ++i) items.push_back(std::make_unique<int>(i));
    const auto put =
        q.put_many(std::move_iterator(items.begin()), std::move_iterator(items.end()), conq::now);
    EXPECT_EQ(put, (batch_result{3, status::full}));
    for (const auto& each : getters) each->join();
    EXPECT_EQ(got, (std::array{1, 2, 3}));  // first come, first served
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(items[i] == nullptr, i < 3) << i;
    EXPECT_EQ(q.unfinished(), 3u);
}

CONQ_PROMISE(hand_over_batches, a_get_takes_from_all_who_wait, hands_over) {
    typename Subject::template queue<int> q(0);
    threads putters;
    for (int i = 1; i <= 3; ++i) {
        start_asleep(putters, [&q, i] { EXPECT_EQ(q.put(i), status::ok); });
    }
    std::vector<int> got;
    EXPECT_EQ(q.get_many(std::back_inserter(got), 2), (batch_result{2, status::ok}));
    const auto rest = q.take_many(5);
    ASSERT_EQ(rest.size(), 1u);
    got.push_back(*rest.begin());
    EXPECT_EQ(got, (std::vector{1, 2, 3}));
    for (const auto& each : putters) each->join();
}

CONQ_PROMISE(hand_over_batches, a_put_waits_for_a_get_for_each_item, hands_over) {
    typename Subject::template queue<int> q(0);
    std::vector<int> items(500), got;
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<int>(i);
    std::jthread getter([&] {
        while (q.get_many(std::back_inserter(got), 7).count != 0) continue;
    });
    EXPECT_EQ(q.put_many(items.begin(), items.end()), (batch_result{500, status::ok}));
    q.shutdown();
    getter.join();
    EXPECT_EQ(got, items);
}

CONQ_PROMISE(hand_over_batches, a_shutdown_ends_a_put_that_waits, hands_over) {
    typename Subject::template queue<int> q(0);
    const std::array items{1, 2, 3};
    batch_result put;
    watched_thread putter([&] { put = q.put_many(items.begin(), items.end()); });
    putter.wait_until_asleep();
    EXPECT_EQ(q.get().value(), 1);
    q.shutdown();
    putter.join();
    EXPECT_EQ(put, (batch_result{1, status::shut_down}));
    EXPECT_EQ(q.unfinished(), 1u);
}

CONQ_PROMISE(hand_over_batches, an_item_that_cannot_be_moved_on_counts_as_done, hands_over) {
    typename Subject::template queue<tired> q(0);
    threads putters;
    tired::moves_left = 1;  // as far as the get's result
    start_asleep(putters, [&] { EXPECT_EQ(q.put(tired()), status::ok); });
    EXPECT_THROW(static_cast<void>(q.take_many(2)), std::runtime_error);
    putters.front()->join();
    EXPECT_EQ(q.unfinished(), 0u);
    q.join();
    tired::moves_left = 0;  // not even that far: the put waits on
    start_asleep(putters, [&] { EXPECT_EQ(q.put(tired()), status::ok); });
    EXPECT_THROW(static_cast<void>(q.take_many(2)), std::runtime_error);
    tired::moves_left = 2;
    EXPECT_EQ(q.take_many(2).size(), 1u);
    putters.back()->join();
}

// SPDX-License-Identifier: BSL-1.0
// Which of several outcomes wins: what happened before a stop or a deadline wins over it, however
// short before. A token and a clock that change the queue when they are asked stand for another
// thread that is quick enough.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"

namespace {

using namespace std::chrono_literals;
using conq::status;

// Calls `act` at the `at`-th look, counted from 0.
struct meddler {
    int at = 1;
    std::function<void()> act;
    int looks = 0;
    bool look() {
        if (looks++ == at) act();
        return looks > at;
    }
};

// A token that requests a stop as soon as the meddler has acted.
struct meddling_token {
    template <class Callback> struct callback_type {
        callback_type(const meddling_token&, Callback) noexcept {}
    };
    meddler* by;
    [[nodiscard]] bool stop_requested() const noexcept { return by->look(); }
    [[nodiscard]] bool stop_possible() const noexcept { return true; }
};

// A platform whose clock advances by a microsecond per look, and by a year once the meddler has
// acted. Its sleeps end at once.
struct meddling_platform : conq::platform::native {
    static inline meddler* by = nullptr;
    static inline conq::platform::instant_ns clock = 0;
    static conq::platform::instant_ns now() noexcept {
        constexpr std::uint64_t year_ns = 365ull * 24 * 3600 * 1'000'000'000;
        const bool is_late = by != nullptr && by->look();
        return (clock += 1'000) + (is_late ? year_ns : 0);
    }
    static conq::platform::sleep_end wait(atomic<std::uint32_t>&, std::uint32_t,
                                          conq::platform::instant_ns) noexcept {
        return conq::platform::sleep_end::woken;
    }
};
struct meddling_traits : conq::default_traits {
    using platform = meddling_platform;
};

template <class Queue> class outcomes : public ::testing::Test {};
using queues = ::testing::Types<conq::basic_bounded_queue<int, meddling_traits>,
                                conq::basic_queue<int, meddling_traits>>;
struct names {
    template <class Queue> static std::string GetName(int at) {
        return at == 0 ? "bounded_queue" : "queue";
    }
};
TYPED_TEST_SUITE(outcomes, queues, names);

// The meddler acts at each of this many looks in turn: some while the wait polls, some when it
// sleeps.
constexpr int looks_max = 200;

TYPED_TEST(outcomes, an_item_put_before_the_stop_is_got) {
    for (int at = 1; at < looks_max; ++at) {
        TypeParam q(2);
        meddler by{.at = at, .act = [&] { ASSERT_EQ(q.put(7), status::ok); }};
        EXPECT_EQ(q.get(meddling_token{&by}).value_or(-1), 7) << "look " << at;
    }
}

TYPED_TEST(outcomes, room_made_before_the_stop_is_used) {
    for (int at = 1; at < looks_max; ++at) {
        TypeParam q(1);
        ASSERT_EQ(q.put(1), status::ok);
        meddler by{.at = at, .act = [&] { ASSERT_EQ(q.get().value_or(-1), 1); }};
        EXPECT_EQ(q.put(2, meddling_token{&by}), status::ok) << "look " << at;
    }
}

TYPED_TEST(outcomes, a_shutdown_before_the_stop_wins) {
    for (int at = 1; at < looks_max; ++at) {
        TypeParam q(1);
        meddler by{.at = at, .act = [&] { q.shutdown(); }};
        EXPECT_EQ(q.get(meddling_token{&by}).state(), status::shut_down) << "look " << at;
    }
}

TYPED_TEST(outcomes, an_item_put_before_the_deadline_is_got) {
    for (int at = 1; at < looks_max; ++at) {
        TypeParam q(2);
        meddler by{.at = at, .act = [&] {
                       meddling_platform::by = nullptr;
                       ASSERT_EQ(q.put(7), status::ok);
                       meddling_platform::by = &by;
                   }};
        meddling_platform::by = &by;
        EXPECT_EQ(q.get_for(1h).value_or(-1), 7) << "look " << at;
        meddling_platform::by = nullptr;
    }
}

TYPED_TEST(outcomes, a_stop_wins_over_a_deadline) {
    TypeParam q(1);
    meddler by{.at = 1, .act = [] {}};
    EXPECT_EQ(q.get_for(-1s, meddling_token{&by}).state(), status::stopped);
}

// For a rendezvous: the partner comes in the middle of the call.
using meeting = conq::basic_rendezvous<int, meddling_traits>;

TEST(outcomes_of_a_rendezvous, an_item_put_before_the_stop_is_got) {
    for (int at = 1; at < looks_max; ++at) {
        meeting q;
        meddler by{.at = at, .act = [&] { ASSERT_EQ(q.try_put(7), status::ok); }};
        EXPECT_EQ(q.get(meddling_token{&by}).value_or(-1), 7) << "look " << at;
    }
}

TEST(outcomes_of_a_rendezvous, an_item_got_before_the_deadline_is_put) {
    for (int at = 1; at < looks_max; ++at) {
        meeting q;
        meddler by{.at = at, .act = [&] {
                       meddling_platform::by = nullptr;
                       ASSERT_EQ(q.try_get().value_or(-1), 7);
                       meddling_platform::by = &by;
                   }};
        meddling_platform::by = &by;
        EXPECT_EQ(q.put_for(7, 1h), status::ok) << "look " << at;
        meddling_platform::by = nullptr;
    }
}

TEST(outcomes_of_a_rendezvous, a_shutdown_before_the_stop_wins) {
    for (int at = 1; at < looks_max; ++at) {
        meeting q;
        meddler by{.at = at, .act = [&] { q.shutdown(); }};
        EXPECT_EQ(q.put(1, meddling_token{&by}), status::shut_down) << "look " << at;
    }
}

TEST(outcomes_of_a_rendezvous, a_stop_wins_over_a_deadline) {
    meeting q;
    meddler by{.at = 1, .act = [] {}};
    EXPECT_EQ(q.put_for(1, -1s, meddling_token{&by}), status::stopped);
}

}  // namespace

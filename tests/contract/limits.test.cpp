// SPDX-License-Identifier: BSL-1.0
// Promises of deadlines and stop tokens.
#include <chrono>
#include <limits>
#include <stop_token>
#include <string>
#include <thread>

#include "../support/thread_state.hpp"
#include "promises.hpp"

using namespace std::chrono_literals;
using conq::status;

using namespace conq::test;

CONQ_PROMISE(limits, a_past_deadline_tries_once, holds) {
    typename Subject::template queue<int> q(2);
    const auto past = std::chrono::steady_clock::now() - 1h;
    EXPECT_EQ(q.get_until(past).state(), status::timed_out);
    EXPECT_EQ(q.put_until(1, past), status::ok);
    EXPECT_EQ(q.put_for(2, -5s), status::ok);
    EXPECT_EQ(q.get_until(past).value() + q.get_for(0s).value(), 3);
    EXPECT_EQ(q.get_for(std::chrono::nanoseconds::min()).state(), status::timed_out);
    const auto past_wall = std::chrono::system_clock::now() - 24h;
    EXPECT_EQ(q.get_until(past_wall).state(), status::timed_out);
}

CONQ_PROMISE(limits, bounded_waits_end, holds) {
    typename Subject::template queue<int> q(1);
    EXPECT_EQ(q.get_for(2ms).state(), status::timed_out);
    EXPECT_EQ(q.get_until(std::chrono::steady_clock::now() + 2ms).state(), status::timed_out);
    EXPECT_EQ(q.get_until(std::chrono::system_clock::now() + 2ms).state(), status::timed_out);
    EXPECT_EQ(q.get_for(std::chrono::duration<double>(0.002)).state(), status::timed_out);
    EXPECT_EQ(q.take_for(1ms).state(), status::timed_out);
    ASSERT_EQ(q.put(1), status::ok);
    EXPECT_EQ(q.join_for(2ms), status::timed_out);
    EXPECT_EQ(q.join_until(std::chrono::steady_clock::now() + 2ms), status::timed_out);
    q.task_done();
    EXPECT_EQ(q.join_for(0ms), status::ok);
}

CONQ_PROMISE(limits, bounded_puts_end, bounded) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(1), status::ok);
    EXPECT_EQ(q.put_for(2, 2ms), status::timed_out);
    EXPECT_EQ(q.put_until(2, std::chrono::steady_clock::now() + 2ms), status::timed_out);
    EXPECT_EQ(q.put_until(2, std::chrono::system_clock::now() + 2ms), status::timed_out);
}

CONQ_PROMISE(limits, the_longest_durations_are_no_deadline, any) {
    typename Subject::template queue<int> q(1);
    int got[4] = {};
    watched_thread getter([&] {
        got[0] = q.get_for(std::chrono::hours::max()).value_or(-1);
        got[1] = q.get_for(std::chrono::duration<double>::max()).value_or(-1);
        got[2] = q.get_until(std::chrono::steady_clock::time_point::max()).value_or(-1);
        got[3] = q.get_until(std::chrono::system_clock::time_point::max()).value_or(-1);
    });
    for (int i = 1; i <= 4; ++i) {
        getter.wait_until_asleep();
        ASSERT_EQ(q.put(i), status::ok);
        while (!q.empty()) std::this_thread::yield();
    }
    getter.join();
    EXPECT_EQ(got[0] * 1000 + got[1] * 100 + got[2] * 10 + got[3], 1234);
}

CONQ_PROMISE(limits, a_stop_before_the_call_takes_nothing, holds) {
    typename Subject::template queue<int> q(2);
    ASSERT_EQ(q.put(1), status::ok);
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(q.get(source.get_token()).state(), status::stopped);
    EXPECT_EQ(q.get_for(1h, source.get_token()).state(), status::stopped);
    EXPECT_EQ(q.take(source.get_token()).state(), status::stopped);
    EXPECT_EQ(q.put(2, source.get_token()), status::stopped);
    EXPECT_EQ(q.join(source.get_token()), status::stopped);
    EXPECT_EQ(q.size(), 1u);
    q.shutdown();
    EXPECT_EQ(q.put(2, source.get_token()), status::stopped);
}

CONQ_PROMISE(limits, a_stop_ends_a_waiting_get, holds) {
    typename Subject::template queue<int> q(1);
    std::stop_source source;
    status answer = status::ok;
    watched_thread getter([&] { answer = q.get(source.get_token()).state(); });
    getter.wait_until_asleep();
    source.request_stop();
    getter.join();
    EXPECT_EQ(answer, status::stopped);
    EXPECT_EQ(q.put(1), status::ok);
    EXPECT_EQ(q.get().value(), 1);
}

CONQ_PROMISE(limits, a_stop_ends_a_waiting_put, bounded) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(1), status::ok);
    std::stop_source source;
    status answer = status::ok;
    watched_thread putter([&] { answer = q.put_for(2, 1h, source.get_token()); });
    putter.wait_until_asleep();
    source.request_stop();
    putter.join();
    EXPECT_EQ(answer, status::stopped);
}

CONQ_PROMISE(limits, a_stop_ends_a_waiting_join, holds) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(1), status::ok);
    std::stop_source source;
    status answer = status::ok;
    watched_thread joiner([&] { answer = q.join(source.get_token()); });
    joiner.wait_until_asleep();
    source.request_stop();
    joiner.join();
    EXPECT_EQ(answer, status::stopped);
}

// A token that models C++26's stoppable_token and is not std::stop_token.
struct foreign_token {
    template <class Callback> using callback_type = std::stop_callback<Callback>;
    std::stop_token inner;
    [[nodiscard]] bool stop_requested() const noexcept { return inner.stop_requested(); }
    [[nodiscard]] bool stop_possible() const noexcept { return inner.stop_possible(); }
    operator std::stop_token() const noexcept { return inner; }  // for std::stop_callback
};

CONQ_PROMISE(limits, any_token_of_the_standard_shape_stops, any) {
    typename Subject::template queue<int> q(1);
    std::stop_source source;
    status answer = status::ok;
    watched_thread getter([&] { answer = q.get(foreign_token{source.get_token()}).state(); });
    getter.wait_until_asleep();
    source.request_stop();
    getter.join();
    EXPECT_EQ(answer, status::stopped);
}

// A token whose callbacks take every lock of the queue when they are made and when they are
// destroyed. If the waiting call held one of the locks, it would wait for itself for ever.
template <class Queue> struct probing_token {
    template <class Callback> struct callback_type {
        callback_type(const probing_token& token, Callback) : by(token) { by.probe(); }
        ~callback_type() { by.probe(); }
        probing_token by;
    };
    Queue* queue;
    int* probes;

    void probe() const {
        using resumer = conq::resumer<typename Queue::platform_type>;
        resumer nobody([](resumer*) noexcept {});
        typename Queue::waiter_type place(nobody);
        queue->enlist_getter(place);
        queue->leave_getter(place);
        queue->enlist_putter(place);
        queue->leave_putter(place);
        queue->trim();
        static_cast<void>(queue->size());
        static_cast<void>(queue->join_for(0s));
        ++*probes;
    }
    [[nodiscard]] bool stop_requested() const noexcept { return false; }
    [[nodiscard]] bool stop_possible() const noexcept { return true; }
};

CONQ_PROMISE(limits, no_lock_is_held_while_a_stop_callback_is_made_or_destroyed, bounded) {
    using queue = typename Subject::template queue<int>;
    queue q(1);
    int probes = 0;
    const probing_token<queue> token{&q, &probes};
    EXPECT_EQ(q.get_for(1ms, token).state(), status::timed_out);
    ASSERT_EQ(q.put(1), status::ok);
    EXPECT_EQ(q.put_for(2, 1ms, token), status::timed_out);
    EXPECT_EQ(q.join_for(1ms, token), status::timed_out);
    EXPECT_EQ(probes, 6);
}

CONQ_PROMISE(limits, no_lock_is_held_while_a_hand_over_is_stopped, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    int probes = 0;
    const probing_token<queue> token{&q, &probes};
    EXPECT_EQ(q.get_for(1ms, token).state(), status::timed_out);
    EXPECT_EQ(q.put_for(1, 1ms, token), status::timed_out);
    EXPECT_EQ(probes, 4);
}

CONQ_PROMISE(limits, a_waiter_that_gives_up_passes_its_wake_on, many) {
    // Two getters, one of which is stopped while an item arrives: the other must get the item.
    for (int round = 0; round < 300; ++round) {
        typename Subject::template queue<int> q(1);
        std::stop_source source;
        status stopped_one = status::empty;
        int got = 0;
        std::jthread first([&] {
            auto item = q.get(source.get_token());
            stopped_one = item.state();
            if (item) static_cast<void>(q.put(*item));  // hand it on: the second getter needs one
        });
        std::jthread second([&] { got = q.get().value_or(-1); });
        std::jthread putter([&] { static_cast<void>(q.put(7)); });
        source.request_stop();
        first.join();
        second.join();
        ASSERT_EQ(got, 7) << "round " << round << ", first: " << to_string(stopped_one);
    }
}

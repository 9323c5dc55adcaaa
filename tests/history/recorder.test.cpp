// SPDX-License-Identifier: BSL-1.0
// The recorder tells what happened, by one clock.
#include "testing/history/recorder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "conq/locked_queue.hpp"
#include "conq/queue.hpp"
#include "testing/history/checker.hpp"
#include "testing/support/effort.hpp"

namespace conq::test {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::call;
using testing::form;
using testing::operation;
using testing::recorded;
using testing::thread_log;

TEST(clock, never_goes_back_from_one_thread_to_another) {
    // Each waits for the other's reading and then reads itself: what came later must not be less.
    const std::uint64_t rounds = testing::scaled(200'000);
    std::atomic<std::uint64_t> turn{0};
    std::atomic<std::uint64_t> last{0};
    std::uint64_t went_back = 0;
    const auto play = [&](std::uint64_t me) {
        for (std::uint64_t i = me; i < rounds; i += 2) {
            while (turn != i) std::this_thread::yield();
            const std::uint64_t now = testing::stamp();
            if (now < last) ++went_back;
            last = now;
            turn = i + 1;
        }
    };
    std::thread other(play, 1);
    play(0);
    other.join();
    EXPECT_EQ(went_back, 0u) << "histories need one clock for all cores";
}

TEST(recorder, records_each_call_with_its_form_and_answer) {
    locked_queue<std::uint64_t> queue(2);
    thread_log log(3, 100);
    recorded<locked_queue<std::uint64_t>> q(queue, log);
    std::stop_source stop;
    EXPECT_EQ(q.put(10), answer::ok);
    EXPECT_EQ(q.try_put(11), answer::ok);
    EXPECT_EQ(q.try_put(12), answer::full);
    EXPECT_EQ(q.put_for(13, 1ns), answer::timed_out);
    EXPECT_EQ(q.get().value, 10u);
    EXPECT_EQ(q.done(5), answer::refused);
    EXPECT_EQ(q.done(1), answer::ok);
    EXPECT_EQ(q.take_and_done().value, 11u);
    EXPECT_EQ(q.try_get().said, answer::empty);
    EXPECT_EQ(q.try_join(), answer::ok);
    q.ask_stop(stop);
    EXPECT_EQ(q.get(stop.get_token()).said, answer::stopped);
    EXPECT_EQ(q.get_for(1ns, stop.get_token()).said, answer::stopped);
    q.shutdown();
    EXPECT_EQ(q.put(14), answer::shut_down);
    EXPECT_EQ(q.get_for(1ns).said, answer::shut_down);

    struct expected {
        call what;
        form how;
        std::uint64_t value;
        answer said;
    };
    const expected all[] = {
        {call::put, form::waits, 10, answer::ok},
        {call::put, form::tries, 11, answer::ok},
        {call::put, form::tries, 12, answer::full},
        {call::put, form::timed, 13, answer::timed_out},
        {call::get, form::waits, 10, answer::ok},
        {call::done, form::waits, 5, answer::refused},
        {call::done, form::waits, 1, answer::ok},
        {call::get, form::waits, 11, answer::ok},
        {call::done, form::waits, 1, answer::ok},
        {call::get, form::tries, 0, answer::empty},
        {call::join, form::tries, 0, answer::ok},
        {call::ask_stop, form::waits, 0, answer::ok},
        {call::get, form::stoppable, 0, answer::stopped},
        {call::get, form::timed_stoppable, 0, answer::stopped},
        {call::shutdown, form::waits, 0, answer::ok},
        {call::put, form::waits, 14, answer::shut_down},
        {call::get, form::timed, 0, answer::shut_down},
    };
    ASSERT_EQ(log.calls().size(), std::size(all));
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < std::size(all); ++i) {
        const operation& op = log.calls()[i];
        EXPECT_EQ(op.thread, 3);
        EXPECT_EQ(op.what, all[i].what) << i;
        EXPECT_EQ(op.how, all[i].how) << i;
        EXPECT_EQ(op.value, all[i].value) << i;
        EXPECT_EQ(op.said, all[i].said) << i;
        EXPECT_LE(before, op.begin_ns);
        EXPECT_LE(op.begin_ns, op.end_ns);
        before = op.end_ns;
    }
    testing::history it;
    gather(it, log);
    it.at_end = testing::final_state{queue.size(), queue.unfinished()};
    testing::rules promised;
    promised.bound = 2;
    EXPECT_FALSE(check(it, promised));
}

TEST(recorder, a_call_that_throws_has_no_answer) {
    struct failing {
        using value_type = std::uint64_t;
        status try_put(std::uint64_t) { throw std::runtime_error("no memory"); }
        status try_emplace(std::uint64_t) { throw std::runtime_error("no memory"); }
    } queue;
    thread_log log(0, 1);
    recorded<failing> q(queue, log);
    EXPECT_THROW(q.try_put(1), std::runtime_error);
    ASSERT_EQ(log.calls().size(), 1u);
    EXPECT_EQ(log.calls()[0].said, answer::maybe);
    EXPECT_EQ(log.calls()[0].end_ns, testing::no_end);
}

TEST(recorder, a_full_log_throws_before_the_call) {
    locked_queue<std::uint64_t> queue;
    thread_log log(0, 1);
    recorded<locked_queue<std::uint64_t>> q(queue, log);
    EXPECT_EQ(q.put(1), answer::ok);
    EXPECT_THROW(q.put(2), std::length_error);
    EXPECT_EQ(queue.size(), 1u);
}

}  // namespace
}  // namespace conq::test

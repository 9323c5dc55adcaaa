// SPDX-License-Identifier: BSL-1.0
// Promises of shutdown, graceful and immediate.
#include <chrono>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "promises.hpp"

using namespace std::chrono_literals;
using conq::status;

using namespace conq::test;

CONQ_PROMISE(shutdown, puts_end_and_gets_drain, holds) {
    typename Subject::template queue<int> q(3);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(q.put(i), status::ok);
    EXPECT_FALSE(q.is_shut_down());
    q.shutdown();
    EXPECT_TRUE(q.is_shut_down());
    EXPECT_EQ(q.put(9), status::shut_down);
    EXPECT_EQ(q.try_put(9), status::shut_down);
    EXPECT_EQ(q.put_for(9, 1h), status::shut_down);
    EXPECT_EQ(q.emplace(9), status::shut_down);
    std::set<int> drained;
    for (int i = 0; i < 3; ++i) drained.insert(q.get().value());
    EXPECT_EQ(drained, (std::set<int>{0, 1, 2}));
    EXPECT_EQ(q.get().state(), status::shut_down);
    EXPECT_EQ(q.try_get().state(), status::shut_down);
    EXPECT_EQ(q.get_for(1h).state(), status::shut_down);
    EXPECT_EQ(q.get_for(-1h).state(), status::shut_down);
    EXPECT_EQ(q.take().state(), status::shut_down);
    q.shutdown();
    EXPECT_EQ(q.get().state(), status::shut_down);
}

CONQ_PROMISE(shutdown, ends_every_waiting_get, many) {
    typename Subject::template queue<int> q(1);
    std::vector<status> answers(4, status::ok);
    {
        std::vector<std::unique_ptr<watched_thread>> getters;
        for (auto& answer : answers) {
            getters.push_back(std::make_unique<watched_thread>([&] { answer = q.get().state(); }));
        }
        for (auto& getter : getters) getter->wait_until_asleep();
        q.shutdown();
    }
    for (const status answer : answers) EXPECT_EQ(answer, status::shut_down);
}

CONQ_PROMISE(shutdown, ends_every_waiting_put, bounded | many) {
    typename Subject::template queue<int> q(1);
    ASSERT_EQ(q.put(0), status::ok);
    std::vector<status> answers(4, status::ok);
    {
        std::vector<std::unique_ptr<watched_thread>> putters;
        for (auto& answer : answers) {
            putters.push_back(std::make_unique<watched_thread>([&] { answer = q.put(1); }));
        }
        for (auto& putter : putters) putter->wait_until_asleep();
        q.shutdown();
    }
    for (const status answer : answers) EXPECT_EQ(answer, status::shut_down);
    EXPECT_EQ(q.get().value(), 0);
    EXPECT_EQ(q.get().state(), status::shut_down);
}

CONQ_PROMISE(shutdown, immediate_drops_what_is_unclaimed_and_counts_it_done, holds) {
    const int before = counted::alive;
    typename Subject::template queue<counted> q(5);
    for (int i = 0; i < 5; ++i) q.emplace(i);
    auto taken = q.get();
    ASSERT_TRUE(taken);
    q.shutdown(conq::immediate);
    EXPECT_EQ(counted::alive, before + 1);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_EQ(q.get().state(), status::shut_down);
    EXPECT_EQ(q.unfinished(), 1u);
    EXPECT_EQ(q.join_for(1ms), status::timed_out) << "an item handed out still has to finish";
    q.task_done();
    q.join();
}

// An item whose destructor uses the queue that the item was in, and notes the thread that it runs
// on.
template <class Queue> struct probing_item {
    Queue* queue;
    std::thread::id* ended_on;
    probing_item(Queue* in, std::thread::id* note) noexcept : queue(in), ended_on(note) {}
    probing_item(probing_item&& other) noexcept
        : queue(std::exchange(other.queue, nullptr)), ended_on(other.ended_on) {}
    ~probing_item() {
        if (queue == nullptr) return;
        EXPECT_EQ(queue->unfinished(), 2u) << "counted as done before it has ended";
        EXPECT_EQ(queue->put(std::move(*this)), status::shut_down);
        queue->trim();
        *ended_on = std::this_thread::get_id();
    }
};
template <class Subject>
struct queue_of_probes : Subject::template queue<probing_item<queue_of_probes<Subject>>> {
    queue_of_probes() : Subject::template queue<probing_item<queue_of_probes<Subject>>>(2) {}
};

CONQ_PROMISE(shutdown, immediate_drops_outside_locks_on_the_callers_thread, holds) {
    queue_of_probes<Subject> q;
    std::thread::id ended_on[2];
    for (auto& each : ended_on) ASSERT_EQ(q.emplace(&q, &each), status::ok);
    q.shutdown(conq::immediate);
    for (const auto& each : ended_on) EXPECT_EQ(each, std::this_thread::get_id());
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(shutdown, immediate_may_follow_a_graceful_one, holds) {
    typename Subject::template queue<int> q(3);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(q.put(i), status::ok);
    q.shutdown();
    EXPECT_EQ(q.join_for(1ms), status::timed_out);
    q.shutdown(conq::immediate);
    q.join();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(shutdown, immediate_releases_a_waiting_join, holds) {
    typename Subject::template queue<int> q(3);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(q.put(i), status::ok);
    watched_thread joiner([&] { q.join(); });
    joiner.wait_until_asleep();
    q.shutdown(conq::immediate);
    joiner.join();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(shutdown, every_put_that_said_ok_comes_out_and_no_other, many) {
    for (int round = 0; round < 50; ++round) {
        typename Subject::template queue<int> q(4);
        std::atomic<int> accepted{0}, got{0};
        {
            std::vector<std::jthread> threads;
            for (int p = 0; p < 2; ++p) {
                threads.emplace_back([&] {
                    while (q.put(1) == status::ok) ++accepted;
                });
            }
            for (int g = 0; g < 2; ++g) {
                threads.emplace_back([&] {
                    while (q.get()) ++got;
                });
            }
            while (got.load() < 100) std::this_thread::yield();
            q.shutdown();
        }
        ASSERT_EQ(accepted.load(), got.load());
    }
}

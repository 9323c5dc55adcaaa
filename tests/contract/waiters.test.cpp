// SPDX-License-Identifier: BSL-1.0
// Promises to waiters without a thread: a callback waiter beside threads, on every queue.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "../support/thread_state.hpp"
#include "promises.hpp"

using conq::status;

namespace {

// A waiter that counts its wakes. A coroutine or a select would register one of this kind.
template <class Queue> struct callback_waiter : conq::resumer<typename Queue::traits::platform> {
    using base = conq::resumer<typename Queue::traits::platform>;
    callback_waiter() : base(&on_wake), place(*this) {}
    static void on_wake(base* self) noexcept { ++static_cast<callback_waiter*>(self)->wakes; }
    std::atomic<int> wakes{0};
    typename Queue::waiter_type place;
};

}  // namespace

using namespace conq::test;

CONQ_PROMISE(waiters, a_callback_is_called_once_for_an_item, holds) {
    using queue = typename Subject::template queue<int>;
    queue q(4);
    callback_waiter<queue> waiting;
    q.enlist_getter(waiting.place);
    EXPECT_EQ(q.try_get().state(), status::empty);
    EXPECT_EQ(waiting.wakes, 0);
    ASSERT_EQ(q.put(1), status::ok);
    EXPECT_EQ(waiting.wakes, 1);
    ASSERT_EQ(q.put(2), status::ok);
    EXPECT_EQ(waiting.wakes, 1);
    EXPECT_TRUE(q.try_get());
    q.leave_getter(waiting.place);
    ASSERT_EQ(q.put(3), status::ok);
    EXPECT_EQ(waiting.wakes, 1);
}

CONQ_PROMISE(waiters, a_callback_is_called_for_room, bounded) {
    using queue = typename Subject::template queue<int>;
    queue q(1);
    ASSERT_EQ(q.put(1), status::ok);
    callback_waiter<queue> waiting;
    q.enlist_putter(waiting.place);
    EXPECT_EQ(q.try_put(2), status::full);
    EXPECT_EQ(q.get().value(), 1);
    EXPECT_EQ(waiting.wakes, 1);
    EXPECT_EQ(q.try_put(2), status::ok);
    q.leave_putter(waiting.place);
}

// A thread that waits to put into a large queue is woken when the queue is half empty, and has a
// timer until then. A callback has no timer.
CONQ_PROMISE(waiters, a_callback_is_called_for_the_first_room_of_a_large_queue, bounded) {
    using queue = typename Subject::template queue<int>;
    queue q(128);
    for (int i = 0; i < 128; ++i) ASSERT_EQ(q.try_put(i), status::ok);
    callback_waiter<queue> waiting;
    q.enlist_putter(waiting.place);
    EXPECT_EQ(q.try_put(128), status::full);
    EXPECT_TRUE(q.get());
    EXPECT_EQ(waiting.wakes, 1);
    q.leave_putter(waiting.place);
}

CONQ_PROMISE(waiters, a_cancelled_callback_is_not_called, holds) {
    using queue = typename Subject::template queue<int>;
    queue q(4);
    callback_waiter<queue> waiting;
    q.enlist_getter(waiting.place);
    q.leave_getter(waiting.place);
    ASSERT_EQ(q.put(1), status::ok);
    EXPECT_EQ(waiting.wakes, 0);
}

CONQ_PROMISE(waiters, a_callback_is_called_at_shutdown, any) {
    using queue = typename Subject::template queue<int>;
    queue q(4);
    callback_waiter<queue> waiting;
    q.enlist_getter(waiting.place);
    q.shutdown();
    EXPECT_EQ(waiting.wakes, 1);
    EXPECT_EQ(q.try_get().state(), status::shut_down);
    q.leave_getter(waiting.place);
}

CONQ_PROMISE(waiters, are_woken_first_come_first_served, holds) {
    using queue = typename Subject::template queue<int>;
    queue q(4);
    std::array<callback_waiter<queue>, 3> waiting;
    for (auto& each : waiting) q.enlist_getter(each.place);
    q.leave_getter(waiting[0].place);
    for (int woken = 1; woken < 3; ++woken) {
        ASSERT_EQ(q.put(woken), status::ok);
        EXPECT_EQ(waiting[1].wakes, 1);
        EXPECT_EQ(waiting[2].wakes, woken - 1);
        EXPECT_EQ(q.get().value(), woken);
        if (woken == 1) q.leave_getter(waiting[1].place);
    }
    q.leave_getter(waiting[2].place);
    EXPECT_EQ(waiting[0].wakes, 0);
}

CONQ_PROMISE(waiters, all_are_called_at_shutdown, any) {
    using queue = typename Subject::template queue<int>;
    queue q(1);
    std::array<callback_waiter<queue>, 3> getters, putters;
    for (auto& each : getters) q.enlist_getter(each.place);
    for (auto& each : putters) q.enlist_putter(each.place);
    q.shutdown();
    for (auto* side : {&getters, &putters}) {
        for (auto& each : *side) EXPECT_EQ(each.wakes, 1);
    }
    for (auto& each : getters) q.leave_getter(each.place);
    for (auto& each : putters) q.leave_putter(each.place);
}

// The first waiter was woken for the first item or room. Nobody was woken for the second one,
// because a wake was under way.
CONQ_PROMISE(waiters, one_that_enlists_again_passes_on_what_came_before_it_did, holds) {
    using queue = typename Subject::template queue<int>;
    queue q(2);
    std::array<callback_waiter<queue>, 2> getters, putters;
    for (auto& each : getters) q.enlist_getter(each.place);
    for (int i = 0; i < 2; ++i) ASSERT_EQ(q.put(i), status::ok);
    q.enlist_getter(getters[0].place);
    EXPECT_TRUE(q.try_get());
    q.leave_getter(getters[0].place);
    EXPECT_EQ(getters[1].wakes, 1);
    q.leave_getter(getters[1].place);
    ASSERT_EQ(q.put(2), status::ok);
    if ((Subject::capabilities & bounded) != 0) {
        for (auto& each : putters) q.enlist_putter(each.place);
        for (int i = 0; i < 2; ++i) EXPECT_TRUE(q.get());
        q.enlist_putter(putters[0].place);
        ASSERT_EQ(q.try_put(3), status::ok);
        q.leave_putter(putters[0].place);
        EXPECT_EQ(putters[1].wakes, 1);
        q.leave_putter(putters[1].place);
    }
}

CONQ_PROMISE(waiters, a_callback_that_needs_nothing_passes_its_wake_to_a_thread, any) {
    using queue = typename Subject::template queue<int>;
    queue q(4);
    callback_waiter<queue> waiting;
    q.enlist_getter(waiting.place);
    int got = 0;
    watched_thread getter([&] { got = q.get().value_or(-1); });
    getter.wait_until_asleep();
    ASSERT_EQ(q.put(1), status::ok);
    q.leave_getter(waiting.place);  // woken or not, it takes nothing
    getter.join();
    EXPECT_EQ(got, 1);
}

CONQ_PROMISE(waiters, callbacks_and_threads_wait_side_by_side, many) {
    using queue = typename Subject::template queue<int>;
    queue q(4);
    std::atomic<int> got{0};
    constexpr int items = 2'000;
    callback_waiter<queue> waiting;  // outlives all threads that may still notify it
    {
        std::vector<std::jthread> getters;
        for (int g = 0; g < 2; ++g) {
            getters.emplace_back([&] {
                while (q.get()) ++got;
            });
        }
        std::jthread poller([&] {
            for (;;) {
                q.enlist_getter(waiting.place);
                const auto item = q.try_get();
                if (item) ++got;
                if (item.state() == status::shut_down) break;
                if (item.state() == status::empty) {
                    const int seen = waiting.wakes;
                    if (!waiting.is_resumed() && seen == waiting.wakes) std::this_thread::yield();
                }
            }
            q.leave_getter(waiting.place);
        });
        for (int i = 0; i < items; ++i) ASSERT_EQ(q.put(i), status::ok);
        q.shutdown();
    }
    EXPECT_EQ(got.load(), items);
}

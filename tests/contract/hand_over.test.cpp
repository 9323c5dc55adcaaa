// SPDX-License-Identifier: BSL-1.0
// Promises of a queue without room: a put hands its item to a get, and each waits for the other.
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "conq/contract/concepts.hpp"
#include "promises.hpp"
#include "testing/support/effort.hpp"

using namespace std::chrono_literals;
using conq::status;

using namespace conq::test;

namespace {

// A thread that puts an item. When the constructor returns the thread sleeps, unless a get waits
// for the item.
template <class Queue, class Item> struct putter {
    putter(Queue& queue, Item item)
        : argument(std::move(item)), thread([this, &queue] {
              try {
                  answer = queue.put(std::move(argument));
              } catch (const std::runtime_error&) {
                  has_thrown = true;
              }
          }) {
        thread.wait_until_asleep();
    }
    Item argument;
    status answer = status::busy;
    bool has_thrown = false;
    conq::test::watched_thread thread;
};

// The same for a thread that gets.
template <class Queue> struct getter {
    explicit getter(Queue& queue) : thread([this, &queue] { answer.emplace(queue.get()); }) {
        thread.wait_until_asleep();
    }
    const conq::result<typename Queue::value_type>& got() {
        thread.join();
        return *answer;
    }
    std::optional<conq::result<typename Queue::value_type>> answer;
    conq::test::watched_thread thread;
};

}  // namespace

CONQ_PROMISE(hand_over, is_made_without_a_size, hands_over) {
    using queue = conq::basic_rendezvous<int, typename Subject::traits>;
    static_assert(std::is_default_constructible_v<queue> && !std::constructible_from<queue, int>);
    static_assert(conq::counted_queue<queue> && conq::selectable<queue>);
    queue q;
    EXPECT_EQ(q.try_get().state(), status::empty);
}

CONQ_PROMISE(hand_over, a_put_returns_when_a_get_has_the_item, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    putter put(q, 5);
    EXPECT_FALSE(put.thread.has_ended());
    EXPECT_EQ(q.get().value(), 5);
    put.thread.join();
    EXPECT_EQ(put.answer, status::ok);
}

CONQ_PROMISE(hand_over, try_put_succeeds_only_if_a_get_waits, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    EXPECT_EQ(q.try_put(1), status::full);
    EXPECT_TRUE(q.full());
    getter get(q);
    EXPECT_FALSE(q.full());
    EXPECT_EQ(q.try_put(2), status::ok);
    EXPECT_EQ(q.try_put(3), status::full);
    EXPECT_EQ(get.got().value(), 2);
    EXPECT_TRUE(q.full());
}

CONQ_PROMISE(hand_over, try_get_succeeds_only_if_a_put_waits, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    EXPECT_EQ(q.try_get().state(), status::empty);
    putter put(q, 1);
    EXPECT_EQ(q.try_get().value_or(-1), 1);
    EXPECT_EQ(q.try_take().state(), status::empty);
}

CONQ_PROMISE(hand_over, an_item_of_a_put_that_waits_is_not_in, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    putter put(q, 1);
    EXPECT_EQ(q.size(), 0u);
    EXPECT_TRUE(q.empty());
    EXPECT_EQ(q.maxsize(), 0u);
    EXPECT_EQ(q.unfinished(), 0u);
    EXPECT_EQ(q.try_join(), status::ok);
    q.trim();
    EXPECT_EQ(q.get().value(), 1);
    EXPECT_EQ(q.unfinished(), 1u);
}

CONQ_PROMISE(hand_over, puts_are_served_first_come_first_served, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    std::array<std::unique_ptr<putter<queue, int>>, 3> puts;
    for (int i = 0; i < 3; ++i)
        puts[static_cast<std::size_t>(i)] = std::make_unique<putter<queue, int>>(q, i);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(q.try_get().value_or(-1), i);
}

CONQ_PROMISE(hand_over, gets_are_served_first_come_first_served, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    std::array<std::unique_ptr<getter<queue>>, 3> gets;
    for (auto& each : gets) each = std::make_unique<getter<queue>>(q);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(q.try_put(i), status::ok);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(gets[static_cast<std::size_t>(i)]->got().value(), i);
}

CONQ_PROMISE(hand_over, who_gives_up_leaves_the_line_to_the_others, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    std::stop_source source;
    watched_thread first([&] { EXPECT_EQ(q.put(1, source.get_token()), status::stopped); });
    first.wait_until_asleep();
    putter second(q, 2);
    watched_thread third([&] { EXPECT_EQ(q.put(3, source.get_token()), status::stopped); });
    third.wait_until_asleep();
    putter fourth(q, 4);
    source.request_stop();
    first.join();
    third.join();
    EXPECT_EQ(q.try_get().value_or(-1), 2);
    EXPECT_EQ(q.try_get().value_or(-1), 4);
    EXPECT_EQ(q.try_get().state(), status::empty);
}

CONQ_PROMISE(hand_over, all_forms_of_put_carry_an_item, hands_over) {
    typename Subject::template queue<std::string> q(0);
    const std::string text = "copied";
    const std::stop_source source;
    const std::stop_token token = source.get_token();
    const auto later = std::chrono::steady_clock::now() + 1h;
    std::vector<std::string> got;
    watched_thread getter([&] {
        for (auto& task : q) got.push_back(*task);
    });
    EXPECT_EQ(q.put(text), status::ok);
    EXPECT_EQ(q.put(text, token), status::ok);
    EXPECT_EQ(q.put(std::string("moved"), token), status::ok);
    EXPECT_EQ(q.put_for(text, 1h), status::ok);
    EXPECT_EQ(q.put_for(std::string("moved"), 1h, token), status::ok);
    EXPECT_EQ(q.put_until(text, later), status::ok);
    EXPECT_EQ(q.put_until(std::string("moved"), later, token), status::ok);
    EXPECT_EQ(q.emplace(std::size_t{3}, 'e'), status::ok);
    const auto until_ok = [](auto put) {
        for (status answer = status::full; answer != status::ok; answer = put()) {
            EXPECT_TRUE(answer == status::full || answer == status::busy);
            std::this_thread::yield();
        }
    };
    until_ok([&] { return q.try_put(text); });
    until_ok([&] { return q.try_put(std::string("moved")); });
    until_ok([&] { return q.try_emplace(std::size_t{3}, 't'); });
    q.join();
    q.shutdown();
    getter.join();
    EXPECT_EQ(text, "copied");
    EXPECT_EQ(got, (std::vector<std::string>{"copied", "copied", "moved", "copied", "moved",
                                             "copied", "moved", "eee", "copied", "moved", "ttt"}));
}

CONQ_PROMISE(hand_over, all_forms_of_get_carry_an_item, hands_over) {
    using queue = typename Subject::template queue<std::unique_ptr<int>>;
    queue q(0);
    const std::stop_source source;
    const std::stop_token token = source.get_token();
    const auto later = std::chrono::steady_clock::now() + 1h;
    watched_thread putting([&] {
        for (int i = 0; i < 13; ++i) EXPECT_EQ(q.put(std::make_unique<int>(i)), status::ok);
    });
    const auto try_until_some = [](auto get) {
        for (;;) {
            if (auto got = get()) return **got;
            std::this_thread::yield();
        }
    };
    std::vector<int> got{*q.get().value(),
                         *q.get(token).value(),
                         *q.get_for(1h).value(),
                         *q.get_for(1h, token).value(),
                         *q.get_until(later).value(),
                         *q.get_until(later, token).value(),
                         try_until_some([&] { return q.try_get(); }),
                         **q.take(),
                         **q.take(token),
                         **q.take_for(1h, token),
                         **q.take_until(later),
                         try_until_some([&] { return q.try_take(); }),
                         ***q.begin()};
    for (int i = 0; i < 13; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

CONQ_PROMISE(hand_over, a_put_that_fails_has_not_touched_its_argument, hands_over) {
    using queue = typename Subject::template queue<std::unique_ptr<int>>;
    queue q(0);
    auto mine = std::make_unique<int>(2);
    std::stop_source source;
    EXPECT_EQ(q.try_put(std::move(mine)), status::full);
    EXPECT_EQ(q.put_for(std::move(mine), 1ms), status::timed_out);
    EXPECT_EQ(q.put_for(std::move(mine), -1h), status::timed_out);
    watched_thread stopped(
        [&] { EXPECT_EQ(q.put(std::move(mine), source.get_token()), status::stopped); });
    stopped.wait_until_asleep();
    source.request_stop();
    stopped.join();
    EXPECT_EQ(q.put(std::move(mine), source.get_token()), status::stopped);
    putter ended(q, std::move(mine));
    q.shutdown();
    ended.thread.join();
    EXPECT_EQ(ended.answer, status::shut_down);
    EXPECT_EQ(q.put(std::move(ended.argument)), status::shut_down);
    EXPECT_EQ(q.try_put(std::move(ended.argument)), status::shut_down);
    ASSERT_NE(ended.argument, nullptr);
    EXPECT_EQ(*ended.argument, 2);
}

CONQ_PROMISE(hand_over, a_past_deadline_tries_once, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    const auto past = std::chrono::steady_clock::now() - 1h;
    EXPECT_EQ(q.get_until(past).state(), status::timed_out);
    EXPECT_EQ(q.put_until(1, past), status::timed_out);
    EXPECT_EQ(q.take_for(-1h).state(), status::timed_out);
    getter get(q);
    EXPECT_EQ(q.put_until(2, past), status::ok);
    EXPECT_EQ(get.got().value(), 2);
    putter put(q, 3);
    EXPECT_EQ(q.get_for(-5s).value_or(-1), 3);
    EXPECT_EQ(q.get_for(std::chrono::nanoseconds::min()).state(), status::timed_out);
}

CONQ_PROMISE(hand_over, a_stop_before_the_call_wins_over_a_partner, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    std::stop_source source;
    source.request_stop();
    {
        getter get(q);
        EXPECT_EQ(q.put(2, source.get_token()), status::stopped);
        EXPECT_EQ(q.put(3), status::ok);
        EXPECT_EQ(get.got().value(), 3);
    }
    putter put(q, 4);
    EXPECT_EQ(q.get(source.get_token()).state(), status::stopped);
    EXPECT_EQ(q.take_for(1h, source.get_token()).state(), status::stopped);
    EXPECT_EQ(q.join(source.get_token()), status::stopped);
    EXPECT_EQ(q.get().value(), 4);
    q.shutdown();
    EXPECT_EQ(q.put(5, source.get_token()), status::stopped);
}

CONQ_PROMISE(hand_over, shutdown_answers_all_who_wait_and_loses_nothing, hands_over) {
    using queue = typename Subject::template queue<std::unique_ptr<int>>;
    for (const bool at_once : {false, true}) {
        queue puts(0), gets(0);
        std::vector<std::unique_ptr<putter<queue, std::unique_ptr<int>>>> putters;
        std::vector<std::unique_ptr<getter<queue>>> getters;
        for (int i = 0; i < 3; ++i) {
            putters.push_back(std::make_unique<putter<queue, std::unique_ptr<int>>>(
                puts, std::make_unique<int>(i)));
            getters.push_back(std::make_unique<getter<queue>>(gets));
        }
        EXPECT_FALSE(puts.is_shut_down());
        for (queue* each : {&puts, &gets}) {
            at_once ? each->shutdown(conq::immediate) : each->shutdown();
            EXPECT_TRUE(each->is_shut_down());
            EXPECT_EQ(each->try_get().state(), status::shut_down);
            EXPECT_EQ(each->get_for(1h).state(), status::shut_down);
            EXPECT_EQ(each->take().state(), status::shut_down);
            each->shutdown(conq::immediate);
            each->join();
        }
        for (int i = 0; i < 3; ++i) {
            putters[static_cast<std::size_t>(i)]->thread.join();
            EXPECT_EQ(putters[static_cast<std::size_t>(i)]->answer, status::shut_down);
            EXPECT_EQ(*putters[static_cast<std::size_t>(i)]->argument, i);
            EXPECT_EQ(getters[static_cast<std::size_t>(i)]->got().state(), status::shut_down);
        }
    }
}

CONQ_PROMISE(hand_over, join_waits_for_what_was_handed_over, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    for (int i = 0; i < 2; ++i) {
        putter put(q, i);
        EXPECT_EQ(q.get().value(), i);
    }
    EXPECT_EQ(q.unfinished(), 2u);
    EXPECT_EQ(q.join_for(1ms), status::timed_out);
    EXPECT_THROW(q.task_done(3), std::logic_error);
    watched_thread first([&] { q.join(); });
    watched_thread second([&] { EXPECT_EQ(q.join_for(1h), status::ok); });
    first.wait_until_asleep();
    second.wait_until_asleep();
    q.task_done();
    EXPECT_EQ(q.try_join(), status::busy);
    EXPECT_FALSE(first.has_ended());
    q.task_done();
    first.join();
    second.join();
    EXPECT_THROW(q.task_done(), std::logic_error);
    EXPECT_THROW(q.task_done(~std::uint64_t{0}), std::logic_error) << "2 + this is 1";
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(hand_over, a_stop_ends_a_waiting_join, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    putter put(q, 1);
    EXPECT_EQ(q.get().value(), 1);
    std::stop_source source;
    watched_thread joiner([&] { EXPECT_EQ(q.join(source.get_token()), status::stopped); });
    joiner.wait_until_asleep();
    source.request_stop();
}

CONQ_PROMISE(hand_over, a_task_that_puts_a_child_before_its_end_never_ends_join_early, hands_over) {
    for (int round = 0; round < 100; ++round) {
        typename Subject::template queue<int> q(0);
        std::atomic<int> processed{0};
        std::vector<std::jthread> workers;
        for (int w = 0; w < 2; ++w) {  // one puts while the other one takes
            workers.emplace_back([&] {
                for (auto& depth : q) {
                    if (*depth > 0) static_cast<void>(q.put(*depth - 1));
                    ++processed;
                }
            });
        }
        ASSERT_EQ(q.put(20), status::ok);
        q.join();
        ASSERT_EQ(processed.load(), 21);
        q.shutdown();
    }
}

CONQ_PROMISE(hand_over, join_then_destroy_is_safe, hands_over) {
    for (auto rounds = conq::testing::scaled(1'000); rounds != 0; --rounds) {
        auto q = std::make_unique<typename Subject::template queue<int>>(0);
        const auto work = [&queue = *q] {
            static_cast<void>(queue.get());
            queue.task_done();
        };
        std::jthread first(work);
        std::jthread second(work);
        ASSERT_EQ(q->put(1), status::ok);
        ASSERT_EQ(q->put(2), status::ok);
        q->join();
        destroy(q);  // while threads may still be returning from task_done
    }
}

CONQ_PROMISE(hand_over, leases_end_as_those_of_other_queues, hands_over) {
    using queue = typename Subject::template queue<std::string>;
    queue q(0);
    watched_thread putting([&] {
        for (const char* each : {"done", "dropped", "released", "break", "thrown"}) {
            EXPECT_EQ(q.put(each), status::ok);
        }
    });
    auto task = q.take();
    EXPECT_EQ(*task, "done");
    EXPECT_EQ(q.unfinished(), 1u);
    task.done();
    EXPECT_EQ(q.unfinished(), 0u);
    EXPECT_EQ(*q.take(), "dropped");
    EXPECT_EQ(q.take().release(), "released");
    EXPECT_EQ(q.unfinished(), 1u);
    q.task_done();
    for (auto& each : q) {
        EXPECT_EQ(*each, "break");
        break;
    }
    try {
        for (auto& each : q) throw std::runtime_error(*each);
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "thrown");
    }
    putting.join();
    q.join();
    EXPECT_EQ(q.unfinished(), 0u);
}

CONQ_PROMISE(hand_over, a_get_whose_item_throws_takes_nothing_and_the_put_waits_on, hands_over) {
    throwing_move_only::throws = false;
    using queue = typename Subject::template queue<throwing_move_only>;
    queue q(0);
    putter put(q, throwing_move_only(7));
    throwing_move_only::throws = true;
    EXPECT_THROW(static_cast<void>(q.get()), std::runtime_error);
    put.thread.wait_until_asleep();
    EXPECT_FALSE(put.thread.has_ended());
    EXPECT_THROW(static_cast<void>(q.take_for(1h)), std::runtime_error);
    put.thread.wait_until_asleep();
    EXPECT_EQ(q.unfinished(), 0u);
    throwing_move_only::throws = false;
    EXPECT_EQ(q.get()->value, 7);
    put.thread.join();
    EXPECT_EQ(put.answer, status::ok);
    EXPECT_EQ(q.unfinished(), 1u);
}

CONQ_PROMISE(hand_over, a_put_whose_item_throws_puts_nothing_and_the_get_waits_on, hands_over) {
    throwing_move_only::throws = false;
    using queue = typename Subject::template queue<throwing_move_only>;
    queue q(0);
    getter get(q);
    throwing_move_only item(7);
    throwing_move_only::throws = true;
    EXPECT_THROW(q.put(std::move(item)), std::runtime_error);
    EXPECT_EQ(item.value, 7);
    get.thread.wait_until_asleep();
    EXPECT_FALSE(get.thread.has_ended());
    EXPECT_EQ(q.unfinished(), 0u);
    throwing_move_only::throws = false;
    EXPECT_EQ(q.put(std::move(item)), status::ok);
    EXPECT_EQ(get.got()->value, 7);
}

CONQ_PROMISE(hand_over, an_item_that_cannot_be_made_is_not_put, hands_over) {
    throwing::throws_on_move = false;
    throwing::throws_on_copy = true;
    struct picky {
        int value;
        explicit picky(int v) : value(v) {
            if (v < 0) throw std::invalid_argument("negative");
        }
    };
    typename Subject::template queue<throwing> copies(0);
    const throwing item(1);
    EXPECT_THROW(copies.put(item), std::runtime_error);
    EXPECT_THROW(static_cast<void>(copies.try_put(item)), std::runtime_error);
    throwing::throws_on_copy = false;
    using queue = typename Subject::template queue<picky>;
    queue made(0);
    EXPECT_THROW(made.emplace(-1), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(made.try_emplace(-1)), std::invalid_argument);
    getter get(made);
    EXPECT_THROW(made.emplace(-1), std::invalid_argument);
    EXPECT_EQ(made.emplace(2), status::ok);
    EXPECT_EQ(get.got()->value, 2);
}

#if CONQ_CHECKED
CONQ_PROMISE(hand_over, destroying_a_queue_under_a_lease_is_reported, hands_over) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            auto q = std::make_unique<typename Subject::template queue<int>>(0);
            std::jthread putting([&queue = *q] { static_cast<void>(queue.put(1)); });
            const auto task = q->take();
            putting.join();
            destroy(q);
        },
        "destroyed while a lease");
}

CONQ_PROMISE(hand_over, destroying_a_queue_under_a_join_is_reported, hands_over) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            auto q = std::make_unique<typename Subject::template queue<int>>(0);
            std::jthread putting([&queue = *q] { static_cast<void>(queue.put(1)); });
            static_cast<void>(q->get());
            putting.join();
            const watched_thread joining([&queue = *q] { queue.join(); });
            joining.wait_until_asleep();
            destroy(q);
        },
        "destroyed while somebody joins");
}
#endif

namespace {

// A waiter without a thread, which counts its wakes.
template <class Queue> struct callback : conq::resumer<typename Queue::traits::platform> {
    using base = conq::resumer<typename Queue::traits::platform>;
    callback() : base(&on_wake), place(*this) {}
    static void on_wake(base* self) noexcept { ++static_cast<callback*>(self)->wakes; }
    std::atomic<int> wakes{0};
    typename Queue::waiter_type place;
};

}  // namespace

CONQ_PROMISE(hand_over, a_callback_is_called_when_a_put_waits, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    callback<queue> waiting, cancelled;
    q.enlist_getter(cancelled.place);
    q.leave_getter(cancelled.place);
    q.enlist_getter(waiting.place);
    EXPECT_EQ(q.try_get().state(), status::empty);
    EXPECT_EQ(waiting.wakes, 0);
    putter put(q, 1);
    EXPECT_EQ(waiting.wakes, 1);
    EXPECT_EQ(q.try_get().value_or(-1), 1);
    q.leave_getter(waiting.place);
    EXPECT_EQ(cancelled.wakes, 0);
}

CONQ_PROMISE(hand_over, a_callback_is_called_when_a_get_waits, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    callback<queue> waiting;
    q.enlist_putter(waiting.place);
    EXPECT_EQ(q.try_put(1), status::full);
    EXPECT_EQ(waiting.wakes, 0);
    getter get(q);
    EXPECT_EQ(waiting.wakes, 1);
    EXPECT_EQ(q.try_put(1), status::ok);
    q.leave_putter(waiting.place);
    EXPECT_EQ(get.got().value(), 1);
}

CONQ_PROMISE(hand_over, callbacks_are_woken_first_come_first_served, hands_over) {
    using queue = typename Subject::template queue<int>;
    queue q(0);
    std::array<callback<queue>, 3> waiting;
    for (auto& each : waiting) q.enlist_getter(each.place);
    putter put(q, 1);
    EXPECT_EQ(waiting[0].wakes, 1);
    q.leave_getter(waiting[0].place);  // takes nothing, so it passes the wake on
    EXPECT_EQ(waiting[1].wakes, 1);
    EXPECT_EQ(waiting[2].wakes, 0);
    EXPECT_EQ(q.try_get().value_or(-1), 1);
    q.leave_getter(waiting[1].place);
    EXPECT_EQ(waiting[2].wakes, 0) << "nobody puts any more";
    q.leave_getter(waiting[2].place);
}

// SPDX-License-Identifier: BSL-1.0
// Items that are not due: one of the getters has a timer, and a getter that leaves hands it on.
// Items that are never due show when a hand-over is missing, because no later timer makes up for
// it.
#include <chrono>

#include "conq/buffers/source.hpp"
#include "conq/queue/delay_queue.hpp"
#include "models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

using timed_queue = basic_delay_queue<slow_item, scheduled_traits>;
constexpr auto endless = std::chrono::hours::max();

std::shared_ptr<timed_queue> with_endless_item() {
    auto q = std::make_shared<timed_queue>();
    static_cast<void>(q->put_after(slow_item(9), endless));
    return q;
}

// A getter that sleeps for an item that is never due is woken by each item that is due earlier.
void wake_for_an_earlier_item(scenario& story, int getters) {
    auto q = with_endless_item();
    for (int g = 0; g < getters; ++g) {
        story.thread([=] { require(q->get()->value() < 9, "an item came out early"); },
                     "getter " + std::to_string(g + 1));
    }
    for (int p = 0; p < getters; ++p) {
        story.thread([=] { static_cast<void>(q->put(slow_item(p))); },
                     "putter " + std::to_string(p + 1));
    }
}

// The same if only the timer can wake: the item that is due later must be taken, too.
void hand_the_timer_on(scenario& story, bool in_order) {
    auto q = with_endless_item();
    for (int g = 0; g < 2; ++g) {
        story.thread(
            [=] {
                const auto got = q->get();
                const std::uint64_t due_us = got->value() == 0 ? 200 : 400;
                require(got->value() < 2, "an item came out that is never due");
                require(scheduled::now() >= due_us * 1'000, "an item came out early");
            },
            "getter " + std::to_string(g + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                const int value = in_order ? i : 1 - i;
                static_cast<void>(q->put_after(slow_item(value), value == 0 ? 200us : 400us));
            }
        },
        "putter");
}

// The getter with the timer is stopped, or times out: the other getter takes the timer over.
void give_the_timer_up(scenario& story, bool by_stop) {
    auto q = with_endless_item();
    auto stop = std::make_shared<scheduled_stop>();
    static_cast<void>(q->put_after(slow_item(0), 400us));
    story.thread(
        [=] {
            auto got = by_stop ? q->get(stop->get_token()) : q->get_for(100us);
            if (got) static_cast<void>(q->put(std::move(*got)));  // too late to give up: again
        },
        "first");
    story.thread([=] { require(q->get()->value() == 0, "an item came out early"); }, "second");
    if (by_stop) story.thread([=] { stop->request_stop(); }, "stopper");
}

// A putter that takes the news of an item may wake a getter that gives up. That getter looks
// whether there is an item, and wakes the next one. So by then the item must be there to get.
void tell_of_what_can_be_got(scenario& story) {
    using buffer = delay_buffer<slow_item, scheduled_traits>;
    using source = item_source<slow_item, slow_item&&, buffer::allocator_type>;
    auto b = std::make_shared<buffer>(0, buffer::allocator_type());
    story.thread(
        [=] {
            slow_item made(0);
            require(b->try_put(source{made, b->get_allocator()}) == status::ok, "refused");
        },
        "putter");
    story.thread(
        [=] {
            while (!b->take_news()) scheduled::yield();
            require(b->can_get(), "there were news of an item that cannot be got");
        },
        "another putter");
}

// After a shutdown gets wait until the last item is due; then all of them are told.
void shut_down(scenario& story) {
    auto q = std::make_shared<timed_queue>();
    auto got = std::make_shared<int>(0);
    for (int g = 0; g < 2; ++g) {
        story.thread(
            [=] {
                while (const auto item = q->get()) *got += item->value();
            },
            "getter " + std::to_string(g + 1));
    }
    story.thread(
        [=] {
            static_cast<void>(q->put_after(slow_item(1), 200us));
            static_cast<void>(q->put_after(slow_item(2), 100us));
            q->shutdown();
        },
        "putter");
    story.at_end([=] { require(*got == 3, "an item was lost"); });
}

// Nobody waits any more for items that are dropped.
void shut_down_at_once(scenario& story) {
    auto q = with_endless_item();
    for (int g = 0; g < 2; ++g) {
        story.thread([=] { require(!q->get(), "an item came out that is never due"); },
                     "getter " + std::to_string(g + 1));
    }
    story.thread(
        [=] {
            q->shutdown(immediate);
            q->join();
            require(q->unfinished() == 0, "join returned early");
        },
        "closer");
}

}  // namespace

void add_delay_models(protocol_models& to) {
    const std::string timer = "one timer for all getters";
    protocol_model timed;
    timed.protocol = timer;
    timed.may_rely_on_timers = true;
    const auto add_timed = [&](const std::string& variant, const model& run) {
        timed.variant = variant;
        timed.run = run;
        to.push_back(timed);
    };
    for (const int getters : {1, 2}) {
        to.push_back({timer, "an earlier item, getters: " + std::to_string(getters),
                      [=](auto& story) { wake_for_an_earlier_item(story, getters); }});
    }
    to.push_back({timer, "immediate shutdown", shut_down_at_once});
    to.push_back({timer, "news", tell_of_what_can_be_got});
    add_timed("handed on", [](auto& story) { hand_the_timer_on(story, true); });
    add_timed("handed on, the later first", [](auto& story) { hand_the_timer_on(story, false); });
    add_timed("given up by a stop", [](auto& story) { give_the_timer_up(story, true); });
    add_timed("given up by a time-out", [](auto& story) { give_the_timer_up(story, false); });
    add_timed("shutdown", shut_down);
}

}  // namespace conq::testing

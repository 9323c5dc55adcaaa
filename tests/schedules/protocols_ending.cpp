// SPDX-License-Identifier: BSL-1.0
// Waits that do not end by an item: shutdown of both kinds, time-outs, stops, signals.
#include <chrono>
#include <stdexcept>

#include "models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

// Everybody is woken, and accepted items come out.
template <class Queue> void shut_down(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto accepted = std::make_shared<int>(0);
    auto got = std::make_shared<int>(0);
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                for (int i = 0; i < 2; ++i) {
                    if (q->put(item<Queue>(i)) != status::ok) return;
                    ++*accepted;
                }
            },
            "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            while (q->get()) ++*got;
        },
        "getter");
    story.thread([=] { q->shutdown(); }, "closer");
    story.at_end([=] {
        require(*accepted == *got, "accepted items and items that came out differ");
        require(q->get().state() == status::shut_down, "not drained");
        require(q->put(item<Queue>(9)) == status::shut_down, "a put after shutdown");
    });
}

// A shutdown, and one getter that sleeps or is about to.
template <class Queue> void shut_down_small(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto accepted = std::make_shared<bool>(false);
    story.thread([=] { *accepted = q->put(item<Queue>(1)) == status::ok; }, "putter");
    story.thread([=] { q->shutdown(); }, "closer");
    story.at_end([=] { require(q->try_get() ? *accepted : !*accepted, "lost, or made up"); });
}

// Items that nobody has claimed are dropped and counted; items that were handed out are still to be
// done.
template <class Queue> void shut_down_at_once(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            for (int i = 0; i < 3; ++i) static_cast<void>(q->put(item<Queue>(i)));
        },
        "putter");
    story.thread(
        [=] {
            while (q->get()) q->task_done();
        },
        "worker");
    story.thread(
        [=] {
            q->shutdown(immediate);
            q->join();
        },
        "closer");
    story.at_end([=] { require(q->unfinished() == 0, "unfinished items are left"); });
}

// A getter that gives up just as it is woken passes the wake on.
template <class Queue> void time_out_getter(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto got = std::make_shared<int>(0);
    story.thread(
        [=] {
            if (const auto taken = q->get_for(100us)) {
                static_cast<void>(q->put(item<Queue>(taken->value())));  // the other needs one
            }
        },
        "hasty");
    story.thread([=] { *got = q->get()->value(); }, "patient");
    story.thread([=] { static_cast<void>(q->put(item<Queue>(7))); }, "putter");
    story.at_end([=] { require(*got == 7, "the patient getter got nothing"); });
}

// The same for putters: one slot becomes free.
template <class Queue> void time_out_putter(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto refused = std::make_shared<int>(0);
    for (int i = 0; i < capacity; ++i) static_cast<void>(q->put(item<Queue>(i)));
    story.thread(
        [=] {
            auto mine = item<Queue>(8);
            if (q->put_for(std::move(mine), 100us) == status::ok) {
                static_cast<void>(q->get());  // the other putter needs the room
            } else {
                require(mine.value() == 8, "a put that failed has touched its argument");
            }
        },
        "hasty");
    story.thread([=] { require(q->put(item<Queue>(9)) == status::ok, "refused"); }, "patient");
    story.thread([=] { static_cast<void>(q->get()); }, "getter");
}

template <class Queue> void stop_getter(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto stop = std::make_shared<scheduled_stop>();
    auto got = std::make_shared<int>(0);
    story.thread(
        [=] {
            if (const auto taken = q->get(stop->get_token())) {
                static_cast<void>(q->put(item<Queue>(taken->value())));
            }
        },
        "stopped");
    story.thread([=] { *got = q->get()->value(); }, "getter");
    story.thread([=] { static_cast<void>(q->put(item<Queue>(7))); }, "putter");
    story.thread([=] { stop->request_stop(); }, "stopper");
    story.at_end([=] { require(*got == 7, "the getter that was not stopped got nothing"); });
}

template <class Queue> void stop_putter(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto stop = std::make_shared<scheduled_stop>();
    for (int i = 0; i < capacity; ++i) static_cast<void>(q->put(item<Queue>(i)));
    story.thread(
        [=] {
            if (q->put(item<Queue>(8), stop->get_token()) == status::ok) {
                static_cast<void>(q->get());
            }
        },
        "stopped");
    story.thread([=] { require(q->put(item<Queue>(9)) == status::ok, "refused"); }, "putter");
    story.thread([=] { static_cast<void>(q->get()); }, "getter");
    story.thread([=] { stop->request_stop(); }, "stopper");
}

// A signal handler that throws ends a wait; a wake that was on its way to it is passed on.
template <class Queue> void interrupt_getter(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    story.on_interrupt([] {
        if (scheduler::current()->self() == 1) throw std::runtime_error("a signal");
    });
    const auto get_and_put_back = [=] {
        try {
            static_cast<void>(q->put(item<Queue>(q->get()->value())));
        } catch (const std::runtime_error&) {
        }
    };
    story.thread(get_and_put_back, "signalled");
    story.thread(get_and_put_back, "getter");
    story.thread([=] { static_cast<void>(q->put(item<Queue>(7))); }, "putter");
    story.at_end([=] { require(q->get()->value() == 7, "the item was lost"); });
}

// The same for a thread that joins: whoever is in the list must be off it when the call ends.
template <class Queue> void interrupt_joiner(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    static_cast<void>(q->put(item<Queue>(0)));
    story.on_interrupt([] {
        if (scheduler::current()->self() == 1) throw std::runtime_error("a signal");
    });
    story.thread(
        [=] {
            try {
                q->join();
                require(q->unfinished() == 0, "join returned early");
            } catch (const std::runtime_error&) {
            }
        },
        "signalled");
    story.thread([=] { q->join(); }, "joiner");
    story.thread([=] { q->take().done(); }, "worker");
}

}  // namespace

void add_ending_models(protocol_models& to) {
    add_for_queues(to, "shutdown against put and get", {1},
                   [](scenario& story, auto which, int capacity) {
                       shut_down<typename decltype(which)::queue>(story, capacity);
                   });
    protocol_model like;
    like.is_small = true;
    add_for_queues(
        to, "shutdown against put and get", {2},
        [](scenario& story, auto which, int capacity) {
            shut_down_small<typename decltype(which)::queue>(story, capacity);
        },
        like);
    add_for_queues(to, "immediate shutdown", {2}, [](scenario& story, auto which, int capacity) {
        shut_down_at_once<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "both shutdowns", {2}, [](scenario& story, auto which, int capacity) {
        shut_down_twice<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "stop against wake", {1}, [](scenario& story, auto which, int capacity) {
        stop_getter<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "stop against wake", {2}, [](scenario& story, auto which, int capacity) {
        stop_putter<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "a signal against wake", {1}, [](scenario& story, auto which, int capacity) {
        interrupt_getter<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "a signal against wake", {2}, [](scenario& story, auto which, int capacity) {
        interrupt_joiner<typename decltype(which)::queue>(story, capacity);
    });
    like = {};
    like.may_rely_on_timers = true;
    add_for_queues(
        to, "time-out against wake", {1},
        [](scenario& story, auto which, int capacity) {
            time_out_getter<typename decltype(which)::queue>(story, capacity);
        },
        like);
    add_for_queues(
        to, "time-out against wake", {2},
        [](scenario& story, auto which, int capacity) {
            time_out_putter<typename decltype(which)::queue>(story, capacity);
        },
        like);
}

}  // namespace conq::testing

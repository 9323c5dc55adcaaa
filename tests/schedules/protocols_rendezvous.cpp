// SPDX-License-Identifier: BSL-1.0
// A put hands its item to a get: both happen or neither does, no matter what else happens to
// either.
#include <array>
#include <chrono>
#include <stdexcept>

#include "rendezvous_models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

// Puts an item, and checks that an item that was not accepted has not been touched.
template <class Put> bool put_or_keep(int value, Put put) {
    slow_item mine(value);
    const status answer = put(std::move(mine));
    require(answer == status::ok || mine.value() == value,
            "a put that failed has touched its item");
    return answer == status::ok;
}

// ---- calls that wait only for each other

void exchange_items(scenario& story, int sides, int each) {
    auto q = std::make_shared<meeting>();
    auto got = std::make_shared<receipts>(sides * each);
    for (int s = 0; s < sides; ++s) {
        story.thread(
            [=] {
                for (int i = 0; i < each; ++i) {
                    require(q->put(slow_item(s * each + i)) == status::ok, "a put was refused");
                }
            },
            "putter " + std::to_string(s + 1));
        story.thread(
            [=] {
                int last[2] = {-1, -1};
                for (int i = 0; i < each; ++i) {
                    const int value = q->get()->value();
                    got->add(value);
                    require(std::exchange(last[value / each], value) < value, "out of order");
                }
            },
            "getter " + std::to_string(s + 1));
    }
    story.at_end([=] { got->require_all(); });
}

// When a put has returned, the get that took its item has begun, and the item is counted.
void return_together(scenario& story) {
    auto q = std::make_shared<meeting>();
    auto began = std::make_shared<scheduled_atomic<bool>>(false);
    story.thread(
        [=] {
            static_cast<void>(q->put(slow_item(1)));
            require(began->load(), "a put returned before anybody came for its item");
            require(q->unfinished() == 1, "not counted");
        },
        "putter");
    story.thread(
        [=] {
            began->store(true);
            require(q->get()->value() == 1, "another item");
        },
        "getter");
}

// A try_ call meets a call that waits, and no other.
void try_to_meet(scenario& story) {
    auto puts = std::make_shared<meeting>(), gets = std::make_shared<meeting>();
    story.thread(
        [=] {
            require(puts->put(slow_item(1)) == status::ok, "refused");
            require(gets->get()->value() == 2, "another item");
        },
        "waiting");
    story.thread(
        [=] {
            for (;;) {
                if (const auto got = puts->try_get()) break;
                scheduled::yield();
            }
            while (gets->full()) scheduled::yield();
            while (gets->try_put(slow_item(2)) != status::ok) scheduled::yield();
            require(gets->try_put(slow_item(3)) == status::full, "put, and nobody waits");
            require(puts->try_get().state() == status::empty, "got, and nobody waits");
        },
        "trying");
}

// First come, first served. Each call comes when the one before it sleeps.
void serve_in_order(scenario& story, bool are_gets) {
    auto q = std::make_shared<meeting>();
    const auto await_sleepers = [](std::size_t count) {
        while (scheduler::current()->asleep() < count) scheduled::yield();
    };
    auto order = std::make_shared<std::array<int, 2>>();
    auto was_away = std::make_shared<bool>(false);  // a signal took a call out of the line
    story.on_interrupt([=] { *was_away = true; });
    for (int i = 0; i < 2; ++i) {
        story.thread(
            [=] {
                await_sleepers(static_cast<std::size_t>(i));
                if (are_gets) {
                    (*order)[static_cast<std::size_t>(i)] = q->get()->value();
                } else {
                    static_cast<void>(q->put(slow_item(i)));
                }
            },
            "call " + std::to_string(i + 1));
    }
    story.thread(
        [=] {
            await_sleepers(2);
            for (int i = 0; i < 2; ++i) {
                if (are_gets) {
                    static_cast<void>(q->put(slow_item(i)));
                } else {
                    (*order)[static_cast<std::size_t>(i)] = q->get()->value();
                }
            }
        },
        "peer");
    story.at_end([=] {
        require((*order)[0] + (*order)[1] == 1, "lost, or made up");
        require(*was_away || (*order)[0] == 0, "out of order");
    });
}

// ---- giving up

// A put and a get, both of which may give up, each by a time-out or by a stop.
void both_or_neither(scenario& story, bool stops_put, bool stops_get) {
    auto q = std::make_shared<meeting>();
    auto both = std::make_shared<tally>();
    auto stop = std::make_shared<scheduled_stop>();
    story.thread(
        [=] {
            both->accepted += put_or_keep(1, [&](slow_item&& mine) {
                return stops_put ? q->put(std::move(mine), stop->get_token())
                                 : q->put_for(std::move(mine), 100us);
            });
        },
        "putter");
    story.thread(
        [=] {
            const auto got = stops_get ? q->get(stop->get_token()) : q->get_for(100us);
            if (got) both->received += got->value();
        },
        "getter");
    if (stops_put || stops_get) story.thread([=] { stop->request_stop(); }, "stopper");
    expect_equal(story, q, both);
}

// One of two calls gives up and the other is served. The call that is served says so.
void leave_a_line_of_gets(scenario& story, bool by_stop) {
    auto q = std::make_shared<meeting>();
    auto stop = std::make_shared<scheduled_stop>();
    auto got = std::make_shared<int>(0);
    story.thread(
        [=] {
            auto taken = by_stop ? q->get(stop->get_token()) : q->get_for(100us);
            if (taken) static_cast<void>(q->put(std::move(*taken)));  // the other getter needs one
        },
        "hasty");
    story.thread([=] { *got = q->get()->value(); }, "patient");
    story.thread([=] { static_cast<void>(q->put(slow_item(7))); }, "putter");
    if (by_stop) story.thread([=] { stop->request_stop(); }, "stopper");
    story.at_end([=] { require(*got == 7, "the patient getter got nothing"); });
}
void leave_a_line_of_puts(scenario& story, bool by_stop) {
    auto q = std::make_shared<meeting>();
    auto stop = std::make_shared<scheduled_stop>();
    auto both = std::make_shared<tally>();
    story.thread(
        [=] {
            both->accepted += put_or_keep(8, [&](slow_item&& mine) {
                return by_stop ? q->put(std::move(mine), stop->get_token())
                               : q->put_for(std::move(mine), 100us);
            });
        },
        "hasty");
    story.thread([=] { both->accepted += q->put(slow_item(9)) == status::ok; }, "patient");
    story.thread(
        [=] {
            for (int last = 0; last != 9; ++both->received) last = q->get()->value();
            if (q->get_for(100us)) ++both->received;
        },
        "getter");
    if (by_stop) story.thread([=] { stop->request_stop(); }, "stopper");
    expect_equal(story, q, both);
}

// The middle one of three calls leaves; the other two are served.
void leave_the_middle(scenario& story) {
    auto q = std::make_shared<meeting>();
    auto stop = std::make_shared<scheduled_stop>();
    for (int g = 0; g < 3; ++g) {
        story.thread(
            [=] {
                if (g != 1) {
                    require(q->get()->value() > 0, "another item");
                } else if (auto taken = q->get(stop->get_token())) {
                    static_cast<void>(q->put(std::move(*taken)));
                }
            },
            "getter " + std::to_string(g + 1));
    }
    story.thread(
        [=] {
            static_cast<void>(q->put(slow_item(1)));
            stop->request_stop();
            static_cast<void>(q->put(slow_item(2)));
        },
        "putter");
}

// A signal handler that throws ends a wait, but only where nothing was handed over.
void interrupt(scenario& story, bool is_get) {
    auto q = std::make_shared<meeting>();
    auto both = std::make_shared<tally>();
    story.on_interrupt([] {
        if (scheduler::current()->self() == 1) throw std::runtime_error("a signal");
    });
    const auto until_it_returns = [](const auto& call) {
        for (bool has_returned = false; !has_returned;) {
            try {
                call();
                has_returned = true;
            } catch (const std::runtime_error&) {
            }
        }
    };
    const auto put = [=] {
        slow_item mine(1);
        until_it_returns([&] { both->accepted += q->put(std::move(mine)) == status::ok; });
    };
    const auto get = [=] { until_it_returns([&] { both->received += q->get()->value(); }); };
    story.thread([=] { is_get ? get() : put(); }, "signalled");
    story.thread([=] { is_get ? put() : get(); }, "partner");
    expect_equal(story, q, both);
}

// A stop that was requested before the call wins over a partner that waits.
void stop_before_the_call(scenario& story) {
    auto puts = std::make_shared<meeting>(), gets = std::make_shared<meeting>();
    story.thread(
        [=] {
            require(gets->get()->value() == 2, "another item");
            require(puts->put(slow_item(3)) == status::ok, "refused");
        },
        "partner");
    story.thread([=] {
        scheduled_stop stop;
        stop.request_stop();
        const auto token = stop.get_token();
        require(
            !put_or_keep(1, [&](slow_item&& mine) { return gets->put(std::move(mine), token); }),
            "an item was put");
        static_cast<void>(gets->put(slow_item(2)));
        require(puts->get(token).state() == status::stopped, "an item was taken");
        require(puts->get()->value() == 3, "another item");
    });
}

// ---- shutdown

// Only the shutdown can end these calls.
void shut_down_on_one_side(scenario& story, bool are_gets) {
    auto q = std::make_shared<meeting>();
    for (int i = 0; i < 2; ++i) {
        story.thread(
            [=] {
                if (are_gets) {
                    require(q->get().state() == status::shut_down, "a made-up item");
                } else {
                    require(
                        !put_or_keep(3, [&](slow_item&& mine) { return q->put(std::move(mine)); }),
                        "accepted, and nobody came");
                }
            },
            "call " + std::to_string(i + 1));
    }
    story.thread([=] { q->shutdown(); }, "closer");
}

// A put, a get and a shutdown.
void meet_or_shut_down(scenario& story) {
    auto q = std::make_shared<meeting>();
    auto both = std::make_shared<tally>();
    story.thread(
        [=] {
            both->accepted +=
                put_or_keep(1, [&](slow_item&& mine) { return q->put(std::move(mine)); });
        },
        "putter");
    story.thread(
        [=] {
            if (const auto got = q->get()) both->received += got->value();
        },
        "getter");
    story.thread([=] { q->shutdown(); }, "closer");
    expect_equal(story, q, both);
}

// Several puts and gets, and both shutdowns.
void shut_down_by_two(scenario& story) {
    auto q = std::make_shared<meeting>();
    auto both = std::make_shared<tally>();
    for (int s = 0; s < 2; ++s) {
        story.thread(
            [=] {
                while (q->put(slow_item(1)) == status::ok) ++both->accepted;
            },
            "putter " + std::to_string(s + 1));
        story.thread(
            [=] {
                while (q->get()) ++both->received;
            },
            "getter " + std::to_string(s + 1));
    }
    story.thread([=] { q->shutdown(); }, "closer");
    story.thread(
        [=] {
            q->shutdown(immediate);
            require(q->is_shut_down(), "not shut down");
        },
        "dropper");
    story.at_end([=] {
        require(q->put(slow_item(9)) == status::shut_down, "a put after shutdown");
        require(q->get().state() == status::shut_down, "a get after shutdown");
    });
    expect_equal(story, q, both);
}

// Once is_shut_down has returned true, nothing is accepted.
void look_at_the_end(scenario& story) {
    auto q = std::make_shared<meeting>();
    story.thread([=] { static_cast<void>(q->get()); }, "getter");
    story.thread([=] { q->shutdown(); }, "closer");
    story.thread(
        [=] {
            while (!q->is_shut_down()) scheduled::yield();
            require(q->put(slow_item(1)) == status::shut_down, "accepted after the end");
        },
        "putter");
}

// ---- join

// The getter of an item can call it done. join returns after the last done and never before.
void join_after_the_last(scenario& story, bool by_tries) {
    auto* q = make_in_run<meeting>();
    auto results = std::make_shared<std::vector<scheduled_plain<int>>>(2);
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                if (!by_tries) {
                    static_cast<void>(q->put(slow_item(i)));
                } else {
                    while (q->try_put(slow_item(i)) != status::ok) scheduled::yield();
                }
            }
            q->join();
            for (const auto& each : *results) require(each == 7, "join returned early");
            q->~meeting();
        },
        "putter");
    for (int w = 0; w < 2; ++w) {
        story.thread(
            [=] {
                if (w == 0) {
                    auto task = q->take();
                    (*results)[static_cast<std::size_t>(task->value())] = 7;
                    task.done();
                } else {
                    (*results)[static_cast<std::size_t>(q->get()->value())] = 7;
                    q->task_done();
                }
            },
            "worker " + std::to_string(w + 1));
    }
}

// A task that puts its child before its own end never lets join return early.
void join_with_children(scenario& story) {
    auto q = std::make_shared<meeting>();
    auto processed = std::make_shared<int>(0);
    for (int w = 0; w < 2; ++w) {
        story.thread(
            [=] {
                for (auto& task : *q) {
                    if (task->value() > 0) static_cast<void>(q->put(slow_item(task->value() - 1)));
                    ++*processed;
                }
            },
            "worker " + std::to_string(w + 1));
    }
    story.thread(
        [=] {
            static_cast<void>(q->put(slow_item(2)));
            q->join();
            require(*processed == 3, "join returned early");
            q->shutdown();
        },
        "joiner");
}

// Looks at the count while items pass.
void look_at_the_count(scenario& story) {
    auto q = std::make_shared<meeting>();
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) static_cast<void>(q->put(slow_item(i)));
        },
        "putter");
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                static_cast<void>(q->get());
                require(q->try_join() == status::busy, "an item got is not counted");
                q->task_done();
            }
        },
        "worker");
    story.thread(
        [=] {
            for (int i = 0; i < 4; ++i) {
                require(q->unfinished() <= 2, "more unfinished than were handed over");
            }
        },
        "watcher");
}

}  // namespace

void add_rendezvous_models(protocol_models& to) {
    protocol_model plain, small, timed;
    small.is_small = true;
    timed.may_rely_on_timers = true;
    const auto add = [&](const protocol_model& like, const char* protocol,
                         const std::string& variant,
                         const model& run) { add_hand_over(to, like, protocol, variant, run); };
    add(plain, "parking", "two pairs", [](auto& story) { exchange_items(story, 2, 2); });
    add(small, "parking", "a pair", [](auto& story) { exchange_items(story, 1, 2); });
    add(small, "parking", "return together", return_together);
    add(plain, "parking", "tries", try_to_meet);
    add(plain, "parking", "a line of gets", [](auto& story) { serve_in_order(story, true); });
    add(plain, "parking", "a line of puts", [](auto& story) { serve_in_order(story, false); });

    for (const bool by_stop : {false, true}) {
        add(timed, "giving up", by_stop ? "a get, by a stop" : "a get, by time",
            [=](auto& story) { leave_a_line_of_gets(story, by_stop); });
        add(timed, "giving up", by_stop ? "a put, by a stop" : "a put, by time",
            [=](auto& story) { leave_a_line_of_puts(story, by_stop); });
    }
    add(timed, "giving up", "both by time",
        [](auto& story) { both_or_neither(story, false, false); });
    add(timed, "giving up", "a put by a stop, a get by time",
        [](auto& story) { both_or_neither(story, true, false); });
    add(timed, "giving up", "a put by time, a get by a stop",
        [](auto& story) { both_or_neither(story, false, true); });
    add(plain, "giving up", "both by a stop",
        [](auto& story) { both_or_neither(story, true, true); });
    add(plain, "giving up", "before the call", stop_before_the_call);
    add(plain, "giving up", "the middle one", leave_the_middle);
    add(plain, "giving up", "a put by a signal", [](auto& story) { interrupt(story, false); });
    add(plain, "giving up", "a get by a signal", [](auto& story) { interrupt(story, true); });

    add(plain, "shutdown", "gets alone", [](auto& story) { shut_down_on_one_side(story, true); });
    add(plain, "shutdown", "puts alone", [](auto& story) { shut_down_on_one_side(story, false); });
    add(small, "shutdown", "a pair", meet_or_shut_down);
    add(plain, "shutdown", "both shutdowns", shut_down_by_two);
    add(plain, "shutdown", "is_shut_down", look_at_the_end);

    add(plain, "join", "then destroy", [](auto& story) { join_after_the_last(story, false); });
    add(plain, "join", "tries, then destroy",
        [](auto& story) { join_after_the_last(story, true); });
    add(plain, "join", "children", join_with_children);
    add(plain, "join", "looks at the count", look_at_the_count);
}

}  // namespace conq::testing

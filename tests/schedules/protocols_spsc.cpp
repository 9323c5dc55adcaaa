// SPDX-License-Identifier: BSL-1.0
// One putter and one getter on plain stores: sleep beside put, the order of answers, and a shutdown
// by a third thread. On systems with a barrier for all threads, and on systems without.
#include <chrono>
#include <stdexcept>

#include "conq/queue/spsc_queue.hpp"
#include "models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

struct traits_without_barrier : scheduled_traits {
    using platform = scheduled_without_barrier;
};
struct prompt_traits_without_barrier : scheduled_prompt_traits {
    using platform = scheduled_without_barrier;
};

// Everything comes out once, in order, and a side that sleeps is woken.
template <class Queue> void pass_items(scenario& story, int capacity, int count) {
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            for (int i = 0; i < count; ++i) {
                require(q->put(item<Queue>(i)) == status::ok, "a put was refused");
            }
        },
        "putter");
    story.thread(
        [=] {
            for (int i = 0; i < count; ++i) require(q->get()->value() == i, "out of order");
        },
        "getter");
}

// The answers full and empty fit into one order with all other calls (sequential consistency): full
// after j puts says that at most j - capacity items were taken; empty after i gets says that at
// most i items were put.
template <class Queue> void answer_in_one_order(scenario& story, int capacity) {
    struct answers {
        std::vector<int> full_after, empty_after;
    };
    auto q = std::make_shared<Queue>(capacity);
    auto seen = std::make_shared<answers>();
    story.thread(
        [=] {
            for (int call = 0, put = 0; call < capacity + 3; ++call) {
                if (q->try_put(item<Queue>(put)) == status::ok) {
                    ++put;
                } else {
                    seen->full_after.push_back(put);
                }
            }
        },
        "putter");
    story.thread(
        [=] {
            for (int call = 0, got = 0; call < capacity + 3; ++call) {
                if (const auto taken = q->try_get()) {
                    require(taken->value() == got++, "out of order");
                } else {
                    require(taken.state() == status::empty, "busy with nobody in the way");
                    seen->empty_after.push_back(got);
                }
            }
        },
        "getter");
    story.at_end([=] {
        for (const int j : seen->full_after) {
            for (const int i : seen->empty_after) {
                require(i <= j - capacity || i >= j, "full and empty fit into no order");
            }
        }
    });
}

// A put is accepted or refused before its item is touched. When shutdown has returned, all accepted
// items are counted, and they come out.
template <class Queue> void shut_down(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto accepted = std::make_shared<unsigned>(0);
    auto counted = std::make_shared<std::uint64_t>(0);
    auto got = std::make_shared<unsigned>(0);
    story.thread(
        [=] {
            for (int i = 0; i < 3; ++i) {
                auto mine = item<Queue>(i);
                if (q->put(std::move(mine)) == status::ok) {
                    ++*accepted;
                } else {
                    require(mine.value() == i, "a put that was refused has touched its item");
                }
            }
        },
        "putter");
    story.thread(
        [=] {
            while (q->get()) ++*got;
        },
        "getter");
    story.thread(
        [=] {
            q->shutdown();
            *counted = q->unfinished();
        },
        "closer");
    story.at_end([=] {
        require(*accepted == *got, "accepted items and items that came out differ");
        require(*accepted == *counted, "a put was accepted after shutdown had returned");
        require(q->get().state() == status::shut_down, "not drained");
        require(q->put(item<Queue>(9)) == status::shut_down, "a put after shutdown");
    });
}

// The same in small, with calls that do not wait.
template <class Queue> void shut_down_small(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto accepted = std::make_shared<bool>(false);
    story.thread([=] { *accepted = q->put(item<Queue>(1)) == status::ok; }, "putter");
    story.thread(
        [=] {
            q->shutdown();
            require(q->unfinished() == q->size(), "not counted");
        },
        "closer");
    story.at_end([=] { require(q->try_get() ? *accepted : !*accepted, "lost, or made up"); });
}

// While both sides work, a third thread alone drops the items that nobody has taken.
template <class Queue> void shut_down_at_once(scenario& story, int capacity, int closers) {
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            for (int i = 0; i < 3; ++i) static_cast<void>(q->put(item<Queue>(i)));
        },
        "putter");
    story.thread(
        [=] {
            for (int last = -1; auto taken = q->get();) {
                require(taken->value() > last, "out of order");
                last = taken->value();
                q->task_done();
            }
        },
        "getter");
    for (int c = 0; c < closers; ++c) {
        story.thread(
            [=] {
                q->shutdown(immediate);
                require(q->size() == 0, "something was left, or came later");
                q->join();
                require(q->unfinished() == 0, "join returned early");
            },
            "closer " + std::to_string(c + 1));
    }
    story.at_end([=] { require(q->size() == 0, "a put was accepted after shutdown"); });
}

// Two threads drop items at once: the second one, too, waits for the get that is under way.
template <class Queue> void drop_beside_a_get(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread([=] { static_cast<void>(q->try_get()); }, "getter");
    for (const char* const closer : {"closer", "another closer"}) {
        story.thread([=] { q->shutdown(immediate); }, closer);
    }
}

// A call that gives up, for whatever reason, has taken or put nothing, and the next call works.
template <class Queue> void give_up(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto stop = std::make_shared<scheduled_stop>();
    story.on_interrupt([] { throw std::runtime_error("a signal"); });
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                auto mine = item<Queue>(i);
                for (bool is_put = false; !is_put;) {
                    try {
                        is_put =
                            q->put_for(std::move(mine), 100us, stop->get_token()) == status::ok ||
                            q->put_for(std::move(mine), 100us) == status::ok;
                    } catch (const std::runtime_error&) {
                    }
                    require(is_put || mine.value() == i, "a put that failed has touched its item");
                }
            }
        },
        "putter");
    story.thread(
        [=] {
            for (int got = 0; got < 2;) {
                try {
                    auto taken = q->get_for(100us, stop->get_token());
                    if (!taken) taken = q->get_for(100us);
                    if (taken) require(taken->value() == got++, "out of order");
                } catch (const std::runtime_error&) {
                }
            }
        },
        "getter");
    story.thread([=] { stop->request_stop(); }, "stopper");
}

// join sees what the tasks wrote; then the queue may be destroyed.
template <class Queue> void join_then_destroy(scenario& story, int capacity) {
    auto* q = make_in_run<Queue>(capacity);
    auto results = std::make_shared<std::vector<scheduled_plain<int>>>(2);
    for (int i = 0; i < 2; ++i) static_cast<void>(q->put(item<Queue>(i)));
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                auto task = q->take();
                (*results)[static_cast<std::size_t>(task->value())] = 7;
                task.done();
            }
        },
        "getter");
    story.thread(
        [=] {
            q->join();
            for (const auto& each : *results) require(each == 7, "join returned early");
            q->~Queue();
        },
        "joiner");
}

// A task puts its children into the queue that it came from: both sides are the same thread.
template <class Queue> void join_with_children(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto processed = std::make_shared<int>(0);
    static_cast<void>(q->put(item<Queue>(1)));
    story.thread(
        [=] {
            for (auto& task : *q) {
                for (int child = 0; task->value() > 0 && child < 2; ++child) {
                    static_cast<void>(q->put(item<Queue>(0)));
                }
                ++*processed;
            }
        },
        "worker");
    story.thread(
        [=] {
            q->join();
            require(*processed == 3, "join returned early");
            q->shutdown();
        },
        "joiner");
}

// A getter and a putter that wait by callbacks, as an event loop would.
template <class Queue> void wait_by_callbacks(scenario& story, int capacity, int count) {
    using platform_type = typename Queue::platform_type;
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            sleeper<platform_type> me;
            waiter<platform_type> place(me);
            for (int i = 0; i < count;) {
                q->enlist_putter(place);
                if (q->try_put(item<Queue>(i)) == status::ok) {
                    ++i;
                } else {
                    me.sleep(platform::never);
                }
            }
            q->leave_putter(place);
        },
        "putter");
    story.thread(
        [=] {
            sleeper<platform_type> me;
            waiter<platform_type> place(me);
            for (int i = 0; i < count;) {
                q->enlist_getter(place);
                if (const auto taken = q->try_get()) {
                    require(taken->value() == i++, "out of order");
                } else {
                    me.sleep(platform::never);
                }
            }
            q->leave_getter(place);
        },
        "getter");
}

// A side that waits with two waiters, as an event loop does for two of its coroutines. Both have
// looked in vain, and the first was served. Now the first leaves, and looks for the second, which
// sleeps, while the other side takes its next step.
template <class Queue> void leave_while_another_sleeps(scenario& story, bool is_getter) {
    using platform_type = typename Queue::platform_type;
    struct shared {
        Queue q{1};
        sleeper<platform_type> first, second;
        waiter<platform_type> early{first}, late{second};
    };
    auto here = std::make_shared<shared>();
    const auto put = [=] { return here->q.try_put(item<Queue>(0)) == status::ok; };
    const auto get = [=] { return static_cast<bool>(here->q.try_get()); };
    const auto mine = [=] { return is_getter ? get() : put(); };
    const auto others = [=] { return is_getter ? put() : get(); };
    const auto enlist = [=](auto& who) {
        is_getter ? here->q.enlist_getter(who) : here->q.enlist_putter(who);
    };
    const auto leave = [=](auto& who) {
        is_getter ? here->q.leave_getter(who) : here->q.leave_putter(who);
    };
    if (!is_getter) require(put(), "an empty queue refused");
    enlist(here->early);
    enlist(here->late);
    require(!mine() && others() && mine(), "the first was not served");
    story.thread(
        [=] {
            leave(here->early);
            do {
                here->second.sleep(platform::never);
                enlist(here->late);
            } while (!mine());
            leave(here->late);
        },
        "waiting side");
    story.thread([=] { require(others(), "refused what there was room for"); }, "other side");
}

// While one or two items are in a ring, no look may say that it is empty.
template <class Queue> void look_at_size(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread(
        [=] {
            for (int i = 1; i < 5; ++i) {
                static_cast<void>(q->put(item<Queue>(i)));
                static_cast<void>(q->get());
            }
        },
        "both sides");
    story.thread([=] { require(!q->empty(), "empty with an item in"); }, "looker");
}

// A full queue of 64: the putter waits, and is woken at half empty. Only before may a timer help.
template <class Queue> void wait_for_half_empty(scenario& story, int gets) {
    auto q = std::make_shared<Queue>(64);
    for (int i = 0; i < 64; ++i) static_cast<void>(q->put(i));
    story.thread([=] { require(q->put(64) == status::ok, "a put was refused"); }, "putter");
    story.thread(
        [=] {
            for (int i = 0; i < gets; ++i) require(*q->get() == i, "out of order");
        },
        "getter");
    if (!Queue::traits::wake::is_prompt) {
        story.timer_may_help([=] { return q->size() > 32; });
    }
}

// Adds a model for both kinds of systems.
template <class Run>
void add_both(protocol_models& to, protocol_model like, int capacity, const Run& run) {
    const std::string name = "spsc_queue of " + std::to_string(capacity);
    like.variant = name;
    like.run = [=](scenario& story) {
        run(story, on<basic_spsc_queue<slow_item, scheduled_traits>>(), capacity);
    };
    to.push_back(like);
    like.variant = name + ", no barrier";
    like.run = [=](scenario& story) {
        run(story, on<basic_spsc_queue<slow_item, traits_without_barrier>>(), capacity);
    };
    to.push_back(like);
}

template <class Traits> void add_half_empty(protocol_models& to, const char* system) {
    for (const int gets : {3, 34, 40}) {
        const std::string name =
            "spsc_queue of 64, " + std::to_string(gets) + " gets" + std::string(system);
        to.push_back({Traits::wake::is_prompt ? "prompt: no timer at all" : "put_wake_delay", name,
                      [=](auto& story) {
                          wait_for_half_empty<basic_spsc_queue<int, Traits>>(story, gets);
                      }});
    }
}

}  // namespace

void add_spsc_models(protocol_models& to) {
    protocol_model small, timed;
    small.is_small = true;
    timed.may_rely_on_timers = true;
    const auto named = [](protocol_model like, const char* protocol) {
        like.protocol = protocol;
        return like;
    };
    for (const int capacity : {1, 2, 3}) {
        add_both(to, named({}, "spsc: parking"), capacity, [](auto& story, auto which, int slots) {
            pass_items<typename decltype(which)::queue>(story, slots, 5);
        });
        add_both(to, named({}, "spsc: one order"), capacity,
                 [](auto& story, auto which, int slots) {
                     answer_in_one_order<typename decltype(which)::queue>(story, slots);
                 });
    }
    add_both(to, named(small, "spsc: parking"), 1, [](auto& story, auto which, int slots) {
        pass_items<typename decltype(which)::queue>(story, slots, 2);
    });
    for (const bool is_getter : {true, false}) {
        add_both(to, named(small, "spsc: callbacks"), 1, [=](auto& story, auto which, int) {
            leave_while_another_sleeps<typename decltype(which)::queue>(story, is_getter);
        });
    }
    add_both(to, named({}, "spsc: callbacks"), 1, [](auto& story, auto which, int slots) {
        wait_by_callbacks<typename decltype(which)::queue>(story, slots, 4);
    });
    add_both(to, named({}, "looks at the counts"), 4, [](auto& story, auto which, int slots) {
        look_at_size<typename decltype(which)::queue>(story, slots);
    });
    add_both(to, named(timed, "spsc: giving up"), 1, [](auto& story, auto which, int slots) {
        give_up<typename decltype(which)::queue>(story, slots);
    });
    add_both(to, named({}, "spsc: join"), 2, [](auto& story, auto which, int slots) {
        join_then_destroy<typename decltype(which)::queue>(story, slots);
    });
    add_both(to, named({}, "spsc: join"), 3, [](auto& story, auto which, int slots) {
        join_with_children<typename decltype(which)::queue>(story, slots);
    });
    add_both(to, named(small, "spsc: shutdown"), 2, [](auto& story, auto which, int slots) {
        shut_down_small<typename decltype(which)::queue>(story, slots);
    });
    add_both(to, named({}, "spsc: shutdown"), 1, [](auto& story, auto which, int slots) {
        shut_down<typename decltype(which)::queue>(story, slots);
    });
    for (const int closers : {1, 2}) {
        add_both(to, named({}, "spsc: immediate shutdown"), closers,
                 [=](auto& story, auto which, int slots) {
                     shut_down_at_once<typename decltype(which)::queue>(story, slots, closers);
                 });
    }
    add_both(to, named(small, "spsc: immediate shutdown"), 1,
             [](auto& story, auto which, int slots) {
                 drop_beside_a_get<typename decltype(which)::queue>(story, slots);
             });
    add_both(to, named({}, "spsc: immediate shutdown"), 2, [](auto& story, auto which, int slots) {
        shut_down_twice<typename decltype(which)::queue>(story, slots);
    });
    add_half_empty<scheduled_traits>(to, "");
    add_half_empty<traits_without_barrier>(to, ", no barrier");
    add_half_empty<scheduled_prompt_traits>(to, "");
    add_half_empty<prompt_traits_without_barrier>(to, ", no barrier");
}

}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
// Put and get beside sleep: no item is lost or doubled, and nobody is left asleep.
#include <algorithm>

#include "models.hpp"

namespace conq::testing {
namespace {

// Two putters and two getters.
template <class Queue> void exchange_items(scenario& story, int capacity, int each) {
    auto q = std::make_shared<Queue>(capacity);
    auto got = std::make_shared<receipts>(2 * each);
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                for (int i = 0; i < each; ++i) {
                    require(q->put(item<Queue>(p * each + i)) == status::ok, "a put was refused");
                }
            },
            "putter " + std::to_string(p + 1));
        story.thread(
            [=] {
                int last[2] = {-1, -1};
                for (int i = 0; i < each; ++i) {
                    const auto taken = q->get();
                    require(static_cast<bool>(taken), "a get was refused");
                    got->add(taken->value());
                    int& before = last[taken->value() / each];
                    require(!keeps_order<Queue> || before < taken->value(), "out of order");
                    before = taken->value();
                }
            },
            "getter " + std::to_string(p + 1));
    }
    story.at_end([=] { got->require_all(); });
}

// One putter and one getter, two calls each: small enough to run every schedule.
template <class Queue> void pass_two(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) static_cast<void>(q->put(item<Queue>(i)));
        },
        "putter");
    story.thread(
        [=] {
            const int first = q->get()->value(), second = q->get()->value();
            require(first + second == 1, "lost, or made up");
            require(!keeps_order<Queue> || first < second, "out of order");
        },
        "getter");
}

// After a put has returned, a look never finds the queue empty. It may answer busy while a claim is
// not published yet; a waiting get resolves that.
template <class Queue> void see_what_was_put(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto returned = std::make_shared<scheduled_atomic<int>>(0);
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                static_cast<void>(q->put(item<Queue>(p)));
                returned->fetch_add(1);
            },
            "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            int got = 0;
            for (int look = 0; look < 3 && got < 2; ++look) {
                const int put = returned->load();
                const auto taken = q->try_get();
                got += taken ? 1 : 0;
                require(taken.state() != status::empty || put <= got, "an item was not seen");
            }
            while (got < 2) got += q->get() ? 1 : 0;
            require(q->try_get().state() == status::empty, "an item too many");
        },
        "getter");
}

// A full queue of 64: putters sleep, and are woken at half empty. Only before may a timer help.
template <class Traits> void wait_for_half_empty(scenario& story, int gets) {
    auto q = std::make_shared<basic_bounded_queue<int, Traits>>(64);
    for (int i = 0; i < 64; ++i) static_cast<void>(q->put(i));
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { require(q->put(64 + p) == status::ok, "a put was refused"); },
                     "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            while (scheduler::current()->asleep() < 2) scheduled::yield();
            for (int i = 0; i < gets; ++i) require(*q->get() == i, "out of order");
        },
        "getter");
    if (!Traits::wake::is_prompt) {
        story.timer_may_help([=] { return q->size() > 32; });
    }
    story.at_end([=] { require(q->size() == 66u - static_cast<unsigned>(gets), "miscounted"); });
}

struct counting_waiter : resumer<scheduled> {
    counting_waiter() : resumer(&on_wake), place(*this) {}
    static void on_wake(resumer* self) noexcept { ++static_cast<counting_waiter*>(self)->wakes; }
    int wakes = 0;
    waiter<scheduled> place;
};

// A callback waits beside a thread: it keeps no wake that it does not need.
template <class Queue> void wait_beside_a_callback(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto waiting = std::make_shared<counting_waiter>();
    auto got = std::make_shared<int>(0);
    story.thread(
        [=] {
            q->enlist_getter(waiting->place);
            scheduled::yield();
            q->leave_getter(waiting->place);
        },
        "callback");
    story.thread([=] { *got = q->get()->value(); }, "getter");
    story.thread([=] { static_cast<void>(q->put(item<Queue>(7))); }, "putter");
    story.at_end([=] {
        require(*got == 7, "the thread got nothing");
        require(waiting->wakes <= 1, "woken twice");
    });
}

// The same for putters.
template <class Queue> void wait_beside_a_putting_callback(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto waiting = std::make_shared<counting_waiter>();
    for (int i = 0; i < capacity; ++i) static_cast<void>(q->put(item<Queue>(i)));
    story.thread(
        [=] {
            q->enlist_putter(waiting->place);
            scheduled::yield();
            q->leave_putter(waiting->place);
        },
        "callback");
    story.thread([=] { static_cast<void>(q->put(item<Queue>(7))); }, "putter");
    story.thread([=] { static_cast<void>(q->get()); }, "getter");
    story.at_end([=] { require(waiting->wakes <= 1, "woken twice"); });
}

// A full queue of 64, and a callback beside a thread. A callback has no timer, so it gets the first
// room.
void wait_without_a_timer(scenario& story) {
    auto q = std::make_shared<basic_bounded_queue<int, scheduled_traits>>(64);
    auto waiting = std::make_shared<counting_waiter>();
    for (int i = 0; i < 64; ++i) static_cast<void>(q->put(i));
    story.thread(
        [=] {
            for (;;) {
                q->enlist_putter(waiting->place);
                const status answer = q->try_put(64);
                if (answer == status::ok) break;
                do {
                    scheduled::yield();
                } while (answer == status::full && waiting->wakes == 0);
                waiting->wakes = 0;
            }
            q->leave_putter(waiting->place);
        },
        "callback");
    story.thread([=] { static_cast<void>(q->put(65)); }, "putter");
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) require(*q->get() == i, "out of order");
        },
        "getter");
    story.timer_may_help([=] { return q->size() > 32; });
    story.at_end([=] { require(q->size() == 64, "miscounted"); });
}

// Threads that hold something without which the others cannot run, except while they wait. Here all
// threads run, which is more than the others can do beside a guest.
struct scheduled_guest : scheduled {
    struct away {
        away() {}  // not trivial, so that an object of it is no unused variable
        ~away() {}
    };
};
struct guest_traits : scheduled_prompt_traits {
    using platform = scheduled_guest;
};

// Three threads wait for the same items, or room. While one polls, the others are not woken.
template <class Queue> void wait_beside_others(scenario& story, bool getters_wait) {
    auto q = std::make_shared<Queue>(getters_wait ? 3 : 1);
    auto got = std::make_shared<receipts>(4);
    if (!getters_wait) static_cast<void>(q->put(item<Queue>(3)));
    const auto put = [=](int value) {
        require(q->put(item<Queue>(value)) == status::ok, "a put was refused");
    };
    const auto get = [=] { got->add(q->get()->value()); };
    for (int i = 0; i < 3; ++i) {
        story.thread(
            [=] {
                if (getters_wait) {
                    get();
                } else {
                    put(i);
                }
            },
            "waiting " + std::to_string(i + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 4; ++i) {
                if (getters_wait) {
                    put(i);
                } else {
                    get();
                }
            }
        },
        "the other side");
    story.at_end([=] {
        if (getters_wait) get();
        got->require_all();
    });
}

}  // namespace

void add_parking_models(protocol_models& to) {
    add_for_queues(to, "parking", {1, 2, 3}, [](scenario& story, auto which, int capacity) {
        exchange_items<typename decltype(which)::queue>(story, capacity, 2);
    });
    add_for_queues(to, "parking", {1},
                   [](scenario& story, auto which, int capacity) {
                       pass_two<typename decltype(which)::queue>(story, capacity);
                   },
                   {.protocol = {}, .variant = {}, .run = {}, .is_small = true});
    add_for_queues(to, "a claim not yet published", {2},
                   [](scenario& story, auto which, int capacity) {
                       see_what_was_put<typename decltype(which)::queue>(story, capacity);
                   });
    for (const int gets : {3, 34, 40}) {
        const std::string name = "bounded_queue of 64, " + std::to_string(gets) + " gets";
        to.push_back({"put_wake_delay", name,
                      [=](auto& story) { wait_for_half_empty<scheduled_traits>(story, gets); }});
        to.push_back({"prompt: no timer at all", name, [=](auto& story) {
                          wait_for_half_empty<scheduled_prompt_traits>(story, gets);
                      }});
    }
    to.push_back({"put_wake_delay", "bounded_queue of 64, a callback", wait_without_a_timer});
    add_for_queues(to, "a callback waiter", {2}, [](scenario& story, auto which, int capacity) {
        wait_beside_a_callback<typename decltype(which)::queue>(story, capacity);
    });
    for (const bool getters_wait : {true, false}) {
        const std::string name = getters_wait ? "getters" : "putters";
        to.push_back({"guests: spared wakes", name + ", bounded_queue",
                      [=](auto& story) {
                          using queue = basic_bounded_queue<slow_item, guest_traits>;
                          wait_beside_others<queue>(story, getters_wait);
                      },
                      true});
        to.push_back({"guests: spared wakes", name + ", queue",
                      [=](auto& story) {
                          using queue = basic_queue<slow_item, guest_traits>;
                          wait_beside_others<queue>(story, getters_wait);
                      },
                      true});
    }
    add_for_queues(to, "a callback waiter", {1}, [](scenario& story, auto which, int capacity) {
        wait_beside_a_putting_callback<typename decltype(which)::queue>(story, capacity);
    });
}

}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
// Each wake by itself, where nothing else would wake the sleeper: threads that wait on a full or an
// empty queue, callbacks, stops. And the waits that a stop or a deadline must end.
#include <array>
#include <chrono>

#include "models.hpp"

namespace conq::testing {
namespace {

using locked_segment_queue = basic_queue<careful_item, scheduled_traits>;  // one that may grow

using namespace std::chrono_literals;

template <class Queue> std::shared_ptr<Queue> make_full(int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    for (int i = 0; i < capacity; ++i) static_cast<void>(q->put(item<Queue>(i)));
    return q;
}

// Nobody gets: only the shutdown can end these puts.
template <class Queue> void shut_down_a_full_one(scenario& story, int capacity) {
    auto q = make_full<Queue>(capacity);
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { require(q->put(item<Queue>(7)) == status::shut_down, "accepted"); },
                     "putter " + std::to_string(p + 1));
    }
    story.thread([=] { q->shutdown(); }, "closer");
}

// Nobody puts: only the shutdown can end these gets.
template <class Queue> void shut_down_an_empty_one(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    for (int g = 0; g < 2; ++g) {
        story.thread([=] { require(q->get().state() == status::shut_down, "a made-up item"); },
                     "getter " + std::to_string(g + 1));
    }
    story.thread([=] { q->shutdown(); }, "closer");
}

// Each try_put wakes a getter, and each try_get a putter.
template <class Queue> void try_to_wake(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto full = make_full<Queue>(capacity);
    for (int i = 0; i < 2; ++i) {
        story.thread([=] { require(q->get()->value() == 7, "a made-up item"); },
                     "getter " + std::to_string(i + 1));
        story.thread([=] { require(full->put(item<Queue>(8)) == status::ok, "refused"); },
                     "putter " + std::to_string(i + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                while (q->try_put(item<Queue>(7)) != status::ok) scheduled::yield();
                while (!full->try_get()) scheduled::yield();
            }
        },
        "trier");
}

// Two putters sleep on a full queue, and one getter makes room for both: each get must wake one.
template <class Queue> void make_room_for_two(scenario& story, int capacity) {
    auto q = make_full<Queue>(capacity);
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { require(q->put(item<Queue>(7)) == status::ok, "refused"); },
                     "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) static_cast<void>(q->get());
        },
        "getter");
}

// A larger bound makes room for two, and nobody gets.
template <class Queue> void resize_a_full_one(scenario& story) {
    auto q = make_full<Queue>(1);
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { require(q->put(item<Queue>(7)) == status::ok, "refused"); },
                     "putter " + std::to_string(p + 1));
    }
    story.thread([=] { q->set_maxsize(3); }, "resizer");
    story.at_end([=] { require(q->size() == 3, "not all are in"); });
}

// A waiter without a thread.
struct callback : resumer<scheduled> {
    callback() : resumer(&on_wake), place(*this) {}
    static void on_wake(resumer* self) noexcept {
        static_cast<callback*>(self)->wakes.fetch_add(1);
    }
    scheduled_atomic<int> wakes{0};
    waiter<scheduled> place;
};

// A callback that looked and found nothing is woken: by a put, by a get, by a shutdown.
template <class Queue> void wake_a_callback(scenario& story, int capacity, bool shuts_down) {
    auto q = std::make_shared<Queue>(capacity);
    auto full = make_full<Queue>(capacity);
    auto getter = std::make_shared<callback>(), putter = std::make_shared<callback>();
    story.thread(
        [=] {
            q->enlist_getter(getter->place);
            full->enlist_putter(putter->place);
            const bool is_served = q->try_get().state() != status::empty;
            const bool has_room = full->try_put(item<Queue>(7)) != status::full;
            while (!is_served && getter->wakes.load() == 0) scheduled::yield();
            while (!has_room && putter->wakes.load() == 0) scheduled::yield();
            q->leave_getter(getter->place);
            full->leave_putter(putter->place);
        },
        "callbacks");
    if (shuts_down) {
        story.thread([=] { q->shutdown(); }, "closer");
        story.thread([=] { full->shutdown(); }, "closer of the full one");
    } else {
        story.thread([=] { static_cast<void>(q->put(item<Queue>(7))); }, "putter");
        story.thread([=] { static_cast<void>(full->get()); }, "getter");
    }
}

// A queue and callbacks that wait on it: for items, or for room.
template <class Queue> struct lobby {
    lobby(std::shared_ptr<Queue> queue, bool is_full)
        : q(std::move(queue)), waits_for_room(is_full) {
        for (callback& each : guests) {
            waits_for_room ? q->enlist_putter(each.place) : q->enlist_getter(each.place);
        }
    }
    void leave(callback& who) {
        waits_for_room ? q->leave_putter(who.place) : q->leave_getter(who.place);
    }
    void serve() {  // serves one of them
        waits_for_room ? static_cast<void>(q->get()) : static_cast<void>(q->put(item<Queue>(7)));
    }
    void take() {  // takes what one of them was served
        const auto has_taken = [this] {
            return waits_for_room ? q->try_put(item<Queue>(7)) == status::ok
                                  : static_cast<bool>(q->try_get());
        };
        while (!has_taken()) scheduled::yield();
    }
    static void await_wake(callback& who) {
        while (who.wakes.load() == 0) scheduled::yield();
    }
    std::shared_ptr<Queue> q;
    bool waits_for_room;
    std::array<callback, 3> guests;
};
template <class Queue> std::shared_ptr<lobby<Queue>> make_lobby(int capacity, bool is_full) {
    auto q = is_full ? make_full<Queue>(capacity) : std::make_shared<Queue>(capacity);
    return std::make_shared<lobby<Queue>>(std::move(q), is_full);
}

// Of three callbacks the first two are woken and leave with nothing. Each wakes the next one.
template <class Queue> void pass_a_wake_on(scenario& story, int capacity, bool is_full) {
    auto all = make_lobby<Queue>(capacity, is_full);
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                callback& me = all->guests[static_cast<std::size_t>(i)];
                all->await_wake(me);
                all->leave(me);
            }
        },
        "leavers");
    story.thread([=] { all->serve(); }, "peer");
    story.at_end([=] {
        require(all->guests[2].wakes.load() == 1, "a wake was not passed on");
        all->leave(all->guests[2]);
    });
}

// The first callback leaves with nothing just as another item (or room) comes. Either the leaver or
// the peer must wake the next callback.
template <class Queue> void leave_beside_a_peer(scenario& story, int capacity, bool is_full) {
    auto all = make_lobby<Queue>(capacity, is_full);
    all->leave(all->guests[2]);
    story.thread(
        [=] {
            all->serve();
            all->take();
        },
        "thief");
    story.thread([=] { all->serve(); }, "peer");
    story.thread(
        [=] {
            all->await_wake(all->guests[0]);
            all->leave(all->guests[0]);
        },
        "leaver");
    story.at_end([=] {
        require(all->guests[1].wakes.load() != 0, "something is there, and nobody was woken");
        all->leave(all->guests[1]);
    });
}

// The first callback is woken, enlists once more, is served and leaves. The next callback must be
// woken for the second item (or room), which came meanwhile.
template <class Queue> void enlist_again(scenario& story, int capacity, bool is_full) {
    auto all = make_lobby<Queue>(capacity, is_full);
    all->leave(all->guests[2]);
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) all->serve();
        },
        "peer");
    story.thread(
        [=] {
            callback& me = all->guests[0];
            all->await_wake(me);
            is_full ? all->q->enlist_putter(me.place) : all->q->enlist_getter(me.place);
            all->take();
            all->leave(me);
        },
        "first");
    story.at_end([=] {
        require(all->guests[1].wakes.load() != 0, "something is there, and nobody was woken");
        all->leave(all->guests[1]);
    });
}

// Two callbacks are served. Both are woken, provided that those who were woken leave.
template <class Queue> void serve_two(scenario& story, int capacity, bool is_full) {
    auto all = make_lobby<Queue>(capacity, is_full);
    all->leave(all->guests[2]);
    for (int i = 0; i < 2; ++i) {
        story.thread(
            [=] {
                callback& me = all->guests[static_cast<std::size_t>(i)];
                all->await_wake(me);
                all->take();
                all->leave(me);
            },
            "guest " + std::to_string(i + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) all->serve();
        },
        "peer");
}

// A shutdown itself wakes everybody.
template <class Queue> void shut_down_on_callbacks(scenario& story, int capacity, bool is_full) {
    auto all = make_lobby<Queue>(capacity, is_full);
    story.thread([=] {
        all->q->shutdown();
        for (callback& each : all->guests) require(each.wakes.load() == 1, "somebody sleeps on");
        for (callback& each : all->guests) all->leave(each);
    });
}

// A stop alone ends the waits of all calls that were given its token, and of no others.
template <class Queue> void stop_alone(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto full = make_full<Queue>(capacity);
    auto stop = std::make_shared<scheduled_stop>();
    auto stopped = std::make_shared<scheduled_atomic<int>>(0);
    for (int g = 0; g < 2; ++g) {
        story.thread(
            [=] {
                require(q->get(stop->get_token()).state() == status::stopped, "a made-up item");
                if (stopped->fetch_add(1) == 1) static_cast<void>(q->put(item<Queue>(7)));
            },
            "stopped getter " + std::to_string(g + 1));
    }
    story.thread([=] { require(q->get()->value() == 7, "a made-up item"); }, "patient getter");
    story.thread(
        [=] {
            auto mine = item<Queue>(8);
            const status answer = full->put(std::move(mine), stop->get_token());
            require(answer == status::stopped, "accepted");
            require(mine.value() == 8, "a put that failed has touched its argument");
        },
        "stopped putter");
    story.thread(
        [=] { require(full->join(stop->get_token()) == status::stopped, "join returned early"); },
        "stopped joiner");
    story.thread([=] { stop->request_stop(); }, "stopper");
}

// An item that gets into its slot only when the test allows it, as if its putter had lost its core.
class frozen_item {
public:
    explicit frozen_item(scheduled_atomic<bool>* thawed) : thawed_(thawed) {}
    frozen_item(frozen_item&& other) noexcept : thawed_(other.thawed_) {
        while (!thawed_->load()) scheduled::yield();
    }
    frozen_item& operator=(frozen_item&&) = delete;

private:
    scheduled_atomic<bool>* thawed_;
};

// A deadline and a stop still end a wait behind a claim that is not published.
template <class Queue> void give_up_behind_a_claim(scenario& story) {
    struct shared {
        scheduled_atomic<bool> thawed{false};
        Queue q{2};
        scheduled_stop stop;
        scheduled_atomic<int> gave_up{0};
    };
    auto all = std::make_shared<shared>();
    const auto give_up = [=](const result<frozen_item>& got, status why) {
        require(got.state() == why, "an item that was not there");
        if (all->gave_up.fetch_add(1) == 1) all->thawed.store(true);
    };
    story.thread([=] { static_cast<void>(all->q.put(frozen_item(&all->thawed))); }, "frozen");
    story.thread([=] { give_up(all->q.get_for(50us), status::timed_out); }, "hasty");
    story.thread([=] { give_up(all->q.get(all->stop.get_token()), status::stopped); }, "stopped");
    story.thread([=] { all->stop.request_stop(); }, "stopper");
}

// A stop that was requested before the call wins over everything, and the call takes nothing.
template <class Queue> void stop_before_the_call(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread([=] {
        scheduled_stop stop;
        stop.request_stop();
        require(q->get(stop.get_token()).state() == status::stopped, "an item was taken");
        require(q->put(item<Queue>(1), stop.get_token()) == status::stopped, "an item was put");
        require(q->join(stop.get_token()) == status::stopped, "join did not see the stop");
        require(q->size() == 1 && q->get()->value() == 0, "something was changed");
        q->task_done();
        require(q->join(stop.get_token()) == status::stopped, "join did not see the stop");
    });
}

}  // namespace

void add_waking_models(protocol_models& to) {
    const std::string waking = "wakes that nothing replaces";
    add_for_queues(to, waking, {2}, [](scenario& story, auto which, int capacity) {
        stop_before_the_call<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, waking, {1, 2}, [](scenario& story, auto which, int capacity) {
        shut_down_a_full_one<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, waking, {2}, [](scenario& story, auto which, int capacity) {
        shut_down_an_empty_one<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, waking, {1}, [](scenario& story, auto which, int capacity) {
        try_to_wake<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, waking, {2}, [](scenario& story, auto which, int capacity) {
        make_room_for_two<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, waking, {1}, [](scenario& story, auto which, int capacity) {
        stop_alone<typename decltype(which)::queue>(story, capacity);
    });
    to.push_back({"set_maxsize", "wakes, queue", resize_a_full_one<segment_queue>});
    to.push_back({"set_maxsize", "wakes, locked buffer", resize_a_full_one<locked_segment_queue>});
    for (const bool shuts_down : {false, true}) {
        add_for_queues(
            to, "a callback waiter", {1}, [=](scenario& story, auto which, int capacity) {
                wake_a_callback<typename decltype(which)::queue>(story, capacity, shuts_down);
            });
    }
    for (const bool is_full : {false, true}) {
        const auto add = [&](auto run) { add_for_queues(to, "a callback waiter", {2}, run); };
        add([=]<class Q>(scenario& story, on<Q>, int capacity) {
            shut_down_on_callbacks<Q>(story, capacity, is_full);
        });
        add([=]<class Q>(scenario& story, on<Q>, int capacity) {
            pass_a_wake_on<Q>(story, capacity, is_full);
        });
        add([=]<class Q>(scenario& story, on<Q>, int capacity) {
            leave_beside_a_peer<Q>(story, capacity, is_full);
        });
        add([=]<class Q>(scenario& story, on<Q>, int capacity) {
            serve_two<Q>(story, capacity, is_full);
        });
        add([=]<class Q>(scenario& story, on<Q>, int capacity) {
            enlist_again<Q>(story, capacity, is_full);
        });
    }
    const std::string behind = "a claim not yet published";
    to.push_back({behind, "given up, bounded_queue",
                  give_up_behind_a_claim<basic_bounded_queue<frozen_item, scheduled_traits>>,
                  true});
    to.push_back({behind, "given up, queue",
                  give_up_behind_a_claim<basic_queue<frozen_item, scheduled_traits>>, true});
}

}  // namespace conq::testing

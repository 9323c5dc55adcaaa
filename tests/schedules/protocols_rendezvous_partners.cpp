// SPDX-License-Identifier: BSL-1.0
// Special partners: calls whose item throws when it is moved, which leaves the partner waiting, and
// waiters without a thread.
#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

#include "rendezvous_models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

// An item whose first moves throw, as many as its constructor is told.
class unlucky_item {
public:
    unlucky_item(int value, int throws) : value_(value), throws_(throws) {}
    unlucky_item(unlucky_item&& other) noexcept(false) : value_(other.value_) {
        scheduler::current()->step("move");
        if (other.throws_-- > 0) throw std::runtime_error("a move");
        throws_ = 0;
        require(std::exchange(other.value_, -1) >= 0, "an item was handed over twice");
    }
    unlucky_item& operator=(unlucky_item&&) = delete;
    [[nodiscard]] int value() const noexcept { return value_; }

private:
    int value_, throws_;
};
using fragile_meeting = basic_rendezvous<unlucky_item, scheduled_traits>;

// ---- items whose move throws

// Calls `call` until it does not throw. Returns how often it threw.
template <class Call> int retry(Call call) {
    for (int caught = 0;; ++caught) {
        try {
            call();
            return caught;
        } catch (const std::runtime_error&) {
        }
    }
}

// The call that moves the item fails. Its partner waits on, and so the item is handed over in the
// end.
void throw_and_meet_again(scenario& story) {
    auto q = std::make_shared<fragile_meeting>();
    auto both = std::make_shared<tally>();
    auto caught = std::make_shared<int>(0);
    story.thread(
        [=] {
            unlucky_item mine(5, 2);
            *caught += retry([&] {
                require(mine.value() == 5, "a put that threw has touched its item");
                both->accepted += q->put(std::move(mine)) == status::ok;
            });
        },
        "putter");
    story.thread(
        [=] {
            *caught += retry([&] {
                require(q->get()->value() == 5, "another item");
                ++both->received;
            });
        },
        "getter");
    story.at_end([=] { require(*caught == 2, "not two moves threw"); });
    expect_equal(story, q, both);
}

// A get that throws does not come back. The put must then meet another get, which came while the
// put was claimed.
void throw_beside_another_get(scenario& story) {
    auto q = std::make_shared<fragile_meeting>();
    auto both = std::make_shared<tally>();
    story.thread(
        [=] {
            unlucky_item mine(5, 1);
            retry([&] { both->accepted += q->put(std::move(mine)) == status::ok; });
            q->shutdown();
        },
        "putter");
    for (int g = 0; g < 2; ++g) {
        story.thread(
            [=] {
                try {
                    if (q->get()) ++both->received;
                } catch (const std::runtime_error&) {
                }
            },
            "getter " + std::to_string(g + 1));
    }
    expect_equal(story, q, both);
}

// The same with two puts: the get meets both, whichever of them throws.
void throw_beside_another_put(scenario& story) {
    auto q = std::make_shared<fragile_meeting>();
    auto both = std::make_shared<tally>();
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                unlucky_item mine(5, 1 - p);
                retry([&] { both->accepted += q->put(std::move(mine)) == status::ok; });
            },
            "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) {
                retry([&] { both->received += q->get()->value() == 5; });
            }
        },
        "getter");
    expect_equal(story, q, both);
}

// A throw gives back a put or get whose time is up, or whose queue is shut down.
void throw_at_the_end(scenario& story, bool shuts_down) {
    auto q = std::make_shared<fragile_meeting>();
    auto both = std::make_shared<tally>();
    story.thread(
        [=] {
            unlucky_item mine(5, 1);
            try {
                const status answer =
                    shuts_down ? q->put(std::move(mine)) : q->put_for(std::move(mine), 100us);
                both->accepted += answer == status::ok;
                require(answer == status::ok || mine.value() == 5, "touched its item");
            } catch (const std::runtime_error&) {
            }
        },
        "putter");
    story.thread(
        [=] {
            try {
                if (shuts_down ? q->get() : q->get_for(100us)) ++both->received;
            } catch (const std::runtime_error&) {
            }
        },
        "getter");
    if (shuts_down) story.thread([=] { q->shutdown(); }, "closer");
    expect_equal(story, q, both);
}

// ---- waiters without a thread

// A waiter that waits as an event loop would, and a call that waits.
void meet_a_callback(scenario& story, bool is_getter, bool is_hasty) {
    auto q = std::make_shared<meeting>();
    auto both = std::make_shared<tally>();
    story.thread(
        [=] {
            sleeper<scheduled> me;
            waiter<scheduled> place(me);
            for (int met = 0; met < 2;) {
                is_getter ? q->enlist_getter(place) : q->enlist_putter(place);
                const status answer = is_getter ? q->try_get().state() : q->try_put(slow_item(1));
                if (answer == status::ok) {
                    ++met;
                } else if (answer == status::busy) {
                    scheduled::yield();
                } else {
                    me.sleep(platform::never);
                }
            }
            is_getter ? q->leave_getter(place) : q->leave_putter(place);
            (is_getter ? both->received : both->accepted) += 2;
        },
        "callback");
    story.thread(
        [=] {
            const auto try_once = [&] {
                if (is_getter) {
                    return (is_hasty ? q->put_for(slow_item(1), 50us) : q->put(slow_item(1))) ==
                           status::ok;
                }
                return static_cast<bool>(is_hasty ? q->get_for(50us) : q->get());
            };
            for (int i = 0; i < 2; ++i) {
                while (!try_once()) {
                }
            }
            (is_getter ? both->accepted : both->received) += 2;
        },
        "call");
    expect_equal(story, q, both);
}

// A waiter without a thread, which counts its wakes.
struct callback : resumer<scheduled> {
    callback() : resumer(&on_wake), place(*this) {}
    static void on_wake(resumer* self) noexcept {
        static_cast<callback*>(self)->wakes.fetch_add(1);
    }
    void await_wake() const {
        while (wakes.load() == 0) scheduled::yield();
    }
    scheduled_atomic<int> wakes{0};
    waiter<scheduled> place;
};
struct lobby {
    lobby(bool for_items, std::size_t count) : are_getters(for_items), guests(count) {
        for (callback& each : guests) {
            are_getters ? q.enlist_getter(each.place) : q.enlist_putter(each.place);
        }
    }
    void leave(callback& who) {
        are_getters ? q.leave_getter(who.place) : q.leave_putter(who.place);
    }
    void call() {
        are_getters ? static_cast<void>(q.put(slow_item(1))) : static_cast<void>(q.get());
    }
    void meet() {  // meets a call that waits
        const auto has_met = [this] {
            return are_getters ? static_cast<bool>(q.try_get())
                               : q.try_put(slow_item(1)) == status::ok;
        };
        while (!has_met()) scheduled::yield();
    }
    meeting q;
    bool are_getters;
    std::vector<callback> guests;
};

// Of three waiters the first two are woken and leave with nothing. Each wakes the next one.
void pass_a_wake_on(scenario& story, bool are_getters) {
    auto all = std::make_shared<lobby>(are_getters, 3);
    story.thread([=] { all->call(); }, "call");
    story.thread(
        [=] {
            for (std::size_t i = 0; i < 2; ++i) {
                all->guests[i].await_wake();
                all->leave(all->guests[i]);
            }
        },
        "leavers");
    story.thread(
        [=] {
            all->guests[2].await_wake();
            all->meet();
            all->leave(all->guests[2]);
        },
        "third");
}

// Two calls wait. Both are met, provided that the waiters that were woken leave.
void meet_two(scenario& story, bool are_getters) {
    auto all = std::make_shared<lobby>(are_getters, 2);
    for (int i = 0; i < 2; ++i) {
        story.thread([=] { all->call(); }, "call " + std::to_string(i + 1));
        story.thread(
            [=] {
                callback& me = all->guests[static_cast<std::size_t>(i)];
                me.await_wake();
                all->meet();
                all->leave(me);
            },
            "guest " + std::to_string(i + 1));
    }
}

// A shutdown itself wakes everybody.
void shut_down_on_callbacks(scenario& story, bool are_getters) {
    auto all = std::make_shared<lobby>(are_getters, 2);
    story.thread([=] {
        all->q.shutdown();
        for (callback& each : all->guests) require(each.wakes.load() == 1, "somebody sleeps on");
        for (callback& each : all->guests) all->leave(each);
    });
}

}  // namespace

void add_rendezvous_partner_models(protocol_models& to) {
    protocol_model plain, timed;
    timed.may_rely_on_timers = true;
    const auto add = [&](const protocol_model& like, const char* protocol,
                         const std::string& variant,
                         const model& run) { add_hand_over(to, like, protocol, variant, run); };
    add(plain, "a move that throws", "a pair", throw_and_meet_again);
    add(plain, "a move that throws", "two gets", throw_beside_another_get);
    add(plain, "a move that throws", "two puts", throw_beside_another_put);
    add(timed, "a move that throws", "time-outs",
        [](auto& story) { throw_at_the_end(story, false); });
    add(plain, "a move that throws", "shutdown",
        [](auto& story) { throw_at_the_end(story, true); });

    for (const bool is_getter : {true, false}) {
        add(plain, "callbacks", is_getter ? "shutdown, items" : "shutdown, room",
            [=](auto& story) { shut_down_on_callbacks(story, is_getter); });
        add(plain, "callbacks", is_getter ? "passed on, items" : "passed on, room",
            [=](auto& story) { pass_a_wake_on(story, is_getter); });
        add(plain, "callbacks", is_getter ? "two for items" : "two for room",
            [=](auto& story) { meet_two(story, is_getter); });
        add(plain, "callbacks", is_getter ? "for items" : "for room",
            [=](auto& story) { meet_a_callback(story, is_getter, false); });
        add(timed, "callbacks", is_getter ? "for hasty items" : "for hasty room",
            [=](auto& story) { meet_a_callback(story, is_getter, true); });
    }
}

}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
// Single parts: the lock of the platform seam, the room of waiters, the count of dones.
#include <mutex>

#include "conq/accounting/task_count.hpp"
#include "conq/platform/lock.hpp"
#include "conq/waiting/waiting_room.hpp"
#include "models.hpp"

namespace conq::testing {
namespace {

// The lock excludes other threads, passes on what was written under it, and wakes threads that
// sleep for it.
void exclude(scenario& story, int threads, int turns) {
    struct shared {
        platform::futex_lock<scheduled> lock;
        scheduled_plain<int> inside = 0, turns = 0;
    };
    auto all = std::make_shared<shared>();
    for (int t = 0; t < threads; ++t) {
        story.thread([=] {
            for (int i = 0; i < turns; ++i) {
                const std::lock_guard held(all->lock);
                require(all->inside == 0, "two threads hold the lock");
                all->inside = 1;
                scheduler::current()->step("inside");
                ++all->turns;
                all->inside = 0;
            }
        });
    }
    story.at_end([=] { require(all->turns == threads * turns, "a turn was lost"); });
}

// A thread that takes the lock after the last unlock may destroy it.
void destroy_the_lock(scenario& story) {
    using lock = platform::futex_lock<scheduled>;
    auto* mutex = make_in_run<lock>();
    auto count = std::make_shared<scheduled_plain<int>>(0);
    for (int t = 0; t < 2; ++t) {
        story.thread([=] {
            mutex->lock();
            const bool is_last = *count == 1;
            ++*count;
            mutex->unlock();
            if (is_last) mutex->~lock();
        });
    }
}

// First come, first served, as long as nobody leaves. Each wake reaches exactly one waiter.
void wake_in_order(scenario& story) {
    struct shared {
        waiting_room<scheduled> room;
        wake_flag<scheduled> flag;
        scheduled_atomic<int> woken{0};
    };
    struct guest : resumer<scheduled> {
        explicit guest(shared* all) : resumer(&on_wake), of(all), place(*this) {}
        static void on_wake(resumer* self) noexcept {
            auto* me = static_cast<guest*>(self);
            me->turn = me->of->woken.fetch_add(1) + 1;
        }
        shared* of;
        waiter<scheduled> place;
        int turn = 0;
    };
    auto all = std::make_shared<shared>();
    auto first = std::make_shared<guest>(all.get()), second = std::make_shared<guest>(all.get());
    all->room.enlist(first->place, all->flag);
    all->room.enlist(second->place, all->flag);
    story.thread(
        [=] {
            all->room.wake_one(all->flag);
            all->flag.armed.exchange(1);
            all->room.wake_one(all->flag);
        },
        "waker");
    story.thread(
        [=] {
            guest third(all.get());  // comes and goes, and takes no wake with it
            all->room.enlist(third.place, all->flag);
            if (all->room.leave(third.place, all->flag)) all->room.wake_one(all->flag);
        },
        "third");
    story.at_end([=] {
        require(first->turn == 1 && second->turn == 2, "out of order");
        static_cast<void>(all->room.leave(first->place, all->flag));
        static_cast<void>(all->room.leave(second->place, all->flag));
    });
}

// Everybody in the room is woken, and nobody twice, although those who find nothing come back to
// the first place at once.
void wake_all_once(scenario& story) {
    struct shared {
        waiting_room<scheduled> room;
        wake_flag<scheduled> flag;
        scheduled_atomic<bool> is_over{false};
    };
    auto all = std::make_shared<shared>();
    for (int t = 0; t < 2; ++t) {
        story.thread(
            [=] {
                sleeper<scheduled> me;
                waiter<scheduled> place(me);
                all->room.enlist(place, all->flag);
                while (!all->is_over.load()) {
                    me.sleep(platform::never);
                    all->room.enlist(place, all->flag);
                }
                if (all->room.leave(place, all->flag)) all->room.wake_one(all->flag);
            },
            "guest " + std::to_string(t + 1));
    }
    story.thread(
        [=] {
            all->room.wake_all();
            all->is_over.store(true);
            all->room.wake_all();
        },
        "waker");
}

// Guests come, are woken or not, and go, all at the same time. A guest that leaves and does not
// need its wake passes it on, so that the one who stays is woken in the end.
void wake_in_passing(scenario& story) {
    struct shared {
        waiting_room<scheduled> room;
        wake_flag<scheduled> flag;
        scheduled_atomic<bool> is_open{false};
    };
    auto all = std::make_shared<shared>();
    for (int t = 0; t < 3; ++t) {
        story.thread(
            [=] {
                for (int visit = 0; visit < (t == 0 ? 1 : 2); ++visit) {
                    sleeper<scheduled> me;
                    waiter<scheduled> place(me);
                    all->room.enlist(place, all->flag);
                    while (t == 0 && !all->is_open.load()) {  // this guest stays
                        me.sleep(platform::never);
                        all->room.enlist(place, all->flag);
                    }
                    const bool passes = all->room.leave(place, all->flag);
                    if (passes && all->is_open.load()) all->room.wake_one(all->flag);
                }
            },
            "guest " + std::to_string(t + 1));
    }
    story.thread(
        [=] {
            all->is_open.exchange(true);
            if (all->flag.is_armed()) all->room.wake_one(all->flag);
        },
        "opener");
}

// The count alone: n dones at the same time, and a joiner that must see all of them.
void count_batches(scenario& story) {
    auto tasks = std::make_shared<task_count<scheduled>>();
    const auto puts = [] { return std::uint64_t{5}; };
    auto result = std::make_shared<std::vector<scheduled_plain<int>>>(2);
    for (int t = 0; t < 2; ++t) {
        story.thread(
            [=] {
                (*result)[static_cast<std::size_t>(t)] = 7;
                tasks->done(t == 0 ? 2 : 3, [](std::uint64_t all) { return all <= 3; }, puts);
            },
            "worker " + std::to_string(t + 1));
    }
    story.thread(
        [=] {
            require(join_tasks(*tasks, puts, limit<>{}) == status::ok, "refused");
            for (const auto& each : *result) require(each == 7, "join returned early");
        },
        "joiner");
}

}  // namespace

void add_part_models(protocol_models& to) {
    protocol_model like;
    to.push_back(
        {"the lock", "two threads", [](auto& story) { exclude(story, 2, 1); }, false, true});
    to.push_back({"the lock", "destroyed", destroy_the_lock, false, true});
    to.push_back({"the room of waiters", "all at once", wake_all_once});
    to.push_back({"the room of waiters", "in order", wake_in_order, false, true});
    to.push_back({"the lock", "four threads", [](auto& story) { exclude(story, 4, 4); }});
    to.push_back({"the room of waiters", "in passing", wake_in_passing});
    to.push_back({"the count", "batches", count_batches});
}

}  // namespace conq::testing

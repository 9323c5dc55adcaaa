// SPDX-License-Identifier: BSL-1.0
// join beside task_done, join beside tasks that put tasks, and join followed by destruction.
#include <chrono>
#include <stdexcept>

#include "models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

// join returns after the last done and never before, and sees what the tasks wrote.
template <class Queue> void join_after_the_last(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto results = std::make_shared<std::vector<scheduled_plain<int>>>(2);
    for (int i = 0; i < 2; ++i) static_cast<void>(q->put(item<Queue>(i)));
    for (int w = 0; w < 2; ++w) {
        story.thread(
            [=] {
                auto task = q->take();
                (*results)[static_cast<std::size_t>(task->value())] = 7;
                task.done();
            },
            "worker " + std::to_string(w + 1));
        story.thread(
            [=] {
                q->join();
                for (const auto& each : *results) require(each == 7, "join returned early");
            },
            "joiner " + std::to_string(w + 1));
    }
}

template <class Queue> void join_small(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto result = std::make_shared<scheduled_plain<int>>(0);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread(
        [=] {
            static_cast<void>(q->get());
            *result = 7;
            q->task_done();
        },
        "worker");
    story.thread(
        [=] {
            q->join();
            require(*result == 7, "join returned early");
        },
        "joiner");
}

// A task that puts children before its own end never lets join return early.
template <class Queue> void join_with_children(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto processed = std::make_shared<int>(0);
    static_cast<void>(q->put(item<Queue>(1)));
    for (int w = 0; w < 2; ++w) {
        story.thread(
            [=] {
                for (auto& task : *q) {
                    for (int child = 0; task->value() > 0 && child < 2; ++child) {
                        static_cast<void>(q->put(item<Queue>(task->value() - 1)));
                    }
                    ++*processed;
                }
            },
            "worker " + std::to_string(w + 1));
    }
    story.thread(
        [=] {
            q->join();
            require(*processed == 3, "join returned early");
            q->shutdown();
        },
        "joiner");
}

// The item of a lease is destroyed before it counts as done.
template <class Queue> void join_then_no_item_is_left(scenario& story, int capacity) {
    struct counted {
        explicit counted(scheduled_atomic<int>* count) : alive(count) { alive->fetch_add(1); }
        counted(counted&& other) noexcept : alive(other.alive) { alive->fetch_add(1); }
        ~counted() { alive->fetch_sub(1, std::memory_order_relaxed); }
        scheduled_atomic<int>* alive;
    };
    using queue = std::conditional_t<std::is_same_v<Queue, mutex_queue>,
                                     basic_locked_queue<counted, scheduled_traits>,
                                     basic_bounded_queue<counted, scheduled_traits>>;
    auto alive = std::make_shared<scheduled_atomic<int>>(0);
    auto q = std::make_shared<queue>(capacity);
    static_cast<void>(q->put(counted(alive.get())));
    story.thread([=] { q->take().done(); }, "worker");
    story.thread(
        [=] {
            q->join();
            require(alive->load(std::memory_order_relaxed) == 0, "an item outlived its done");
        },
        "joiner");
    story.at_end([alive] { require(alive->load() == 0, "an item was left"); });
}

// The queue is destroyed after join: the dones that join has counted have made their last access.
template <class Queue> void join_then_destroy(scenario& story, int capacity) {
    auto* q = make_in_run<Queue>(capacity);
    for (int i = 0; i < 2; ++i) static_cast<void>(q->put(item<Queue>(i)));
    for (int w = 0; w < 2; ++w) {
        story.thread(
            [=] {
                if (w == 0) {
                    q->take().done();
                } else {
                    static_cast<void>(q->get());
                    q->task_done();
                }
            },
            "worker " + std::to_string(w + 1));
    }
    story.thread(
        [=] {
            q->join();
            q->~Queue();
        },
        "joiner");
}

// The same with two joins: one gives up just as the last done comes, the other does not.
template <class Queue> void give_up_then_destroy(scenario& story, int capacity) {
    auto* q = make_in_run<Queue>(capacity);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread([=] { q->take().done(); }, "worker");
    story.thread(
        [=] {
            if (q->join_for(50us) != status::ok) q->join();
            q->~Queue();
        },
        "joiner");
}

template <class Queue> void give_up_joining(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto stop = std::make_shared<scheduled_stop>();
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread([=] { q->take().done(); }, "worker");
    story.thread(
        [=] {
            if (q->join_for(50us) == status::ok) require(q->unfinished() == 0, "early");
        },
        "hasty");
    story.thread(
        [=] {
            if (q->join(stop->get_token()) == status::ok) require(q->unfinished() == 0, "early");
        },
        "stopped");
    story.thread([=] { stop->request_stop(); }, "stopper");
    story.thread([=] { q->join(); }, "joiner");
}

// Of two dones for one item, one is refused and changes nothing; a look at the count is exact.
template <class Queue> void refuse_a_done_too_many(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto refused = std::make_shared<int>(0);
    static_cast<void>(q->put(item<Queue>(0)));
    for (int w = 0; w < 2; ++w) {
        story.thread(
            [=] {
                try {
                    q->task_done();
                } catch (const std::logic_error&) {
                    ++*refused;
                }
            },
            "worker " + std::to_string(w + 1));
    }
    story.thread(
        [=] {
            if (q->try_join() == status::ok) require(q->unfinished() == 0, "not done yet");
            q->join();
        },
        "joiner");
    story.at_end([=] {
        require(*refused == 1, "not one of the two was refused");
        require(q->unfinished() == 0, "miscounted");
    });
}

}  // namespace

void add_join_models(protocol_models& to) {
    protocol_model like;
    add_for_queues(to, "join against task_done", {2},
                   [](scenario& story, auto which, int capacity) {
                       join_after_the_last<typename decltype(which)::queue>(story, capacity);
                   });
    add_for_queues(to, "join against task_done", {1},
                   [](scenario& story, auto which, int capacity) {
                       refuse_a_done_too_many<typename decltype(which)::queue>(story, capacity);
                   });
    add_for_queues(to, "join against puts from tasks", {4},
                   [](scenario& story, auto which, int capacity) {
                       join_with_children<typename decltype(which)::queue>(story, capacity);
                   });
    add_for_queues(to, "join then destroy", {2}, [](scenario& story, auto which, int capacity) {
        join_then_destroy<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "join against task_done", {2},
                   [](scenario& story, auto which, int capacity) {
                       join_then_no_item_is_left<typename decltype(which)::queue>(story, capacity);
                   });
    like.is_small = true;
    add_for_queues(
        to, "join against task_done", {1},
        [](scenario& story, auto which, int capacity) {
            join_small<typename decltype(which)::queue>(story, capacity);
        },
        like);
    like = {};
    like.may_rely_on_timers = true;
    add_for_queues(
        to, "join then destroy", {1},
        [](scenario& story, auto which, int capacity) {
            give_up_then_destroy<typename decltype(which)::queue>(story, capacity);
        },
        like);
    add_for_queues(
        to, "a join that gives up", {1},
        [](scenario& story, auto which, int capacity) {
            give_up_joining<typename decltype(which)::queue>(story, capacity);
        },
        like);
}

}  // namespace conq::testing

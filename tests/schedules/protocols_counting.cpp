// SPDX-License-Identifier: BSL-1.0
// What a look at the counts may return while others change them: sizes, bounds, unfinished items.
#include <stdexcept>

#include "models.hpp"

namespace conq::testing {
namespace {

using locked_segment_queue = basic_queue<careful_item, scheduled_traits>;  // one that may grow

// While items come and go, a look is wrong by at most the items that move meanwhile.
template <class Queue> void look_at_sizes(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            for (int i = 0; i < 3; ++i) {
                static_cast<void>(q->put(item<Queue>(i)));
                static_cast<void>(q->get());
                if (i > 0) q->task_done();
            }
        },
        "worker");
    story.thread(
        [=] {
            require(q->size() <= 3, "more in it than were put");
            require(q->unfinished() <= 3, "more unfinished than were put");
            require(!q->full(), "full with few of many");
        },
        "watcher");
}

// A task puts its child before its own end, so the count is never zero before the last done.
template <class Queue> void try_join_with_children(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto is_last = std::make_shared<scheduled_atomic<bool>>(false);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread(
        [=] {
            for (int i = 1; i < 3; ++i) {
                static_cast<void>(q->get());
                static_cast<void>(q->put(item<Queue>(i)));
                q->task_done();
            }
            is_last->store(true);
            q->task_done();
        },
        "worker");
    story.thread(
        [=] { require(q->try_join() != status::ok || is_last->load(), "try_join answered early"); },
        "joiner");
}

// Two dones too many beside a joiner: each is refused, and the queue works on.
template <class Queue> void refuse_dones_beside_a_joiner(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto refused = std::make_shared<int>(0);
    static_cast<void>(q->put(item<Queue>(0)));
    for (int w = 0; w < 3; ++w) {
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
    story.thread([=] { q->join(); }, "joiner");
    story.at_end([=] {
        require(*refused == 2, "not two of three were refused");
        q->join();
        require(q->try_join() == status::ok, "miscounted");
    });
}

// Once set_maxsize(1) has returned, no item comes in that would exceed the new bound.
template <class Queue> void shrink_the_bound(scenario& story) {
    auto q = std::make_shared<Queue>(3);
    auto size = std::make_shared<std::uint64_t>(0);
    story.thread(
        [=] {
            for (int i = 0; i < 2; ++i) static_cast<void>(q->try_put(item<Queue>(i)));
        },
        "putter");
    story.thread(
        [=] {
            q->set_maxsize(1);
            *size = q->size();
        },
        "resizer");
    story.at_end([=] {
        require(q->size() <= std::max<std::uint64_t>(1, *size), "over the bound");
        require(q->maxsize() == 1, "another bound");
    });
}

// The same beside a putter that reaches the old bound again and again, with `each` puts. One item
// is always in the queue, so that every put would exceed the new bound.
template <class Queue> void shrink_beside_a_putter(scenario& story, int each) {
    auto q = std::make_shared<Queue>(1 + each);
    auto puts = std::make_shared<std::uint64_t>(0);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread(
        [=] {
            for (int round = 0; round < 4; ++round) {
                for (int i = 0; i < each; ++i) static_cast<void>(q->try_put(item<Queue>(i)));
                while (q->size() > 1) static_cast<void>(q->get());
            }
        },
        "putter");
    story.thread(
        [=] {
            q->set_maxsize(1);
            *puts = q->unfinished();  // no item is ever done
        },
        "resizer");
    story.at_end([=] { require(q->unfinished() == *puts, "over the bound"); });
}

// The same beside a put that has just made room, as the old bound allowed.
template <class Queue> void shrink_where_room_was_made(scenario& story) {
    auto q = std::make_shared<Queue>(2);
    auto puts = std::make_shared<std::uint64_t>(0);
    for (int i = 0; i < 2; ++i) static_cast<void>(q->put(item<Queue>(i)));
    static_cast<void>(q->get());
    story.thread([=] { static_cast<void>(q->try_put(item<Queue>(2))); }, "putter");
    story.thread(
        [=] {
            q->set_maxsize(1);
            *puts = q->unfinished();
        },
        "resizer");
    story.at_end([=] { require(q->unfinished() == *puts, "over the bound"); });
}

// The queue is never full: it does not reach the old bound, and the new one is no bound at all.
template <class Queue> void look_full_beside_a_resizer(scenario& story) {
    auto q = std::make_shared<Queue>(3);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread([=] { q->set_maxsize(0); }, "resizer");
    story.thread([=] { require(!q->full(), "full with one of three"); }, "watcher");
}

// Once shutdown has returned, a thread that drains the queue gets all accepted items.
template <class Queue> void drain_after_shutdown(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto accepted = std::make_shared<int>(0);
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { *accepted += q->put(item<Queue>(p)) == status::ok ? 1 : 0; },
                     "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            q->shutdown();
            while (q->get()) --*accepted;
        },
        "closer");
    story.at_end([=] {
        require(*accepted == 0, "an item came in after the end");
        require(q->empty(), "an item is left");
    });
}

// Once is_shut_down has returned true, nothing comes in.
template <class Queue> void look_at_the_end(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto seen = std::make_shared<std::uint64_t>(0);
    story.thread([=] { static_cast<void>(q->put(item<Queue>(0))); }, "putter");
    story.thread([=] { q->shutdown(); }, "closer");
    story.thread(
        [=] {
            while (!q->is_shut_down()) scheduled::yield();
            *seen = q->size();
        },
        "watcher");
    story.at_end([=] { require(q->size() == *seen, "an item came in after the end"); });
}

// Items that an immediate shutdown drops are out of the queue, and counted as done.
template <class Queue> void drop_the_rest(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    for (int i = 0; i < capacity; ++i) static_cast<void>(q->put(item<Queue>(i)));
    story.thread([=] { q->shutdown(immediate); }, "closer");
    story.thread([=] { q->take().done(); }, "worker");
    story.at_end([=] {
        require(q->empty() && q->unfinished() == 0, "an item is left");
        require(q->get().state() == status::shut_down, "not drained");
    });
}

}  // namespace

void add_counting_models(protocol_models& to) {
    const std::string counts = "looks at the counts";
    add_for_queues(to, counts, {4}, [](scenario& story, auto which, int capacity) {
        try_join_with_children<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, counts, {1}, [](scenario& story, auto which, int capacity) {
        refuse_dones_beside_a_joiner<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, counts, {8}, [](scenario& story, auto which, int capacity) {
        look_at_sizes<typename decltype(which)::queue>(story, capacity);
    });
    to.push_back({"set_maxsize", "binds, queue", shrink_the_bound<segment_queue>});
    to.push_back({"set_maxsize", "binds, locked buffer", shrink_the_bound<locked_segment_queue>});
    to.push_back({"set_maxsize", "binds where room was made, queue",
                  shrink_where_room_was_made<segment_queue>});
    to.push_back({"set_maxsize", "against full, queue", look_full_beside_a_resizer<segment_queue>});
    to.push_back({"set_maxsize", "against full, locked buffer",
                  look_full_beside_a_resizer<locked_segment_queue>});
    for (const int each : {1, 2}) {
        const std::string puts = std::to_string(each) + (each == 1 ? " put" : " puts");
        to.push_back({"set_maxsize", "binds beside " + puts + ", queue",
                      [=](auto& story) { shrink_beside_a_putter<segment_queue>(story, each); }});
        to.push_back({"set_maxsize", "binds beside " + puts + ", locked buffer", [=](auto& story) {
                          shrink_beside_a_putter<locked_segment_queue>(story, each);
                      }});
    }
    add_for_queues(to, "shutdown against put and get", {2},
                   [](scenario& story, auto which, int capacity) {
                       drain_after_shutdown<typename decltype(which)::queue>(story, capacity);
                   });
    add_for_queues(to, "shutdown against put and get", {2},
                   [](scenario& story, auto which, int capacity) {
                       look_at_the_end<typename decltype(which)::queue>(story, capacity);
                   });
    add_for_queues(to, "immediate shutdown", {3}, [](scenario& story, auto which, int capacity) {
        drop_the_rest<typename decltype(which)::queue>(story, capacity);
    });
}

}  // namespace conq::testing

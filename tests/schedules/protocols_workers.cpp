// SPDX-License-Identifier: BSL-1.0
// Workers: how they stop and end while items come in or the queue is shut down.
#include <stdexcept>

#include "conq/parallel/workers.hpp"
#include "models.hpp"

namespace conq::testing {
namespace {

// Workers stop while items come in: items that they took are done, the others can still be taken.
template <class Queue> void stop_workers(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto processed = std::make_shared<scheduled_atomic<int>>(0);
    story.thread([=] { static_cast<void>(q->put(item<Queue>(0))); }, "putter");
    story.thread(
        [=] {
            {
                workers pool(*q, 2, [=](typename Queue::value_type&) { processed->fetch_add(1); });
                pool.stop();
            }
            const int done = processed->load();
            require(q->unfinished() <= 1u, "miscounted");
            require(done <= 1, "an item was processed twice");
            while (processed->load() == 0) {  // the workers did not take it, so it is still there
                if (auto task = q->take()) processed->fetch_add(1);
            }
        },
        "owner");
    story.at_end([=] { require(q->unfinished() == 0, "an item was lost"); });
}

// join rethrows what a task threw, after all tasks are done. The end of the pool is waited for.
template <class Queue> void fail_in_workers(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    story.thread(
        [=] {
            workers pool(*q, 1, [](typename Queue::value_type& task) {
                if (task.value() == 1) throw std::runtime_error("a task failed");
            });
            for (int i = 0; i < 2; ++i) static_cast<void>(q->put(item<Queue>(i)));
            bool has_thrown = false;
            try {
                pool.join();
            } catch (const std::runtime_error&) {
                has_thrown = true;
            }
            require(has_thrown, "the failure was lost");
            require(pool.failures() == 1, "miscounted failures");
            require(q->unfinished() == 0, "join returned early");
        },
        "owner");
}

// A shutdown of the queue ends the workers. A pool that is destroyed last waits for the functions
// that still run.
template <class Queue> void shut_down_under_workers(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto processed = std::make_shared<scheduled_plain<int>>(0);
    story.thread(
        [=] {
            workers pool(*q, 1, [=](typename Queue::value_type&) { ++*processed; });
            static_cast<void>(q->put(item<Queue>(0)));
            q->shutdown();
            pool.join();
            require(*processed == 1, "join returned early");
        },
        "owner");
}

}  // namespace

void add_worker_models(protocol_models& to) {
    add_for_queues(to, "workers' stop", {1}, [](scenario& story, auto which, int capacity) {
        stop_workers<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "workers' failures", {2}, [](scenario& story, auto which, int capacity) {
        fail_in_workers<typename decltype(which)::queue>(story, capacity);
    });
    add_for_queues(to, "workers' stop", {2}, [](scenario& story, auto which, int capacity) {
        shut_down_under_workers<typename decltype(which)::queue>(story, capacity);
    });
}

}  // namespace conq::testing

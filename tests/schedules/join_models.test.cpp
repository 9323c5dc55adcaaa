// SPDX-License-Identifier: BSL-1.0
// join against task_done, against tasks that put tasks, and join then destroy.
#include "models.hpp"

namespace conq::testing {
namespace {

template <class Queue> class joining : public ::testing::Test {};
using queues = ::testing::Types<scheduled_ring, scheduled_segments>;
TYPED_TEST_SUITE(joining, queues);

TYPED_TEST(joining, returns_after_the_last_done_and_never_before) {
    holds([](scenario& story) {
        auto q = std::make_shared<TypeParam>(2);
        auto processed = std::make_shared<int>(0);
        static_cast<void>(q->put(slow_item(0)));
        static_cast<void>(q->put(slow_item(1)));
        for (int w = 0; w < 2; ++w) {
            story.thread([=] {
                auto task = q->take();
                ++*processed;
                task.done();
            });
            story.thread([=] {
                q->join();
                require(*processed == 2, "join returned early");
            });
        }
    });
}

TYPED_TEST(joining, a_task_that_puts_children_never_ends_it_early) {
    holds([](scenario& story) {
        auto q = std::make_shared<TypeParam>(4);
        auto processed = std::make_shared<int>(0);
        static_cast<void>(q->put(slow_item(1)));
        for (int w = 0; w < 2; ++w) {
            story.thread([=] {
                for (auto& task : *q) {
                    if (task->value() > 0) {
                        static_cast<void>(q->put(slow_item(task->value() - 1)));
                        static_cast<void>(q->put(slow_item(task->value() - 1)));
                    }
                    ++*processed;
                }
            });
        }
        story.thread([=] {
            q->join();
            require(*processed == 3, "join returned early");
            q->shutdown();
        });
    });
}

TYPED_TEST(joining, then_destroying_is_safe) {
    holds([](scenario& story) {
        auto* q = new TypeParam(2);
        static_cast<void>(q->put(slow_item(0)));
        static_cast<void>(q->put(slow_item(1)));
        for (int w = 0; w < 2; ++w) {
            story.thread([=] {
                static_cast<void>(q->get());
                q->task_done();
            });
        }
        story.thread([=] {
            q->join();
            delete q;
        });
    });
}

TYPED_TEST(joining, a_time_out_or_a_stop_against_the_last_done) {
    exploration how;
    how.may_rely_on_timers = true;
    holds(
        [](scenario& story) {
            using namespace std::chrono_literals;
            auto q = std::make_shared<TypeParam>(1);
            auto stop = std::make_shared<scheduled_stop>();
            static_cast<void>(q->put(slow_item(0)));
            story.thread([=] { q->take().done(); });
            story.thread([=] {
                if (q->join_for(50us) == status::ok) require(q->unfinished() == 0, "early");
            });
            story.thread([=] {
                if (q->join(stop->get_token()) == status::ok) {
                    require(q->unfinished() == 0, "early");
                }
            });
            story.thread([=] { stop->request_stop(); });
            story.thread([=] { q->join(); });
        },
        how);
}

}  // namespace
}  // namespace conq::testing

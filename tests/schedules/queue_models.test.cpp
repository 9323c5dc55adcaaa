// SPDX-License-Identifier: BSL-1.0
// Put and get against sleep, shutdown, time-outs and stops, on the queues themselves.
#include "models.hpp"

namespace conq::testing {
namespace {

template <class Queue> class parking : public ::testing::Test {};
using queues = ::testing::Types<scheduled_ring, scheduled_prompt_ring, scheduled_segments>;
TYPED_TEST_SUITE(parking, queues);

// Two putters and two getters over a queue of `capacity`: nothing is lost, doubled, or left asleep.
template <class Queue> void exchange_items(scenario& story, int capacity, int each) {
    auto q = std::make_shared<Queue>(capacity);
    auto got = std::make_shared<receipts>(2 * each);
    for (int p = 0; p < 2; ++p) {
        story.thread([=] {
            for (int i = 0; i < each; ++i) {
                require(q->put(slow_item(p * each + i)) == status::ok, "a put was refused");
            }
        });
        story.thread([=] {
            int last[2] = {-1, -1};
            for (int i = 0; i < each; ++i) {
                const auto item = q->get();
                require(static_cast<bool>(item), "a get was refused");
                got->add(item->value());
                int& before = last[item->value() / each];
                require(before < item->value(), "out of order");
                before = item->value();
            }
        });
    }
    story.at_end([=] { got->require_all(); });
}

TYPED_TEST(parking, nobody_is_left_asleep_and_nothing_is_lost) {
    for (const int capacity : {1, 2, 3}) {
        holds([=](scenario& story) { exchange_items<TypeParam>(story, capacity, 2); });
    }
}

TYPED_TEST(parking, shutdown_wakes_everybody_and_what_was_accepted_comes_out) {
    holds([](scenario& story) {
        auto q = std::make_shared<TypeParam>(1);
        auto accepted = std::make_shared<int>(0);
        auto got = std::make_shared<int>(0);
        for (int p = 0; p < 2; ++p) {
            story.thread([=] {
                for (int i = 0; i < 2; ++i) {
                    if (q->put(slow_item(i)) != status::ok) return;
                    ++*accepted;
                }
            });
        }
        story.thread([=] {
            while (q->get()) ++*got;
        });
        story.thread([=] { q->shutdown(); });
        story.at_end([=] {
            require(*accepted == *got, "accepted items and items that came out differ");
            require(q->get().state() == status::shut_down, "not drained");
        });
    });
}

TYPED_TEST(parking, immediate_shutdown_counts_what_it_drops) {
    holds([](scenario& story) {
        auto q = std::make_shared<TypeParam>(2);
        story.thread([=] {
            for (int i = 0; i < 3; ++i) static_cast<void>(q->put(slow_item(i)));
        });
        story.thread([=] {
            while (q->get()) q->task_done();
        });
        story.thread([=] {
            q->shutdown(immediate);
            q->join();
        });
        story.at_end([=] { require(q->unfinished() == 0, "unfinished items are left"); });
    });
}

TYPED_TEST(parking, a_time_out_loses_no_wake) {
    exploration how;
    how.may_rely_on_timers = true;
    holds(
        [](scenario& story) {
            auto q = std::make_shared<TypeParam>(1);
            auto got = std::make_shared<int>(0);
            story.thread([=] {
                using namespace std::chrono_literals;
                if (const auto item = q->get_for(100us)) {
                    static_cast<void>(q->put(slow_item(item->value())));  // the other needs one
                }
            });
            story.thread([=] { *got = q->get()->value(); });
            story.thread([=] { static_cast<void>(q->put(slow_item(7))); });
            story.at_end([=] { require(*got == 7, "the patient getter got nothing"); });
        },
        how);
}

TYPED_TEST(parking, a_stop_passes_its_wake_on) {
    holds([](scenario& story) {
        auto q = std::make_shared<TypeParam>(1);
        auto stop = std::make_shared<scheduled_stop>();
        auto got = std::make_shared<int>(0);
        story.thread([=] {
            if (const auto item = q->get(stop->get_token())) {
                static_cast<void>(q->put(slow_item(item->value())));
            }
        });
        story.thread([=] { *got = q->get()->value(); });
        story.thread([=] { static_cast<void>(q->put(slow_item(7))); });
        story.thread([=] { stop->request_stop(); });
        story.at_end([=] { require(*got == 7, "the getter that was not stopped got nothing"); });
    });
}

template <class Queue> struct counting_waiter : resumer<scheduled> {
    counting_waiter() : resumer(&on_wake), place(*this) {}
    static void on_wake(resumer* self) noexcept { ++static_cast<counting_waiter*>(self)->wakes; }
    int wakes = 0;
    typename Queue::waiter_type place;
};

TYPED_TEST(parking, a_callback_beside_a_thread_takes_no_wake_for_itself) {
    holds([](scenario& story) {
        auto q = std::make_shared<TypeParam>(2);
        auto waiting = std::make_shared<counting_waiter<TypeParam>>();
        auto got = std::make_shared<int>(0);
        story.thread([=] {
            q->enlist_getter(waiting->place);
            scheduled::yield();
            q->leave_getter(waiting->place);
        });
        story.thread([=] { *got = q->get()->value(); });
        story.thread([=] { static_cast<void>(q->put(slow_item(7))); });
        story.at_end([=] {
            require(*got == 7, "the thread got nothing");
            require(waiting->wakes <= 1, "woken twice");
        });
    });
}

TEST(segments, pass_and_come_back_under_every_schedule) {
    // 128-byte items make segments of 16 slots (the least): a dozen puts each cross an end twice.
    struct wide {
        explicit wide(int v) noexcept : value(v) {}
        int value;
        char more[1'000] = {};
    };
    holds([](scenario& story) {
        auto q = std::make_shared<basic_queue<wide, scheduled_traits>>();
        auto got = std::make_shared<receipts>(40);
        for (int p = 0; p < 2; ++p) {
            story.thread([=] {
                for (int i = 0; i < 20; ++i) static_cast<void>(q->put(wide(p * 20 + i)));
            });
            story.thread([=] {
                for (int i = 0; i < 20; ++i) got->add(q->get()->value);
            });
        }
        story.at_end([=] { got->require_all(); });
    });
}

TEST(segments, a_changing_maxsize_wakes_putters_and_holds) {
    holds([](scenario& story) {
        auto q = std::make_shared<scheduled_segments>(1);
        story.thread([=] {
            for (int i = 0; i < 3; ++i) static_cast<void>(q->put(slow_item(i)));
        });
        story.thread([=] { q->set_maxsize(3); });
        story.at_end([=] {
            require(q->size() == 3, "not all are in");
            require(q->try_put(slow_item(9)) == status::full, "over the bound");
        });
    });
}

}  // namespace
}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
// When a signal handler has run on a waiting thread, the platform is asked, and may end the wait
// with an exception: nothing is taken or put, and no waiter stays registered.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>

#include "../support/thread_state.hpp"
#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"

namespace {

using conq::status;
using conq::test::watched_thread;

struct interrupting : conq::platform::native {
    static inline std::atomic<int> asked{0};
    static inline std::atomic<bool> throws{false};
    static void interrupted() {
        ++asked;
        if (throws) throw std::runtime_error("interrupted");
    }
};
struct interrupting_traits : conq::default_traits {
    using platform = interrupting;
};

template <class Queue> class interrupted : public ::testing::Test {
protected:
    void SetUp() override {
        struct sigaction handler{};
        handler.sa_handler = [](int) {};  // no SA_RESTART: as Python installs its own
        ASSERT_EQ(sigaction(SIGUSR1, &handler, nullptr), 0);
        interrupting::asked = 0;
    }

    // Runs `call` until it sleeps, then signals its thread. Returns whether the exception has ended
    // the call.
    bool ends(const std::function<void()>& call, bool throws) {
        interrupting::throws = throws;
        std::atomic<bool> has_thrown{false};
        watched_thread waiting([&] {
            try {
                call();
            } catch (const std::runtime_error&) {
                has_thrown = true;
            }
        });
        waiting.wait_until_asleep();
        while (interrupting::asked == 0) waiting.signal(SIGUSR1);
        if (!throws) {
            waiting.wait_until_asleep();
            EXPECT_FALSE(waiting.has_ended()) << "the wait goes on";
            EXPECT_EQ(queue.try_put(7), status::ok);
        }
        waiting.join();
        return has_thrown;
    }

    Queue queue{2};
};
using queues = ::testing::Types<conq::basic_bounded_queue<int, interrupting_traits>,
                                conq::basic_queue<int, interrupting_traits>>;
TYPED_TEST_SUITE(interrupted, queues);

TYPED_TEST(interrupted, a_wait_goes_on_unless_the_platform_throws) {
    int got = 0;
    EXPECT_FALSE(this->ends([&] { got = this->queue.get().value(); }, false));
    EXPECT_EQ(got, 7);
}

TYPED_TEST(interrupted, a_get_takes_nothing) {
    EXPECT_TRUE(this->ends([&] { static_cast<void>(this->queue.get()); }, true));
    ASSERT_EQ(this->queue.put(1), status::ok);
    EXPECT_EQ(this->queue.size(), 1u);
    EXPECT_EQ(this->queue.get().value(), 1);
}

TYPED_TEST(interrupted, a_put_leaves_its_argument_and_the_count) {
    ASSERT_EQ(this->queue.put(1), status::ok);
    ASSERT_EQ(this->queue.put(2), status::ok);
    EXPECT_TRUE(this->ends([&] { this->queue.put(3); }, true));
    EXPECT_EQ(this->queue.unfinished(), 2u);
    EXPECT_EQ(this->queue.get().value(), 1);
    EXPECT_EQ(this->queue.get().value(), 2);
    EXPECT_EQ(this->queue.try_get().state(), status::empty);
}

TYPED_TEST(interrupted, a_join_leaves_nobody_behind) {
    ASSERT_EQ(this->queue.put(1), status::ok);
    EXPECT_TRUE(this->ends([&] { this->queue.join(); }, true));
    this->queue.task_done();
    this->queue.join();
}

// A waiter stands in no line while the platform is asked, so that it cannot be handed an item and
// then throw.
struct meeting : conq::basic_rendezvous<int, interrupting_traits> {
    explicit meeting(int) {}
};
using interrupted_hand_over = interrupted<meeting>;

TEST_F(interrupted_hand_over, a_wait_goes_on_unless_the_platform_throws) {
    interrupting::throws = false;
    int got = 0;
    watched_thread waiting([&] { got = queue.get().value(); });
    waiting.wait_until_asleep();
    while (interrupting::asked == 0) waiting.signal(SIGUSR1);
    EXPECT_EQ(queue.put(7), status::ok);
    waiting.join();
    EXPECT_EQ(got, 7);
}

TEST_F(interrupted_hand_over, a_get_leaves_the_line) {
    EXPECT_TRUE(ends([&] { static_cast<void>(queue.get()); }, true));
    EXPECT_EQ(queue.try_put(1), status::full);
}

TEST_F(interrupted_hand_over, a_put_leaves_the_line_and_the_count) {
    EXPECT_TRUE(ends([&] { queue.put(3); }, true));
    EXPECT_EQ(queue.try_get().state(), status::empty);
    EXPECT_EQ(queue.unfinished(), 0u);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// What a queue learns about how long to poll, observed by the pauses that it asks the platform for.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "conq/queue.hpp"

namespace {

// Calls `during` within the first pause of the next wait.
struct watched_platform : conq::platform::native {
    static inline const std::function<void(int)>* during = nullptr;
    static void pause(int count) {
        if (const auto* const call = std::exchange(during, nullptr); call != nullptr) {
            (*call)(count);
        }
    }
};
struct watched_traits : conq::default_traits {
    using platform = watched_platform;
};

template <class Queue> class polling : public ::testing::Test {
protected:
    // A get, during whose first pause others do what ends its wait. Returns the length of that
    // pause.
    int get_during(const std::function<void()>& others) {
        int length = 0;
        const std::function<void(int)> during = [&](int count) {
            length = count;
            others();
        };
        watched_platform::during = &during;
        static_cast<void>(queue_.get());
        return length;
    }
    // Lets so many getters wait at the same time. The last one ends its wait first and sees a peer
    // that has no second item ready; those before it see one that streams.
    void get_at_once(int getters) {
        if (getters > 1) {
            get_during([&] {
                get_at_once(getters - 1);
                put(2);
            });
        } else {
            get_during([&] { put(1); });
        }
    }
    void put(int items) {
        for (int i = 0; i < items; ++i) queue_.emplace(i);
    }

    Queue queue_{100};
};
using queues = ::testing::Types<conq::basic_bounded_queue<int, watched_traits>,
                                conq::basic_queue<int, watched_traits>>;
TYPED_TEST_SUITE(polling, queues);

// A wait that ended in streaming used to double what another one, meanwhile, had counted down to:
// with ten waiters at once the long pause was not tried again for 7,680 waits; with 29, the int
// overflowed.
TYPED_TEST(polling, the_long_pause_is_tried_again_at_every_16th_wait_whatever_others_learn) {
    this->get_during([&] { this->put(1); });
    this->get_at_once(10);
    while (this->queue_.try_get()) {
    }
    int waits = 1;
    while (this->get_during([&] { this->put(1); }) < 16 && waits < 1'000) ++waits;
    EXPECT_LE(waits, 16);
}

// A platform whose time passes only by pauses, yields and sleeps; whenever it passes, another party
// acts.
struct staged_platform : conq::platform::native {
    static inline conq::platform::instant_ns time = 1;
    static inline std::uint64_t polled_ns = 0, sleeps = 0;
    static inline std::function<void()> others;

    static conq::platform::instant_ns now() { return time; }
    static void pass(std::uint64_t span_ns) {
        time += span_ns;
        if (others) others();
    }
    static void pause(int count) { poll(static_cast<std::uint64_t>(count) * 30); }
    static void yield() { poll(500); }
    static conq::platform::sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                          conq::platform::instant_ns deadline) {
        ++sleeps;
        while (word.load() == expected && time < deadline) pass(1'000);
        return conq::platform::sleep_end::woken;
    }
    static void wake(const void*, int) {}

private:
    static void poll(std::uint64_t span_ns) {
        polled_ns += span_ns;
        pass(span_ns);
    }
};
struct staged_traits : conq::default_traits {
    using platform = staged_platform;
};
template <class Queue> class staged : public ::testing::Test {
protected:
    staged() {
        staged_platform::time = 1;
        staged_platform::polled_ns = staged_platform::sleeps = 0;
    }
    ~staged() override { staged_platform::others = nullptr; }

    // Gets an item that comes `gap_ns` later. Returns how long that polled.
    std::uint64_t get_after(std::uint64_t gap_ns) {
        const std::uint64_t before = staged_platform::polled_ns;
        const auto due = staged_platform::time + gap_ns;
        bool has_come = false;
        staged_platform::others = [&, due] {
            if (staged_platform::time >= due && !std::exchange(has_come, true)) queue_.emplace(1);
        };
        EXPECT_EQ(queue_.get().value_or(0), 1);
        return staged_platform::polled_ns - before;
    }
    // Puts `items` items; another party takes one every `each_ns`.
    void put_beside(int items, std::uint64_t each_ns) {
        auto next = staged_platform::time + each_ns;
        staged_platform::others = [&, each_ns] {
            for (; staged_platform::time >= next; next += each_ns) {
                static_cast<void>(queue_.try_get());
            }
        };
        for (int i = 0; i < items; ++i) {
            staged_platform::time += 10;
            queue_.put(i);
        }
    }

    Queue queue_{1024};
};
using staged_queues = ::testing::Types<conq::basic_bounded_queue<int, staged_traits>,
                                       conq::basic_queue<int, staged_traits>>;
TYPED_TEST_SUITE(staged, staged_queues);

TYPED_TEST(staged, who_has_polled_in_vain_twice_polls_briefly_and_ever_less_often) {
    std::uint64_t polled_ns = 0;
    int polls = 0;
    for (int i = 0; i < 1'000; ++i) {
        const std::uint64_t now_ns = this->get_after(500'000);
        polled_ns += now_ns;
        polls += now_ns != 0 ? 1 : 0;
    }
    EXPECT_LE(polls, 2 + 7 + 1'000 / 64);
    EXPECT_LT(polled_ns, 2 * 60'000u + 23 * 15'000u);
}
TYPED_TEST(staged, who_sleeps_at_once_polls_again_when_a_sleep_was_short) {
    for (int i = 0; i < 20; ++i) this->get_after(500'000);
    EXPECT_EQ(this->get_after(500'000), 0u);
    this->get_after(30'000);
    EXPECT_GT(this->get_after(30'000), 20'000u) << "not polled for the window";
}
TYPED_TEST(staged, a_putter_sleeps_until_half_empty_where_getters_are_slow) {
    this->put_beside(20'000, 1'000);
    EXPECT_GE(staged_platform::sleeps, 30u);
    EXPECT_LT(staged_platform::sleeps, 60u) << "woken before it is half empty";
    EXPECT_LT(staged_platform::polled_ns, 100'000u);
}
TYPED_TEST(staged, a_putter_polls_where_getters_are_as_fast) {
    this->put_beside(20'000, 20);
    EXPECT_EQ(staged_platform::sleeps, 0u);
    EXPECT_GT(staged_platform::polled_ns, 100'000u);
}

// A platform in which another party acts, once, when the clock is read.
struct read_platform : conq::platform::native {
    static inline std::function<void()> others;
    static conq::platform::instant_ns now() {
        if (const auto call = std::exchange(others, nullptr)) call();
        return time += 1'000'000;
    }

private:
    static inline conq::platform::instant_ns time = 1;
};
struct read_traits : conq::default_traits {
    using platform = read_platform;
};

// A putter that had found the bound to be large asked what half of it is worth when the bound was
// gone already, and divided by 0.
TEST(a_putter_that_measures_slow_getters, may_lose_the_bound_meanwhile) {
    constexpr int maxsize = 64;
    conq::basic_queue<int, read_traits> queue(maxsize);
    for (int i = 0; i < maxsize; ++i) ASSERT_EQ(queue.put(i), conq::status::ok);
    ASSERT_EQ(queue.put_for(0, std::chrono::seconds(0)), conq::status::timed_out);
    ASSERT_TRUE(queue.try_get());  // one item in more than a millisecond: that is slow
    ASSERT_EQ(queue.put(maxsize), conq::status::ok);
    bool is_measured = false;
    read_platform::others = [&] {
        is_measured = true;
        queue.set_maxsize(0);
    };
    EXPECT_EQ(queue.put(maxsize + 1), conq::status::ok);
    EXPECT_TRUE(is_measured);
    EXPECT_EQ(queue.size(), maxsize + 1u);
}

}  // namespace

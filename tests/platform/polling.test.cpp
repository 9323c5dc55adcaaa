// SPDX-License-Identifier: BSL-1.0
// What a queue learns about how long to poll, seen through the pauses that it asks the platform
// for.
#include <gtest/gtest.h>

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
    // A get, and what others do during its first pause, which ends its wait. That pause's length.
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
    // So many getters wait at the same time. The last comes away first and sees a peer that has no
    // second item ready; those before it see one that streams.
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

}  // namespace

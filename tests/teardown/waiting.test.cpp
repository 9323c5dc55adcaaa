// SPDX-License-Identifier: BSL-1.0
// Failures of calls that wait, and of calls that are made of several: a waiter that was woken and
// fails passes the wake on, and what was not handed out is not lost.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>

#include "../contract/subjects.hpp"
#include "../support/thread_state.hpp"
#include "stage.hpp"
#include "testing/faults/watchdog.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

// Waits that do not look again by themselves: on the native platform a condition's time-out would
// rescue a lost wake after a while.
struct patient_condition : std::condition_variable {
    void wait(std::unique_lock<std::mutex>& lock, platform::instant_ns deadline) {
        if (deadline == platform::never) return std::condition_variable::wait(lock);
        wait_until(lock, std::chrono::steady_clock::time_point(
                             std::chrono::nanoseconds(static_cast<std::int64_t>(deadline))));
    }
};
struct patient_platform : platform::native {
    using condition = patient_condition;
};
template <class Traits> struct patient_traits : counting_traits<Traits> {
    using platform = patient_platform;
};

// The next allocation of a queue, by whichever thread, fails.
struct once_without_memory {
    static inline std::atomic<bool> fails{false};
};
template <class T> struct once_failing_allocator : counting_allocator<T> {
    once_failing_allocator() = default;
    template <class U>
    once_failing_allocator(const once_failing_allocator<U>&) noexcept {}  // NOLINT: they convert
    T* allocate(std::size_t n) {
        if (once_without_memory::fails.exchange(false)) throw std::bad_alloc();
        return counting_allocator<T>::allocate(n);
    }
};
template <class Traits> struct once_failing_traits : patient_traits<Traits> {
    template <class T> using allocator = once_failing_allocator<T>;
};

// The next object that is made or moved, anywhere, fails.
struct once_failing {
    static inline std::atomic<bool> fails_on_making{false}, fails_on_move{false};
    int value;
    explicit once_failing(int v) : value(v) {
        if (fails_on_making.exchange(false)) throw planned_fault();
    }
    once_failing(once_failing&& other) noexcept(false) : value(other.value) {
        if (fails_on_move.exchange(false)) throw planned_fault();
    }
};

template <class Subject> class waiting_failures : public contract<Subject> {
public:
    template <class Item>
    using patient_queue =
        typename Subject::template queue<Item, patient_traits<typename Subject::traits>>;

    // Makes the call on a thread, and counts how the calls end.
    template <class Call> std::unique_ptr<watched_thread> caller(Call call) {
        return std::make_unique<watched_thread>([this, call] {
            try {
                ++(call() == status::ok ? ok_ : others_);
            } catch (const std::exception&) {
                ++failed_;
            }
        });
    }
    // Makes the call on two threads. Once both sleep, `wakes_one` makes one of them go on, and that
    // one fails; the other must then do what the first did not.
    template <class Call, class WakeOne> void one_of_two_fails(Call call, WakeOne wakes_one) {
        {
            const auto first = caller(call);
            first->wait_until_asleep();
            const auto second = caller(call);
            second->wait_until_asleep();
            wakes_one();
        }
        EXPECT_EQ(ok_, 1);
        EXPECT_EQ(failed_, 1);
        EXPECT_EQ(others_, 0);
    }

private:
    watchdog dog_;  // a wake that is lost makes its waiter sleep for ever
    std::atomic<int> ok_{0}, failed_{0}, others_{0};
};
using subjects_that_differ = ::testing::Types<locked, bounded_ring, segmented>;
TYPED_TEST_SUITE(waiting_failures, subjects_that_differ, subject_names);

TYPED_TEST(waiting_failures, a_get_that_was_woken_and_fails_passes_the_wake_on) {
    typename TestFixture::template patient_queue<once_failing> q(4);
    this->one_of_two_fails([&] { return q.get().state(); },
                           [&] {
                               once_failing::fails_on_move = true;
                               q.emplace(1);
                           });
    EXPECT_EQ(q.unfinished(), 1u);
}

TYPED_TEST(waiting_failures, a_put_that_was_woken_and_fails_passes_the_wake_on) {
    typename TestFixture::template patient_queue<once_failing> q(1);
    q.emplace(1);
    this->one_of_two_fails([&] { return q.emplace(2); },
                           [&] {
                               once_failing::fails_on_making = true;
                               EXPECT_EQ(q.get()->value, 1);
                           });
    EXPECT_EQ(q.size(), 1u);
}

TYPED_TEST(waiting_failures, a_put_that_was_woken_and_finds_no_memory_passes_the_wake_on) {
    if (TypeParam::capabilities & lock_free_try && !(TypeParam::capabilities & resizable)) {
        return;  // a ring never allocates
    }
    // Full where the next put allocates: at the end of a segment, of a deque's block of two.
    constexpr int full = (TypeParam::capabilities & resizable) != 0 ? 16 : 15;
    using traits = once_failing_traits<typename TypeParam::traits>;
    typename TypeParam::template queue<steady_item, traits> q(full);
    for (int i = 0; i < full; ++i) q.emplace(i);
    // Which of the two is woken is not promised: whichever it is has to find no memory.
    this->one_of_two_fails([&] { return q.put(steady_item(full)); },
                           [&] {
                               once_without_memory::fails = true;
                               EXPECT_EQ(q.get()->value, 0);
                           });
    EXPECT_FALSE(once_without_memory::fails) << "nobody allocated";
    EXPECT_EQ(q.size(), static_cast<unsigned>(full));
}

TYPED_TEST(waiting_failures, an_iterator_whose_increment_fails_takes_nothing) {
    bool was_struck = true;
    for (std::uint64_t n = 1; was_struck; ++n) {
        typename TypeParam::template queue<fragile_item> q(4);
        for (int i = 1; i <= 3; ++i) q.emplace(i);
        auto at = q.begin();
        const fault_plan plan(any_fault, n);
        try {
            ++at;
        } catch (const planned_fault&) {
            EXPECT_TRUE(at == q.end());
            EXPECT_EQ(q.size(), 2u) << "the first is done, and the second is not lost: n = " << n;
            EXPECT_EQ(q.unfinished(), 2u);
        }
        was_struck = plan.has_fired();
        EXPECT_TRUE(was_struck || n > 1) << "nothing failed";
    }
}

}  // namespace
}  // namespace conq::test

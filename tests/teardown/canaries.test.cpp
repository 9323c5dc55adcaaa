// SPDX-License-Identifier: BSL-1.0
// Canaries: queues with planted faults, which the harnesses of this suite must find.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "../support/thread_state.hpp"
#include "failing.hpp"
#include "rounds.hpp"
#include "testing/faults/heap.hpp"
#include "testing/faults/watchdog.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

template <class T> using counted_queue = basic_queue<T, counting_traits<default_traits>>;

// ---- Faults that a failing call shows.

template <class T> struct takes_its_argument_too_early : counted_queue<T> {
    using counted_queue<T>::counted_queue, counted_queue<T>::try_put;
    [[nodiscard]] status try_put(T&& item) {
        T taken(std::move(item));
        return counted_queue<T>::try_put(std::move(taken));
    }
};
template <class T> struct keeps_what_it_made : counted_queue<T> {
    using counted_queue<T>::counted_queue, counted_queue<T>::put;
    status put(const T& item)
        requires std::copy_constructible<T>
    {
        kept_ = std::make_unique<T>(item);
        const status answer = counted_queue<T>::put(std::move(*kept_));  // it may throw
        kept_.reset();
        return answer;
    }

private:
    std::unique_ptr<T> kept_;
};
template <class T> struct counts_what_failed : counted_queue<T> {
    using counted_queue<T>::counted_queue, counted_queue<T>::put;
    status put(const T& item)
        requires std::copy_constructible<T>
    {
        try {
            return counted_queue<T>::put(item);
        } catch (...) {
            counted_queue<T>::emplace(item.value);
            throw;
        }
    }
};
template <class T> struct shuts_down_and_fails : counted_queue<T> {
    using counted_queue<T>::counted_queue, counted_queue<T>::shutdown;
    void shutdown(immediate_t) {
        counted_queue<T>::shutdown();
        ::operator delete(::operator new(1));  // it may throw
        counted_queue<T>::shutdown(immediate);
    }
};

template <class Queue> std::size_t found_by_failing() {
    findings found;
    static_cast<void>(fail_everywhere<Queue>(take_order::oldest, found));
    return found.count();
}

TEST(canaries, a_call_that_fails_and_changes_something_is_found) {
    EXPECT_EQ(found_by_failing<counted_queue<steady_item>>(), 0u) << "nothing is planted";
    EXPECT_NE(found_by_failing<takes_its_argument_too_early<steady_item>>(), 0u);
    EXPECT_NE(found_by_failing<counts_what_failed<steady_item>>(), 0u);
    if (operator_new_can_fail) {
        EXPECT_NE(found_by_failing<shuts_down_and_fails<steady_item>>(), 0u);
    }
    EXPECT_NE(found_by_failing<keeps_what_it_made<steady_item>>(), 0u);
}

// ---- Faults that only threads show, or that any round does.

template <class T> struct leaks : bounded_queue<T> {
    using bounded_queue<T>::bounded_queue;
    void task_done(std::uint64_t n = 1) {
        alignas(T) std::byte room[sizeof(T)];
        ::new (static_cast<void*>(room)) T(1);  // and never ends it
        bounded_queue<T>::task_done(n);
    }
};
template <class T> struct ends_twice : bounded_queue<T> {
    using bounded_queue<T>::bounded_queue, bounded_queue<T>::get;
    result<T> get() {
        auto got = bounded_queue<T>::get();
        if (got) std::destroy_at(&*got);
        return got;
    }
};
// Accesses itself after the access that lets others destroy it.
template <class T> struct lingers : bounded_queue<T> {
    using bounded_queue<T>::bounded_queue;
    void task_done(std::uint64_t n = 1) {
        bounded_queue<T>::task_done(n);
        if (bounded_queue<T>::unfinished() != 0) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the fault itself
        touches.store(1);
    }
    std::atomic<int> touches{0};
};

// The number of the first round that finds something, or 0.
template <class Queue> std::uint64_t round_that_finds() {
    watchdog dog;
    team threads(rounds<Queue>::threads);
    findings found;
    rounds<Queue> stage(threads, found);
    for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
        dog.beat("a canary", seed);
        stage.run(seed);
        if (found.count() == 0) continue;
        std::fprintf(stderr, "%s", found.text().c_str());
        item_census::forget();
        return seed;
    }
    return 0;
}

TEST(canaries, items_that_leak_or_end_twice_are_found_in_rounds) {
    ::testing::internal::CaptureStderr();
    EXPECT_NE(round_that_finds<leaks<steady_item>>(), 0u);
    EXPECT_NE(round_that_finds<ends_twice<steady_item>>(), 0u);
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("items live on"), std::string::npos) << said;
    EXPECT_NE(said.find("a dead item"), std::string::npos) << said;
}

TEST(canaries, an_item_that_is_lost_or_comes_twice_is_found_in_the_ledger) {
    findings found;
    ledger items(found);
    items.note_accepted(1);
    items.note_delivered(1);
    items.check(false);
    EXPECT_EQ(found.count(), 0u);
    items.note_delivered(1);
    EXPECT_EQ(found.count(), 1u) << "twice";
    items.note_delivered(2);
    items.note_accepted(3);
    items.check(true);
    EXPECT_EQ(found.count(), 2u) << "from nowhere";
    items.check(false);
    EXPECT_EQ(found.count(), 4u) << "and lost";
}

TEST(canaries, a_touch_of_a_queue_that_has_ended_is_found) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto has_failed = [](int state) { return !WIFEXITED(state) || WEXITSTATUS(state) != 0; };
    EXPECT_EXIT(std::exit(round_that_finds<lingers<steady_item>>() != 0 ? 1 : 0), has_failed,
                "written to after its end|AddressSanitizer: use-after-poison|ThreadSanitizer: ");
}

// ---- A machine on which a wake is lost.

struct deaf_platform : platform::native {
    static void wake(const void*, int) noexcept {}
};
struct deaf_traits : default_traits {
    using platform = deaf_platform;
};

void put_on_a_deaf_queue() {
    std::optional<watchdog> dog;  // outlives the getter, whose end is what hangs
    basic_bounded_queue<int, deaf_traits> q(1);
    const watched_thread getter([&] { static_cast<void>(q.get()); });
    getter.wait_until_asleep();
    // It knows what begins before it begins to count: a beat after that may come too late.
    dog.emplace(std::chrono::milliseconds(200), "a deaf queue", 17);
    static_cast<void>(q.put(1));
}

TEST(canaries, a_wake_that_is_lost_is_a_hang_and_the_watchdog_ends_it) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(put_on_a_deaf_queue(), "no end after 200 ms: a deaf queue, seed 17");
}

}  // namespace
}  // namespace conq::test

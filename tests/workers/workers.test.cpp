// SPDX-License-Identifier: BSL-1.0
// Promises of workers.
#include "conq/workers.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "../support/items.hpp"
#include "../support/thread_state.hpp"
#include "conq/locked_queue.hpp"
#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"

namespace {

template <class Queue> class workers : public ::testing::Test {};
using queues =
    ::testing::Types<conq::bounded_queue<int>, conq::queue<int>, conq::locked_queue<int>>;
TYPED_TEST_SUITE(workers, queues);

TYPED_TEST(workers, process_every_item_once) {
    TypeParam q(16);
    std::atomic<long> sum{0};
    conq::workers pool(q, 3, [&](int& item) { sum += item; });
    for (int i = 1; i <= 1000; ++i) ASSERT_EQ(q.put(i), conq::status::ok);
    pool.join();
    EXPECT_EQ(sum.load(), 500'500);
    EXPECT_EQ(pool.busy(), 0u);
    EXPECT_EQ(pool.failures(), 0u);
}

TYPED_TEST(workers, call_the_first_form_that_fits) {
    using lease = typename TypeParam::lease_type;
    TypeParam q(4);
    std::mutex mutex;
    std::set<std::string> seen;
    const auto run_one = [&](auto function) {
        conq::workers pool(q, 1, function);
        ASSERT_EQ(q.put(1), conq::status::ok);
        pool.join();
    };
    const auto note = [&](const char* form) {
        const std::lock_guard held(mutex);
        seen.insert(form);
    };
    run_one([&](lease&, std::stop_token) { note("lease, stop"); });
    run_one([&](int&, std::stop_token) { note("item, stop"); });
    run_one([&](lease&) { note("lease"); });
    run_one([&](int&) { note("item"); });
    EXPECT_EQ(seen, (std::set<std::string>{"lease, stop", "item, stop", "lease", "item"}));
}

TYPED_TEST(workers, join_rethrows_the_first_failure_and_counts_the_others) {
    TypeParam q(16);
    conq::workers pool(q, 2, [](int& item) {
        if (item < 3) throw std::runtime_error("no small items");
    });
    for (int i = 0; i < 10; ++i) ASSERT_EQ(q.put(i), conq::status::ok);
    try {
        pool.join();
        FAIL() << "join did not rethrow";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "no small items");
    }
    EXPECT_EQ(pool.failures(), 3u);
    EXPECT_EQ(q.unfinished(), 0u) << "a failed item is done, too";
    pool.join();  // rethrown once
}

TYPED_TEST(workers, a_task_that_was_done_twice_is_a_failure) {
    TypeParam q(4);
    conq::workers pool(q, 1, [&](int&) { q.task_done(); });
    ASSERT_EQ(q.put(1), conq::status::ok);
    while (pool.failures() == 0) std::this_thread::yield();
    EXPECT_THROW(pool.join(), std::logic_error);
}

template <class Queue> class workers_of_throwing_items : public ::testing::Test {};
using throwing = conq::test::throwing_move_only;
using queues_of_throwing_items =
    ::testing::Types<conq::bounded_queue<throwing>, conq::queue<throwing>,
                     conq::locked_queue<throwing>>;
TYPED_TEST_SUITE(workers_of_throwing_items, queues_of_throwing_items);

TYPED_TEST(workers_of_throwing_items, try_again_and_count_what_could_not_be_taken) {
    throwing::throws = false;
    TypeParam q(4);
    ASSERT_EQ(q.emplace(7), conq::status::ok);
    throwing::throws = true;
    std::atomic<int> seen{0};
    conq::workers pool(
        q, 1, [&](throwing& item) { seen += item.value; },
        [](std::exception_ptr) { throwing::throws = false; });
    pool.join();
    EXPECT_EQ(seen.load(), 7);
    EXPECT_EQ(pool.failures(), 1u);
    throwing::throws = false;
}

TYPED_TEST(workers, an_error_handler_gets_every_exception) {
    TypeParam q(16);
    std::atomic<int> handled{0};
    conq::workers pool(
        q, 2, [](int&) { throw 7; },
        [&](std::exception_ptr failure) {
            try {
                std::rethrow_exception(failure);
            } catch (int value) {
                handled += value;
            }
        });
    for (int i = 0; i < 10; ++i) ASSERT_EQ(q.put(i), conq::status::ok);
    pool.join();
    EXPECT_EQ(handled.load(), 70);
}

TYPED_TEST(workers, failures_that_nobody_looked_at_are_said_once) {
    ::testing::internal::CaptureStderr();
    {
        TypeParam q(4);
        conq::workers pool(q, conq::worker_options{.threads = 1, .name = "fragile"},
                           [](int&) { throw std::runtime_error("broken task"); });
        ASSERT_EQ(q.put(1), conq::status::ok);
        ASSERT_EQ(q.put(2), conq::status::ok);
        q.join();
    }
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("fragile: 2 task(s) failed"), std::string::npos) << said;
    EXPECT_NE(said.find("broken task"), std::string::npos) << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
}

TYPED_TEST(workers, stop_leaves_the_rest_in_the_queue) {
    TypeParam q(16);
    std::latch started(1);
    {
        conq::workers pool(q, 1, [&](int&, std::stop_token stop) {
            started.count_down();
            while (!stop.stop_requested()) std::this_thread::yield();
        });
        for (int i = 0; i < 5; ++i) ASSERT_EQ(q.put(i), conq::status::ok);
        started.wait();
        EXPECT_EQ(pool.busy(), 1u);
        pool.stop();
    }
    EXPECT_EQ(q.size(), 4u);
    EXPECT_EQ(q.unfinished(), 4u);
}

TYPED_TEST(workers, end_when_the_queue_is_shut_down_and_drained) {
    TypeParam q(16);
    std::atomic<int> count{0};
    {
        conq::workers pool(q, 2, [&](int&) { ++count; });
        for (int i = 0; i < 10; ++i) ASSERT_EQ(q.put(i), conq::status::ok);
        q.shutdown();
        pool.join();
    }
    EXPECT_EQ(count.load(), 10);
}

TYPED_TEST(workers, threads_are_named_and_counted) {
    TypeParam q(16);
    std::mutex mutex;
    std::set<std::string> names;
    std::latch both(2);
    conq::workers pool(q, conq::worker_options{.threads = 2, .name = "encode"}, [&](int&) {
        char name[16] = {};
        pthread_getname_np(pthread_self(), name, sizeof name);
        {
            const std::lock_guard held(mutex);
            names.insert(name);
        }
        both.arrive_and_wait();
    });
    ASSERT_EQ(q.put(1), conq::status::ok);
    ASSERT_EQ(q.put(2), conq::status::ok);
    pool.join();
    EXPECT_EQ(pool.size(), 2u);
    EXPECT_EQ(names, (std::set<std::string>{"encode-1", "encode-2"}));
}

// Whether something is in the file that GoogleTest has put in the place of standard error.
bool has_said_something() {
    struct stat about = {};
    return ::fstat(STDERR_FILENO, &about) == 0 && about.st_size > 0;
}

// Two workers, each of which puts three items into their own queue of one, until both sleep there;
// `put` is how. Whether something is said, and how often. `is_told`: something has to be said
// before anything is taken. Nothing else shows that both were counted as waiting at one time.
template <class Queue, class Put>
std::ptrdiff_t lines_of_workers_that_fill_their_queue(bool is_told, Put put) {
    ::testing::internal::CaptureStderr();
    {
        Queue q(1);
        std::atomic<int> ids[2] = {0, 0};
        std::atomic<int> started{0}, ended{0};
        conq::workers pool(q, 2, [&](int& is_parent) {
            if (is_parent == 0) return;
            ids[started++] = conq::test::thread_id();
            while (started < 2) std::this_thread::yield();
            for (int i = 0; i < 3; ++i) put(q, 0);
            ++ended;
        });
        EXPECT_EQ(q.put(1), conq::status::ok);
        EXPECT_EQ(q.put(1), conq::status::ok);
        const auto both_wait = [&] {
            return conq::test::waits_for_others(ids[0]) && conq::test::waits_for_others(ids[1]);
        };
        while (is_told ? !has_said_something() : !both_wait()) std::this_thread::yield();
        while (ended < 2) {
            if (q.try_get()) q.task_done();  // somebody else takes, after all
            std::this_thread::yield();
        }
        pool.join();
    }
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(said.empty(), said.find("all 2 wait for room in the full queue") == said.npos)
        << said;
    return std::count(said.begin(), said.end(), '\n');
}

TYPED_TEST(workers, that_all_wait_in_a_put_to_their_own_queue_are_told_once) {
    const auto lines = lines_of_workers_that_fill_their_queue<TypeParam>(
        true, [](TypeParam& q, int item) { q.put(item); });
    EXPECT_EQ(lines, 1);
}

TYPED_TEST(workers, that_may_give_up_a_put_to_their_own_queue_are_not_told) {
    using namespace std::chrono_literals;
    const auto lines = lines_of_workers_that_fill_their_queue<TypeParam>(
        false, [](TypeParam& q, int item) { static_cast<void>(q.put_for(item, 1h)); });
    EXPECT_EQ(lines, 0);
}

// Without a size, and made of one as the others are here.
struct meeting : conq::rendezvous<int> {
    explicit meeting(int) {}
};

TYPED_TEST(workers, may_not_join_themselves) {
    TypeParam q(10);
    std::function<void()> join_pool;  // set before the item is put
    std::atomic<int> refusals{0};
    conq::workers pool(q, 1, [&](int&) {
        try {
            join_pool();
        } catch (const std::logic_error&) {
            ++refusals;
        }
    });
    join_pool = [&] { pool.join(); };
    q.put(1);
    pool.join();
    EXPECT_EQ(refusals.load(), 1);
}

TEST(workers_of_a_rendezvous, process_every_item_once) {
    meeting q(0);
    std::atomic<long> sum{0};
    conq::workers pool(q, 3, [&](int& item) { sum += item; });
    for (int i = 1; i <= 1000; ++i) ASSERT_EQ(q.put(i), conq::status::ok);
    pool.join();
    EXPECT_EQ(sum.load(), 500'500);
}

TEST(workers_of_a_rendezvous, that_all_wait_in_a_put_to_it_are_told_once) {
    const auto lines = lines_of_workers_that_fill_their_queue<meeting>(
        true, [](meeting& q, int item) { q.put(item); });
    EXPECT_EQ(lines, 1);
}

TYPED_TEST(workers, need_at_least_one_thread) {
    TypeParam q(1);
    const auto nothing = [](int&) {};
    EXPECT_THROW((conq::workers<TypeParam, decltype(nothing)>(q, 0, nothing)),
                 std::invalid_argument);
    EXPECT_THROW((conq::workers<TypeParam, decltype(nothing)>(q, -2, nothing)),
                 std::invalid_argument);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Workers on a machine that fails: threads that cannot be made, items that cannot be moved.
#include "conq/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "../contract/subjects.hpp"
#include "testing/faults/heap.hpp"
#include "testing/faults/items.hpp"
#include "testing/faults/points.hpp"
#include "testing/faults/watchdog.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

// Cannot be moved for a while.
struct stubborn {
    static inline std::atomic<bool> fails{false};
    stubborn() noexcept = default;
    stubborn(stubborn&&) noexcept(false) {
        if (fails) throw planned_fault();
    }
};

template <class Subject> class worker_failures : public contract<Subject> {
    watchdog dog_;
};
using subjects_that_differ = ::testing::Types<locked, bounded_ring, segmented>;
TYPED_TEST_SUITE(worker_failures, subjects_that_differ, subject_names);

TYPED_TEST(worker_failures, a_stop_ends_workers_whose_item_can_never_be_moved) {
    typename TypeParam::template queue<stubborn> q(4);
    stubborn::fails = true;
    {
        conq::workers pool(q, 2, [](stubborn&) { FAIL() << "it cannot be moved"; });
        ASSERT_EQ(q.emplace(), status::ok);
        while (pool.failures() == 0) std::this_thread::yield();
    }
    EXPECT_EQ(q.unfinished(), 1u);
    stubborn::fails = false;
}

TYPED_TEST(worker_failures, a_constructor_that_fails_leaves_no_thread_and_no_memory) {
    typename TypeParam::template queue<int> q(4);
    const worker_options options{.threads = 3, .name = "a name that does not fit inside"};
    const heap_use before = heap_in_use();
    std::uint64_t n = 1;
    for (bool was_struck = true; was_struck; ++n) {
        const fault_plan plan(allocation_fault, n);
        try {
            conq::workers pool(q, options, [](int&) {});
        } catch (const std::bad_alloc&) {
            EXPECT_TRUE(plan.has_fired());
        }
        was_struck = plan.has_fired();
    }
    EXPECT_TRUE(n > 5 || !operator_new_can_fail) << "a name, a stop source, a vector, 3 threads";
    EXPECT_EQ(heap_in_use(), before);
}

TYPED_TEST(worker_failures, the_end_needs_no_memory) {
    typename TypeParam::template queue<int> q(4);
    ::testing::internal::CaptureStderr();
    auto* const pool = new conq::workers(q, 1, [](int&) {
        throw std::runtime_error("a text that is longer than what a string holds inside");
    });
    ASSERT_EQ(q.put(1), status::ok);
    q.join();
    {
        const fault_plan plan(allocation_fault, 1);
        EXPECT_EQ(pool->busy(), 0u);
        pool->stop();
        delete pool;  // says what nobody has looked at
        EXPECT_FALSE(plan.has_fired());
    }
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("a text that is longer"),
              std::string::npos);
}

}  // namespace
}  // namespace conq::test

// SPDX-License-Identifier: BSL-1.0
// Workers on a machine that fails, and workers that end at any moment.
#include "conq/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "../contract/subjects.hpp"
#include "actor.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/grave.hpp"
#include "testing/faults/heap.hpp"
#include "testing/faults/items.hpp"
#include "testing/faults/points.hpp"
#include "testing/faults/sanitizers.hpp"
#include "testing/faults/team.hpp"
#include "testing/faults/watchdog.hpp"
#include "testing/history/dice.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

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
protected:
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

// Rounds of workers whose function throws, or drops, ends or releases its lease, during puts, stops
// and both shutdowns.
template <class Queue> class worker_rounds {
    using lease = typename Queue::lease_type;

public:
    explicit worker_rounds(findings& found) : found_(found), items_(found) {}

    void run(std::uint64_t seed) {
        dice random(seed);
        items_.clear();
        Queue& queue = place_.make(1 + random.below(20));
        const std::uint64_t what =
            random.below(4);  // ends it: nothing, a stop, a shutdown of a kind
        {
            conq::workers pool(queue, 1 + static_cast<int>(random.below(3)),
                               [&, seed](lease& task) { work(queue, task, seed); });
            team_.run([&](int index) {
                actor<Queue> me(queue, items_, found_,
                                dice(seed + 1 + static_cast<std::uint64_t>(index)), {}, false);
                if (index == 0) {
                    me.linger(300);
                    if (what == 1) pool.stop();
                    if (what == 1 || what == 2) queue.shutdown();
                    if (what == 3) queue.shutdown(immediate);
                } else if (index == 1) {
                    for (int id = 0; id < 60; ++id) {
                        if (me.put_surely(id) != status::ok) break;
                    }
                } else {
                    if (what != 1) join(pool);
                    found_.expect(pool.busy() <= pool.size(), "more are busy than there are");
                }
            });
            if (what != 1) {
                join(pool);
                found_.expect(queue.unfinished() == 0, "joined, and something is unfinished");
            }
            static_cast<void>(pool.failures());
        }
        place_.end();
        items_.check(what == 1 || what == 3);
        found_.expect(place_.is_undisturbed(), "a queue was written to after its end");
        found_.expect(item_census::alive() == 0, "items live on, or ended twice");
        found_.expect(item_census::take_crimes() == 0, "a dead item was used or ended");
    }

private:
    template <class Pool> static void join(Pool& pool) {
        try {
            pool.join();
        } catch (const planned_fault&) {
        }
    }
    void work(Queue& queue, lease& task, std::uint64_t seed) {
        items_.note_delivered(task->value);
        dice random(seed + static_cast<std::uint64_t>(task->value));
        switch (random.below(6)) {
            case 0:
                throw planned_fault();
            case 1:
                task.done();
                break;
            case 2:
                task.done();
                throw planned_fault();
            case 3: {
                const auto released = task.release();
                queue.task_done();
                break;
            }
            default:
                break;
        }
    }

    findings& found_;
    ledger items_;
    grave<Queue> place_;
    team team_{3};
};

TYPED_TEST(worker_failures, workers_may_end_whenever_the_contract_allows_it) {
    findings found;
    worker_rounds<typename TypeParam::template queue<steady_item>> stage(found);
    const std::uint64_t first = first_seed(), count = scaled(500);
    for (std::uint64_t i = 0; i < count; ++i) {
        this->dog_.beat("workers", first + i);
        stage.run(first + i);
        ASSERT_EQ(found.count(), 0u) << "seed " << first + i << "\n" << found.text();
    }
    publish({std::string("teardown of workers: ") + TypeParam::name,
             std::string("real threads") + sanitizer_suffix, count, 0, first});
}

}  // namespace
}  // namespace conq::test

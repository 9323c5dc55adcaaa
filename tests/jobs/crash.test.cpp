// SPDX-License-Identifier: BSL-1.0
// What becomes of jobs whose worker was killed, or stopped.
#include <gtest/gtest.h>
#include <signal.h>

#include "conq/jobs.hpp"
#include "testing/faults/process.hpp"
#include "tests/jobs/folder.hpp"

namespace {

using conq::job_queue;
using conq::status;
using conq::testing::child_process;

void put_one(const std::string& url, const std::string& body,
             const conq::job_options& options = {}) {
    EXPECT_TRUE(job_queue(url).put(body, options));
}

// A worker that is killed while it has a job: its exit code.
int end_of_a_worker(const std::string& url) {
    return child_process([&] {
               job_queue queue(url);
               const auto held = queue.take();
               return ::raise(SIGKILL);
           })
        .exit_code();
}

TEST(JobQueueCrash, TheJobOfAKilledWorkerComesBackLongBeforeItsLeaseEnds) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q") + "?lease=1h";
    put_one(url, "a");
    EXPECT_EQ(end_of_a_worker(url), 128 + SIGKILL);
    job_queue queue(url);
    auto task = queue.take();
    EXPECT_EQ(task.attempt(), 1U);  // a death spends no attempt
    EXPECT_EQ(task.token(), 2U);
    EXPECT_EQ(task.done(), status::ok);
}

TEST(JobQueueCrash, AJobThatKillsItsWorkersBecomesADeadLetter) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q");
    put_one(url, "poison", {.max_crashes = 2});
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(end_of_a_worker(url), 128 + SIGKILL);
    }
    job_queue queue(url);
    queue.join();
    const auto dead = queue.list(conq::job_state::dead);
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].crashes, 2U);
}

TEST(JobQueueCrash, AWorkerThatWasStoppedPastItsLeaseHasLostIt) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q") + "?lease=50ms";
    const std::string log = place / "log";
    put_one(url, "a");
    child_process child([&] {
        job_queue queue(url);
        auto held = queue.take();
        ::raise(SIGSTOP);
        return held.done() == status::lease_lost ? 7 : 8;
    });
    ASSERT_TRUE(child.wait_until_stopped());
    job_queue queue(url);
    auto task = queue.take();
    EXPECT_EQ(*task, "a");
    child.resume();
    EXPECT_EQ(child.exit_code(), 7);
    EXPECT_EQ(task.done(), status::ok);
    EXPECT_EQ(queue.stats().done, 1U);
}

}  // namespace

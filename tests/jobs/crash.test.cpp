// SPDX-License-Identifier: BSL-1.0
// What becomes of jobs whose worker was killed or stopped.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "conq/jobs.hpp"
#include "src/jobs/engines.hpp"
#include "src/jobs/shared_file.hpp"
#include "src/jobs/url.hpp"
#include "testing/faults/process.hpp"
#include "tests/jobs/commits_held.hpp"
#include "tests/jobs/folder.hpp"

namespace {

using namespace std::chrono_literals;
using conq::job_queue;
using conq::status;
using conq::jobs::shared_file;
using conq::testing::child_process;

void put_one(const std::string& url, const std::string& body,
             const conq::job_options& options = {}) {
    EXPECT_TRUE(job_queue(url).put(body, options));
}

// Runs a worker that is killed while it holds a job. Returns its exit code.
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

TEST(JobQueueCrash, ClosingAQueueBesideAStoppedProcessEnds) {
    const folder place;
    auto queue = std::make_unique<job_queue>(place / "q");
    EXPECT_TRUE(queue->put("a"));
    const commits_held stopped(place / "q");
    queue.reset();
}

TEST(JobQueueCrash, WordOfAHandleThatClosedWithoutTheLockReachesWhoeverHasIt) {
    const folder place;
    const job_queue queue(place / "q");
    shared_file one(place / "q-lock"), other(place / "q-lock");
    one.lock_commits();
    EXPECT_FALSE(other.leave_open());
    one.unlock_commits();
    EXPECT_TRUE(one.was_left_open());
    EXPECT_FALSE(one.was_left_open());
    EXPECT_TRUE(other.leave_open());  // the lock is free, so it is taken
    other.unlock_commits();
}

// Without the thread that renews leases: if it were stopped in a transaction, all would wait for
// it.
TEST(JobQueueCrash, AWorkerThatWasStoppedPastItsLeaseHasLostIt) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q");
    put_one(url, "a");
    child_process child([&] {
        const auto worker = conq::jobs::open_sqlite(conq::jobs::parse_url(url));
        std::vector<conq::jobs::granted> held;
        static_cast<void>(worker->claim(50ms, 1, held));
        ::raise(SIGSTOP);
        const conq::jobs::ticket at = held.at(0).at;
        worker->renew({&at, 1}, 1h);
        status answer = status::ok;
        worker->end({&at, 1}, conq::jobs::ending::done, {}, {}, {&answer, 1});
        return answer == status::lease_lost ? 7 : 8;
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

// SPDX-License-Identifier: BSL-1.0
// What becomes of jobs whose worker was killed, or stopped.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conq/jobs.hpp"
#include "tests/jobs/folder.hpp"

namespace {

using conq::job_queue;
using conq::status;

void put_one(const std::string& url, const std::string& body,
             const conq::job_options& options = {}) {
    EXPECT_TRUE(job_queue(url).put(body, options));
}

// Runs `body` in a process of its own, which ends by _exit, or by being killed.
template <class Body> pid_t start(Body body) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    body();
    ::_exit(0);
}

int wait_for(pid_t child) {
    int how = 0;
    ::waitpid(child, &how, 0);
    return how;
}

TEST(JobQueueCrash, TheJobOfAKilledWorkerComesBackLongBeforeItsLeaseEnds) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q") + "?lease=1h";
    put_one(url, "a");
    wait_for(start([&] {
        job_queue queue(url);
        const auto held = queue.take();
        ::raise(SIGKILL);
    }));
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
        wait_for(start([&] {
            job_queue queue(url);
            const auto held = queue.take();
            ::raise(SIGKILL);
        }));
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
    const pid_t child = start([&] {
        job_queue queue(url);
        auto held = queue.take();
        ::raise(SIGSTOP);
        ::_exit(held.done() == status::lease_lost ? 7 : 8);
    });
    int how = 0;
    ::waitpid(child, &how, WUNTRACED);
    ASSERT_TRUE(WIFSTOPPED(how));
    job_queue queue(url);
    auto task = queue.take();
    EXPECT_EQ(*task, "a");
    ::kill(child, SIGCONT);
    how = wait_for(child);
    EXPECT_EQ(WEXITSTATUS(how), 7);
    EXPECT_EQ(task.done(), status::ok);
    EXPECT_EQ(queue.stats().done, 1U);
}

}  // namespace

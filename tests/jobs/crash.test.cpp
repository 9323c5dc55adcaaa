// SPDX-License-Identifier: BSL-1.0
// What becomes of jobs whose worker was killed or stopped.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

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

// Holds the lock of commits, as a process does that is stopped in the middle of a transaction.
class commits_held {
public:
    explicit commits_held(const std::string& queue)
        : file_(::open((queue + "-lock").c_str(), O_RDWR | O_CLOEXEC)) {
        struct flock lock{};
        lock.l_type = F_WRLCK;
        lock.l_start = 64;
        lock.l_len = 1;
        EXPECT_EQ(::fcntl(file_, F_OFD_SETLKW, &lock), 0);
    }
    commits_held(const commits_held&) = delete;
    commits_held& operator=(const commits_held&) = delete;
    ~commits_held() { ::close(file_); }

private:
    int file_;
};

TEST(JobQueueCrash, ClosingAQueueBesideAStoppedProcessEnds) {
    const folder place;
    auto queue = std::make_unique<job_queue>(place / "q");
    EXPECT_TRUE(queue->put("a"));
    const commits_held stopped(place / "q");
    queue.reset();
}

TEST(JobQueueCrash, AWorkerThatCouldNotRenewBesideAStoppedProcessKeepsItsLease) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q") + "?lease=1s";
    job_queue queue(url), other(url);
    EXPECT_TRUE(queue.put("a"));
    auto held = queue.take();
    std::thread looks;
    {
        const commits_held stopped(place / "q");
        looks = std::thread([&] { EXPECT_EQ(other.try_take().state(), status::empty); });
        std::this_thread::sleep_for(std::chrono::milliseconds(1300));  // the lease runs out
    }
    looks.join();
    EXPECT_EQ(held.done(), status::ok);
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

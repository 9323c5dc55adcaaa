// SPDX-License-Identifier: BSL-1.0
// Processes that are killed at any moment lose nothing that was acknowledged.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "conq/jobs.hpp"
#include "testing/storage/lock_watch.hpp"
#include "testing/support/effort.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/jobs/history.hpp"

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

void produce(const std::string& url, const std::string& log, const std::string& name) {
    job_queue queue(url);
    history lines(log);
    for (int i = 0;; ++i) {
        const std::string body = name + "-" + std::to_string(i);
        if (!queue.put(body, {.max_crashes = 1'000'000})) ::_exit(1);
        lines.put(body);
    }
}

void work(const std::string& url, const std::string& log) {
    job_queue queue(url);
    history lines(log);
    while (auto task = queue.take()) {
        const std::string body = *task;
        lines.taken(body);
        if (task.done() == status::ok) lines.done(body);
    }
}

std::string integrity(const std::string& path) {
    sqlite3* base = nullptr;
    std::string answer = "cannot open";
    if (sqlite3_open(path.c_str(), &base) == SQLITE_OK) {
        sqlite3_db_config(base, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        const auto keep = [](void* out, int, char** values, char**) {
            *static_cast<std::string*>(out) = values[0];
            return 0;
        };
        sqlite3_exec(base, "PRAGMA integrity_check", keep, &answer, nullptr);
    }
    sqlite3_close(base);
    return answer;
}

// All that is left is worked off; then what was written down must fit.
std::vector<std::string> settle(const std::string& url, const std::string& log) {
    job_queue queue(url);
    queue.shutdown();
    work(url, log);
    queue.join();
    return history(log).faults(queue);
}

TEST(JobQueueCrash, KilledProcessesLoseNothingThatWasAcknowledged) {
    const auto seed = conq::testing::first_seed();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::mt19937_64 random(seed);
    conq::testing::lock_watch watch;
    const conq::testing::watched_storage storage(watch);
    const folder place;
    const std::string url = "sqlite:" + (place / "q"), log = place / "log";
    {
        const job_queue made(url);
    }
    const auto start_one = [&](std::size_t at, std::uint64_t round) {
        const std::string name = std::to_string(at) + "-" + std::to_string(round);
        return start([&] { at == 0 ? produce(url, log, name) : work(url, log); });
    };
    std::vector<pid_t> children;
    for (std::size_t at = 0; at < 3; ++at) children.push_back(start_one(at, 0));
    const auto kills = conq::testing::scaled(300);
    for (std::uint64_t round = 1; round <= kills; ++round) {
        // When the kill comes is what is random here; nothing waits for anything by it.
        const timespec moment{0, static_cast<long>(random() % 20'000'000)};
        ::nanosleep(&moment, nullptr);
        const std::size_t at = random() % children.size();
        ::kill(children[at], SIGKILL);
        ASSERT_TRUE(WIFSIGNALED(wait_for(children[at]))) << "a process ended by itself";
        children[at] = start_one(at, round);
    }
    for (const pid_t each : children) {
        ::kill(each, SIGKILL);
        wait_for(each);
    }
    EXPECT_EQ(settle(url, log), std::vector<std::string>());
    EXPECT_EQ(integrity(place / "q"), "ok");
    job_queue queue(url);
    std::printf("%llu kills, %llu jobs\n", static_cast<unsigned long long>(kills),
                static_cast<unsigned long long>(queue.stats().done));
    EXPECT_GT(queue.stats().done, 0U);
    EXPECT_EQ(watch.seen().faults, 0U);
    EXPECT_GT(watch.seen().headers, 0U);
    std::printf("%llu checkpoints, %llu headers of the WAL, %llu pages, all under the lock\n",
                static_cast<unsigned long long>(watch.seen().checkpoints),
                static_cast<unsigned long long>(watch.seen().headers),
                static_cast<unsigned long long>(watch.seen().pages));
}

TEST(JobQueueCrash, CanaryACheckpointWithoutTheLockIsFound) {
    conq::testing::lock_watch watch;
    const conq::testing::watched_storage storage(watch);
    const folder place;
    const std::string path = place / "q";
    put_one("sqlite:" + path, "a");
    EXPECT_EQ(watch.seen().faults, 0U);
    sqlite3* base = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &base), SQLITE_OK);
    const char* const checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
    EXPECT_EQ(sqlite3_exec(base, checkpoint, nullptr, nullptr, nullptr), SQLITE_OK);
    const std::uint64_t faults = watch.seen().faults;
    EXPECT_GT(faults, 1U);  // the checkpoint, and the pages that it writes
    const char* const write = "UPDATE meta SET value = value + 1";
    EXPECT_EQ(sqlite3_exec(base, write, nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_GT(watch.seen().faults, faults);  // the header of the WAL, which begins anew
    sqlite3_close(base);
}

TEST(JobQueueCrash, CanaryAProducerThatAcknowledgesBeforeTheCommitIsFound) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q"), log = place / "log";
    wait_for(start([&] {
        job_queue queue(url);
        history lines(log);
        lines.put("a");
        ::raise(SIGKILL);
        static_cast<void>(queue.put("a"));
    }));
    EXPECT_EQ(settle(url, log), std::vector<std::string>{"a was put and is lost"});
}

TEST(JobQueueCrash, CanaryATakeAfterDoneIsFound) {
    const folder place;
    const std::string url = "sqlite:" + (place / "q"), log = place / "log";
    {
        job_queue queue(url);
        history lines(log);
        static_cast<void>(queue.put("a"));
        lines.done("a");  // said before it is so
    }
    EXPECT_EQ(settle(url, log).size(), 2U);  // taken after done, and done twice
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

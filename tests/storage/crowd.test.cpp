// SPDX-License-Identifier: BSL-1.0
// Producers and workers of one queue are killed at random moments: no acknowledged job is lost, and
// no job is handed out after its done.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>

#include "conq/jobs.hpp"
#include "testing/faults/process.hpp"
#include "testing/storage/lock_watch.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/storage/history.hpp"
#include "tests/storage/story.hpp"

namespace {

using conq::job_queue;
using conq::status;
using conq::testing::child_process;

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

// Works off all that is left; then the history that was written down must hold.
std::vector<std::string> settle(const std::string& url, const std::string& log) {
    job_queue queue(url);
    queue.shutdown();
    work(url, log);
    queue.join();
    return history(log).faults(queue);
}

// Runs a producer and two workers of a queue, and starts each anew when it was killed. Returns how
// many jobs were done.
std::uint64_t kill_some(std::uint64_t kills, std::mt19937_64& random) {
    const memory_folder place;
    const std::string url = "sqlite:" + (place / "q"), log = place / "log";
    {
        const job_queue made(url);
    }
    const auto start_one = [&](std::size_t at, std::uint64_t round) {
        const std::string name = std::to_string(at) + "-" + std::to_string(round);
        return std::make_unique<child_process>([&] {
            at == 0 ? produce(url, log, name) : work(url, log);
            return 0;
        });
    };
    std::vector<std::unique_ptr<child_process>> children;
    for (std::size_t at = 0; at < 3; ++at) children.push_back(start_one(at, 0));
    // Until a put was acknowledged: on a slow machine each producer might be killed before its own.
    const history lines(log);
    while (lines.is_empty() && !children[0]->has_ended()) std::this_thread::yield();
    for (std::uint64_t round = 1; round <= kills; ++round) {
        // The moment of the kill is random here; nothing is synchronised by it.
        const timespec moment{0, static_cast<long>(random() % 20'000'000)};
        ::nanosleep(&moment, nullptr);
        const std::size_t at = random() % children.size();
        children[at]->kill();
        EXPECT_EQ(children[at]->exit_code(), 128 + SIGKILL) << "a process ended by itself";
        children[at] = start_one(at, round);
    }
    children.clear();
    EXPECT_EQ(settle(url, log), std::vector<std::string>());
    EXPECT_EQ(integrity(place / "q"), "ok");
    return job_queue(url).stats().done;
}

TEST(JobQueueCrowd, KilledProcessesLoseNothingThatWasAcknowledged) {
    const auto seed = conq::testing::first_seed();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::mt19937_64 random(seed);
    conq::testing::lock_watch watch;
    const conq::testing::watched_storage storage(watch);
    constexpr std::uint64_t kills_a_queue = 250;  // so that there is not too much to look through
    const auto kills = conq::testing::scaled(1000);
    std::uint64_t made = 0, jobs = 0;
    while (made < kills && !HasFailure()) {
        const auto some = std::min(kills_a_queue, kills - made);
        jobs += kill_some(some, random);
        made += some;
    }
    EXPECT_GT(jobs, 0U);
    EXPECT_EQ(watch.seen().faults, 0U);
    EXPECT_GT(watch.seen().headers, 0U);
    std::printf(
        "%llu kills, %llu jobs; %llu checkpoints, %llu headers of the WAL, %llu pages, all "
        "under the lock\n",
        static_cast<unsigned long long>(made), static_cast<unsigned long long>(jobs),
        static_cast<unsigned long long>(watch.seen().checkpoints),
        static_cast<unsigned long long>(watch.seen().headers),
        static_cast<unsigned long long>(watch.seen().pages));
    if (HasFailure()) return;
    conq::testing::publish(
        {"job queues: nothing acknowledged is lost", "random SIGKILL", made, 0, seed});
}

TEST(JobQueueCrowd, CanaryACheckpointWithoutTheLockIsFound) {
    conq::testing::lock_watch watch;
    const conq::testing::watched_storage storage(watch);
    const memory_folder place;
    const std::string path = place / "q";
    EXPECT_TRUE(job_queue("sqlite:" + path).put("a"));
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

TEST(JobQueueCrowd, CanaryAProducerThatAcknowledgesBeforeTheCommitIsFound) {
    const memory_folder place;
    const std::string url = "sqlite:" + (place / "q"), log = place / "log";
    child_process hasty([&] {
        job_queue queue(url);
        history lines(log);
        lines.put("a");
        ::raise(SIGKILL);
        return queue.put("a") ? 0 : 1;
    });
    EXPECT_EQ(hasty.exit_code(), 128 + SIGKILL);
    EXPECT_EQ(settle(url, log), std::vector<std::string>{"a was put and is lost"});
}

TEST(JobQueueCrowd, CanaryATakeAfterDoneIsFound) {
    const memory_folder place;
    const std::string url = "sqlite:" + (place / "q"), log = place / "log";
    {
        job_queue queue(url);
        history lines(log);
        static_cast<void>(queue.put("a"));
        lines.done("a");  // said before it is so
    }
    EXPECT_EQ(settle(url, log).size(), 2U);  // taken after done, and done twice
}

}  // namespace

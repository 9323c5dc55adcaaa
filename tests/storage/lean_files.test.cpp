// SPDX-License-Identifier: BSL-1.0
// A queue saves some of SQLite's system calls: this does not change what other connections to the
// file see.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <atomic>
#include <exception>
#include <memory>
#include <string>

#include "src/jobs/engines.hpp"
#include "testing/faults/process.hpp"
#include "testing/storage/watched.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/storage/story.hpp"
#include "tests/support/thread_state.hpp"

namespace {

using conq::testing::storage_call;
using conq::testing::storage_event;
using conq::testing::watched_storage;
namespace jobs = conq::jobs;

std::unique_ptr<jobs::engine> open(const std::string& path, int checkpoint_pages) {
    jobs::queue_url url;
    url.path = path;
    url.level = jobs::durability::process;
    url.checkpoint_pages = checkpoint_pages;
    return jobs::open_sqlite(url);
}

void put(jobs::engine& queue, const std::string& body) {
    const conq::job_options options;
    const jobs::new_job job{body, &options};
    conq::job_id id = 0;
    ASSERT_EQ(queue.put({&job, 1}, {&id, 1}), conq::status::ok);
}

// A connection that knows nothing of conq, like a sqlite3 shell.
class stranger {
public:
    explicit stranger(const std::string& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &base_), SQLITE_OK);
        sqlite3_db_config(base_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;
    ~stranger() { sqlite3_close(base_); }

    int run(const char* text) { return sqlite3_exec(base_, text, nullptr, nullptr, nullptr); }
    int jobs() {
        int count = -1;
        const auto keep = [](void* out, int, char** values, char**) {
            *static_cast<int*>(out) = std::stoi(values[0]);
            return 0;
        };
        sqlite3_exec(base_, "SELECT count(*) FROM job", keep, &count, nullptr);
        return count;
    }

private:
    sqlite3* base_ = nullptr;
};

// Counts the writes to the WAL.
class wal_watch final : public conq::testing::storage_listener {
public:
    int before(storage_event& event) override {
        if (event.what == storage_call::write && (event.flags & SQLITE_OPEN_WAL) != 0) ++writes;
        return SQLITE_OK;
    }
    std::atomic<int> writes{0};
};

TEST(JobQueueLean, ACommitIsOneWriteToTheWal) {
    const memory_folder place;
    wal_watch watch;
    const watched_storage storage(watch);
    const auto queue = open(place / "q", 10'000);
    put(*queue, "a");
    watch.writes = 0;
    put(*queue, std::string(20'000, 'x'));  // several pages
    EXPECT_EQ(watch.writes, 1);
    put(*queue, std::string(1 << 20, 'x'));
    EXPECT_GT(watch.writes, 2);  // memory stays flat
    EXPECT_EQ(integrity(place / "q"), "ok");
}

TEST(JobQueueLean, AReaderSeesOneStateUntilHeIsDoneWhateverIsCommittedAndCheckpointed) {
    const memory_folder place;
    const auto queue = open(place / "q", 20);
    for (int i = 0; i < 30; ++i) put(*queue, std::string(3000, 'a'));
    stranger reader(place / "q");
    for (int round = 0; round < 20; ++round) {
        ASSERT_EQ(reader.run("BEGIN"), SQLITE_OK);
        const int before = reader.jobs();
        for (int i = 0; i < 30; ++i) put(*queue, std::string(3000, 'b'));
        EXPECT_EQ(reader.jobs(), before);
        ASSERT_EQ(reader.run("COMMIT"), SQLITE_OK);
        EXPECT_EQ(reader.jobs(), before + 30);
    }
    EXPECT_EQ(integrity(place / "q"), "ok");
}

TEST(JobQueueLean, WhoWritesBesideUsIsWaitedFor) {
    const memory_folder place;
    const auto queue = open(place / "q", 20);
    put(*queue, "a");
    stranger writer(place / "q");
    ASSERT_EQ(writer.run("BEGIN IMMEDIATE"), SQLITE_OK);
    ASSERT_EQ(writer.run("UPDATE job SET note = 'seen'"), SQLITE_OK);
    std::string failure;
    conq::test::watched_thread other([&] {
        try {
            put(*queue, "b");
        } catch (const std::exception& thrown) {
            failure = thrown.what();  // for one, that SQLite has waited for long enough
        }
    });
    other.wait_until_asleep();
    EXPECT_EQ(writer.jobs(), 1);
    EXPECT_FALSE(other.has_ended());
    ASSERT_EQ(writer.run("COMMIT"), SQLITE_OK);
    other.join();
    EXPECT_EQ(failure, "");
    EXPECT_EQ(writer.jobs(), 2);
    EXPECT_EQ(writer.run("BEGIN IMMEDIATE"), SQLITE_OK) << "the lock was not given back";
    EXPECT_EQ(writer.run("ROLLBACK"), SQLITE_OK);
    EXPECT_EQ(integrity(place / "q"), "ok");
}

TEST(JobQueueLean, AStrangerWhoWritesAllTheTimeAndIsKilledDamagesNothing) {
    const memory_folder place;
    put(*open(place / "q", 20), "a");
    conq::testing::child_process child([&]() -> int {
        stranger writer(place / "q");
        // Only we make checkpoints: SQLite says that those of two processes at once can damage a
        // file.
        writer.run("PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5000");
        for (;;) {
            writer.run("CREATE TABLE IF NOT EXISTS other(x); INSERT INTO other VALUES(1)");
            for (int i = 0; i < 5; ++i) writer.jobs();  // SQLite's way to wait is not fair
        }
    });
    {
        const auto queue = open(place / "q", 20);
        for (int i = 0; i < 300; ++i) put(*queue, std::string(2000, 'c'));
    }
    child.kill();
    EXPECT_EQ(child.exit_code(), 128 + SIGKILL);
    EXPECT_EQ(stranger(place / "q").jobs(), 301);
    EXPECT_EQ(integrity(place / "q"), "ok");
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Files that are not queues, and damaged ones: the message names the file and says what to do.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include "conq/jobs.hpp"
#include "src/jobs/place.hpp"
#include "testing/faults/process.hpp"
#include "tests/jobs/folder.hpp"

namespace {

using conq::job_queue;

void put_one(const std::string& url) {
    EXPECT_TRUE(job_queue(url).put("a"));
}

void run_sql(const std::string& path, const char* text) {
    sqlite3* base = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &base), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(base, text, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(base);
}

std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

template <class Call> std::string error_of(Call call) {
    try {
        call();
    } catch (const conq::store_error& error) {
        return error.what();
    }
    return "none";
}

std::string error_of_opening(const std::string& path) {
    return error_of([&] { const job_queue queue(path); });
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(JobQueueFile, WhatWasPutIsThereAfterReopening) {
    const folder place;
    for (const char* level : {"process", "batch", "power"}) {
        const std::string url = "sqlite:" + (place / level) + "?durability=" + level;
        put_one(url);
        job_queue queue(url);
        EXPECT_EQ(*queue.take(), "a") << level;
    }
}

// SQLite writes pages of a long transaction to the WAL before the transaction ends, and some of
// them twice: then it writes the headers of all frames anew.
TEST(JobQueueFile, WhatFollowsALongOutputIsThereAfterReopening) {
    for (std::size_t bytes = 1 << 18; bytes < 5 << 20; bytes += 1 << 18) {
        const folder place;
        {
            job_queue queue(place / "q");
            for (const char* each : {"a", "b"}) EXPECT_TRUE(queue.put(each));
            EXPECT_EQ(queue.take().done({}, std::string(bytes, 'x')), conq::status::ok);
            EXPECT_EQ(queue.take().done(), conq::status::ok);
        }
        job_queue queue(place / "q");
        EXPECT_EQ(queue.stats().done, 2U) << bytes;
        EXPECT_EQ(queue.output(1).value_or("").size(), bytes);
    }
}

// How many jobs are in the file itself, without the files beside it.
std::uint64_t jobs_of_the_file_alone(const std::string& path) {
    const folder other;
    std::filesystem::copy_file(path, other / "copy");
    return job_queue(other / "copy").stats().ready;
}

TEST(JobQueueFile, IsWholeByItselfOnceTheLastHandleIsClosed) {
    for (const char* level : {"batch", "power"}) {
        const folder place;
        const std::string url = "sqlite:" + (place / "q") + "?durability=" + level;
        for (std::uint64_t count = 1; count < 4; ++count) {
            put_one(url);
            EXPECT_EQ(jobs_of_the_file_alone(place / "q"), count) << level;
        }
    }
}

TEST(JobQueueFile, IsWholeByItselfWhicheverHandleIsTheLast) {
    const folder place;
    conq::testing::child_process puts([&] {
        ::raise(SIGSTOP);
        put_one(place / "q");
        return 0;
    });
    ASSERT_TRUE(puts.wait_until_stopped());
    auto one = std::make_unique<job_queue>(place / "q");
    auto other = std::make_unique<job_queue>(place / "q");
    EXPECT_TRUE(one->put("a"));
    other.reset();
    EXPECT_TRUE(one->put("b"));
    puts.resume();
    EXPECT_EQ(puts.exit_code(), 0);
    one.reset();
    EXPECT_EQ(jobs_of_the_file_alone(place / "q"), 3U);
}

TEST(JobQueueFile, IsWholeByItselfWhenManyProcessesCloseItAtOnce) {
    const folder place;
    for (std::uint64_t round = 1; round < 6; ++round) {
        std::vector<std::unique_ptr<conq::testing::child_process>> all;
        for (int i = 0; i < 4; ++i) {
            all.push_back(std::make_unique<conq::testing::child_process>([&] {
                put_one(place / "q");
                return 0;
            }));
        }
        for (const auto& each : all) EXPECT_EQ(each->exit_code(), 0);
        EXPECT_EQ(jobs_of_the_file_alone(place / "q"), 4 * round);
    }
}

TEST(JobQueueFile, TwoHandlesShareOneQueue) {
    const folder place;
    job_queue one(place / "q"), other(place / "q");
    std::thread taker([&] { EXPECT_EQ(other.take().done(), conq::status::ok); });
    EXPECT_TRUE(one.put("a"));
    one.join();
    taker.join();
    one.shutdown();
    EXPECT_EQ(other.take().state(), conq::status::shut_down);
}

TEST(JobQueueFile, ALinkToTheFileNamesTheSameQueue) {
    const folder place;
    std::filesystem::create_symlink("q", place / "link");
    job_queue one(place / "link"), other(place / "q");
    EXPECT_TRUE(one.put("a"));
    auto held = one.take();
    EXPECT_EQ(other.try_take().state(), conq::status::empty);  // its holder is seen to live
    EXPECT_EQ(held.done(), conq::status::ok);
    EXPECT_FALSE(std::filesystem::exists(place / "link-lock"));
}

TEST(JobQueueFile, AProcessMayLeaveTheFolderThatItsPathBeganIn) {
    const folder place;
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(place.path());
    job_queue other("q");
    {
        job_queue one("q");
        std::filesystem::current_path(before);
        EXPECT_TRUE(one.put("a"));
    }  // by now it is on the disk
    EXPECT_EQ(error_of([&] { EXPECT_TRUE(other.put("b")); }), "none");
}

// Lets the process have no descriptor from `most` on, while it lives: so an exception that comes
// out of its scope is looked at when there are descriptors again, which sanitizers need for that.
class few_descriptors {
public:
    explicit few_descriptors(int most) {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        const rlimit some{static_cast<rlim_t>(most), before_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &some), 0);
    }
    few_descriptors(const few_descriptors&) = delete;
    few_descriptors& operator=(const few_descriptors&) = delete;
    ~few_descriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

private:
    rlimit before_{};
};

TEST(JobQueueFile, AProcessWithoutFreeDescriptorsIsNoFailureOfTheDisk) {
    const folder place;
    job_queue other(place / "q");
    auto one = std::make_unique<job_queue>(place / "q");
    {
        const few_descriptors none(0);
        EXPECT_TRUE(one->put("a"));
        one.reset();  // by now it is on the disk
    }
    EXPECT_EQ(error_of([&] { EXPECT_TRUE(other.put("b")); }), "none");
}

TEST(JobQueueFile, AProcessWithoutFreeDescriptorsIsToldSoWhenItOpensAQueue) {
    const folder place;
    put_one(place / "q");
    const int next = ::dup(0);
    ASSERT_EQ(::close(next), 0);
    for (int count = 0; count < 8; ++count) {
        const std::string why = error_of([&] {
            const few_descriptors few(next + count);
            const job_queue queue("sqlite:" + (place / "q") + "?owner=family");
        });
        EXPECT_TRUE(why == "none" || has(why, "no file descriptor left")) << count << ": " << why;
        EXPECT_TRUE(why != "none" || count > 3) << count;
    }
}

TEST(JobQueueFile, AJobThatIsTooLongIsToldTheLimitAndItsSize) {
    const folder place;
    job_queue queue(place / "q");
    constexpr std::size_t size = 1'000'000'001;
    void* const zeros = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(zeros, MAP_FAILED);
    const std::string_view body(static_cast<const char*>(zeros), size);
    const std::string why = error_of([&] { static_cast<void>(queue.put(body)); });
    ::munmap(zeros, size);
    EXPECT_TRUE(has(why, "1000000001 bytes") && has(why, "limit of 1000000000 bytes")) << why;
    EXPECT_EQ(queue.stats().ready, 0U);
}

// When a process closes any descriptor of a file, the kernel drops all its locks on that file: then
// a sqlite3 that looks at the queue takes itself for the last one, and removes the WAL.
TEST(JobQueueFile, WhoLooksAtItWithSqliteLeavesTheWalOfAProcessWithTwoHandles) {
    const folder place;
    conq::testing::child_process looks([&] {
        ::raise(SIGSTOP);
        run_sql(place / "q", "SELECT count(*) FROM job");
        return 0;
    });
    ASSERT_TRUE(looks.wait_until_stopped());
    job_queue one(place / "q");
    EXPECT_TRUE(one.put("a"));
    const job_queue other(place / "q");
    looks.resume();
    EXPECT_EQ(looks.exit_code(), 0);
    EXPECT_TRUE(std::filesystem::exists(place / "q-wal"));
    EXPECT_TRUE(one.put("b"));
    EXPECT_EQ(job_queue(place / "q").stats().ready, 2U);
}

TEST(JobQueueFile, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
    const folder place;
    const std::string path = place / "notes";
    std::ofstream(path) << std::string(5000, 'x');
    const std::string before = contents(path);
    const std::string error = error_of_opening(path);
    EXPECT_TRUE(has(error, path) && has(error, "name another file")) << error;
    EXPECT_EQ(contents(path), before);
    EXPECT_FALSE(std::filesystem::exists(path + "-lock"));
}

TEST(JobQueueFile, NothingIsMadeBesideALongFileThatIsNoDatabase) {
    const folder place;
    const std::string path = place / "film";
    std::ofstream(path) << std::string(100'000, 'x');
    EXPECT_TRUE(has(error_of_opening(path), "name another file"));
    EXPECT_FALSE(std::filesystem::exists(path + "-lock"));
}

TEST(JobQueueFile, ALockFileOfSomebodyElseIsRefusedAndLeftAlone) {
    for (const std::string& text : {std::string("keep\n"), std::string(128, 'x'),
                                    std::string(5000, 'x'), std::string(100, '\0') + "x"}) {
        const folder place;
        std::ofstream(place / "q-lock", std::ios::binary) << text;
        const std::string why = error_of_opening(place / "q");
        EXPECT_TRUE(has(why, place / "q-lock") && has(why, "move it away")) << why;
        EXPECT_EQ(contents(place / "q-lock"), text);
    }
}

TEST(JobQueueFile, ALinkInPlaceOfTheLockFileIsRefusedAndWhatItNamesLeftAlone) {
    const folder place;
    for (const bool is_there : {false, true}) {
        if (is_there) std::ofstream(place / "other") << "keep";
        if (!is_there) std::filesystem::create_symlink("other", place / "q-lock");
        const std::string why = error_of_opening(place / "q");
        EXPECT_TRUE(has(why, place / "q-lock") && has(why, "symbolic link")) << why;
        EXPECT_EQ(std::filesystem::exists(place / "other"), is_there);
    }
    EXPECT_EQ(contents(place / "other"), "keep");
}

TEST(JobQueueFile, ALockFileOfBeforeIsTakenAsItIs) {
    const folder place;
    put_one(place / "q");
    EXPECT_EQ(std::filesystem::file_size(place / "q-lock"), 128U);
    put_one(place / "q");
    std::ofstream(place / "q-lock", std::ios::binary) << "";  // as a crash may leave it
    put_one(place / "q");
    EXPECT_EQ(job_queue(place / "q").stats().ready, 3U);
}

TEST(JobQueueFile, AShortFileIsNotTakenForAnEmptyOne) {
    const folder place;
    const std::string path = place / "notes";
    std::ofstream(path) << "milk\n";
    EXPECT_TRUE(has(error_of_opening(path), "name another file"));
    EXPECT_EQ(contents(path), "milk\n");
}

TEST(JobQueueFile, WhatIsNoFileIsRefusedAndNothingIsMadeBesideIt) {
    const folder place;
    std::filesystem::create_directory(place / "folder");
    EXPECT_TRUE(has(error_of_opening(place / "folder"), "a folder: name a file"));
    EXPECT_FALSE(std::filesystem::exists(place / "folder-lock"));
    ASSERT_EQ(::mkfifo((place / "pipe").c_str(), 0600), 0);
    EXPECT_TRUE(has(error_of_opening(place / "pipe"), "name a file"));
    EXPECT_FALSE(std::filesystem::exists(place / "pipe-lock"));
}

TEST(JobQueueFile, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
    const folder place;
    const std::string path = place / "other";
    run_sql(path, "CREATE TABLE t(x)");
    const std::string before = contents(path);
    EXPECT_TRUE(has(error_of_opening(path), "another program"));
    EXPECT_EQ(contents(path), before);
    EXPECT_FALSE(std::filesystem::exists(path + "-lock"));
}

TEST(JobQueueFile, AQueueOfANewerVersionIsRefused) {
    const folder place;
    put_one(place / "q");
    run_sql(place / "q", "PRAGMA user_version = 2");
    EXPECT_TRUE(has(error_of_opening(place / "q"), "use a newer conq"));
    run_sql(place / "q", "PRAGMA user_version = 1");
    EXPECT_EQ(*job_queue(place / "q").take(), "a");
}

TEST(JobQueueFile, AQueueOfAnotherBuildIsRefused) {
    for (const char* change :
         {"ALTER TABLE job DROP COLUMN limit_ms", "ALTER TABLE job ADD COLUMN x INTEGER"}) {
        const folder place;
        const std::string path = place / "q";
        put_one(path);
        run_sql(path, change);
        const std::string why = error_of_opening(path);
        EXPECT_TRUE(has(why, path) && has(why, "another build of conq")) << why;
        EXPECT_TRUE(has(why, "conq put -q NEW")) << why;
    }
}

// While it lives, every file lies on a file system of that type.
struct all_on {
    explicit all_on(conq::jobs::place_probe type) { conq::jobs::set_place_probe(type); }
    all_on(const all_on&) = delete;
    all_on& operator=(const all_on&) = delete;
    ~all_on() { conq::jobs::set_place_probe(nullptr); }
};

TEST(JobQueueFile, ANetworkFileSystemIsRefusedAndNothingIsMadeThere) {
    const folder place;
    const all_on nfs([](const std::string&) -> std::uint32_t { return 0x6969; });
    const std::string why = error_of_opening(place / "q");
    EXPECT_TRUE(has(why, place / "q") && has(why, "NFS") && has(why, "local disk")) << why;
    EXPECT_FALSE(std::filesystem::exists(place / "q-lock"));
    EXPECT_FALSE(std::filesystem::exists(place / "q"));
}

TEST(JobQueueFile, AFileSystemOfAProgramIsNotRefused) {
    const folder place;
    const all_on fuse([](const std::string&) -> std::uint32_t { return 0x65735546; });
    EXPECT_EQ(conq::jobs::place_of("q").how, conq::jobs::place::kind::foreign);
    put_one(place / "q");
}

TEST(JobQueueFile, TheFileSystemOfAFileThatIsNotThereYetIsThatOfItsFolder) {
    for (const char* path : {"/proc/none", "/proc/self/none", "/dev/shm/none", "none", "/"}) {
        EXPECT_EQ(conq::jobs::place_of(path).how, conq::jobs::place::kind::local) << path;
    }
}

TEST(JobQueueFile, ALeaseByTimeEndsWithTheBoot) {
    const folder place;
    job_queue queue(place / "q");
    EXPECT_TRUE(queue.put("a"));
    ASSERT_TRUE(queue.take().detach(std::chrono::hours(1)));
    EXPECT_EQ(queue.try_take().state(), conq::status::empty);
    run_sql(place / "q", "UPDATE job SET owner = owner + 1");  // as after another boot
    EXPECT_EQ(*queue.take_for(std::chrono::minutes(1)), "a");
}

// Which of three outputs are there after `change` and the end of another job.
std::string kept_outputs(const char* change, bool keeps) {
    const folder place;
    job_queue queue(place / "q");
    queue.keep_outputs(keeps);
    const auto end_one = [&queue] {
        const conq::job_id id = queue.put("a").value();
        EXPECT_EQ(queue.take().done("", std::to_string(id)), conq::status::ok);
    };
    end_one();
    end_one();
    run_sql(place / "q", change);
    end_one();
    std::string all;
    for (const conq::job_id id : {1U, 2U, 3U}) all += queue.output(id).value_or("");
    return all;
}

TEST(JobQueueFile, OldOutputsMakeRoomUnlessTheyAreKept) {
    EXPECT_EQ(kept_outputs("UPDATE output SET upto = upto + (200 << 20) WHERE seq = 2", false),
              "123");
    const char* const large = "UPDATE output SET upto = upto + (256 << 20) WHERE seq = 2";
    EXPECT_EQ(kept_outputs(large, false), "23");
    EXPECT_EQ(kept_outputs(large, true), "123");
    const char* const old = "UPDATE output SET end_ms = end_ms - 8 * 86400000 WHERE seq < 3";
    EXPECT_EQ(kept_outputs(old, false), "3");
    EXPECT_EQ(kept_outputs(old, true), "123");
}

TEST(JobQueueFile, ADamagedOutputIsFoundByItsChecksum) {
    const folder place;
    job_queue queue(place / "q");
    const conq::job_id id = queue.put("a").value();
    EXPECT_EQ(queue.take().done("", "it is"), conq::status::ok);
    run_sql(place / "q", "UPDATE output SET bytes = CAST('it was' AS BLOB)");
    EXPECT_TRUE(has(error_of([&] { static_cast<void>(queue.output(id)); }), "output of job 1"));
}

TEST(JobQueueFile, AWalThatALargeBatchHasMadeLongIsCutAgain) {
    const memory_folder place;
    job_queue queue(place / "q");
    const std::vector<std::string> bodies(70, std::string(1 << 20, 'a'));
    std::vector<conq::job_id> ids;
    EXPECT_EQ(queue.put_many(bodies, ids), conq::status::ok);
    EXPECT_GT(std::filesystem::file_size(place / "q-wal"), 70U << 20);  // it could be longer
    EXPECT_TRUE(queue.put("b"));
    EXPECT_LE(std::filesystem::file_size(place / "q-wal"), 64U << 20);
}

TEST(JobQueueFile, AJobWhoseLeaseIsExtendedKeepsItsProcess) {
    const folder place;
    job_queue queue("sqlite:" + (place / "q") + "?owner=family");
    EXPECT_TRUE(queue.put("a"));
    auto task = queue.take();
    task.runs_as(::getpid());
    EXPECT_EQ(task.extend(std::chrono::hours(1)), conq::status::ok);
    run_sql(place / "q", "UPDATE job SET note = 'known' WHERE process IS NOT NULL");
    EXPECT_EQ(queue.find(task.id()).value().note, "known");
}

TEST(JobQueueFile, WhoReplacesAFileThatIsOpenIsToldSo) {
    const folder place;
    const job_queue before(place / "q");
    for (const char* each : {"q", "q-wal", "q-shm"}) std::filesystem::remove(place / each);
    const std::string why = error_of_opening(place / "q");
    EXPECT_TRUE(has(why, "still open") && has(why, place / "q-lock")) << why;
}

TEST(JobQueueFile, AFileThatWasRemovedOrReplacedWhileOpenTakesNothingMore) {
    for (const bool is_replaced : {false, true}) {
        const folder place;
        job_queue queue(place / "q");
        EXPECT_TRUE(queue.put("a"));
        std::filesystem::rename(place / "q", place / "old");
        if (is_replaced) std::ofstream(place / "q") << "";
        const std::string why = error_of([&] { static_cast<void>(queue.put("b")); });
        EXPECT_TRUE(has(why, place / "q") && has(why, "open the queue anew")) << why;
    }
}

TEST(JobQueueFile, ASecondHardLinkIsRefused) {
    const folder place;
    put_one(place / "q");
    std::filesystem::create_hard_link(place / "q", place / "link");
    for (const char* each : {"q", "link"}) {
        const std::string why = error_of_opening(place / each);
        EXPECT_TRUE(has(why, place / each) && has(why, "remove all but one")) << why;
    }
    EXPECT_FALSE(std::filesystem::exists(place / "link-lock"));
    std::filesystem::remove(place / "link");
    EXPECT_EQ(*job_queue(place / "q").take(), "a");
}

TEST(JobQueueFile, AFolderThatIsNotThereIsNamed) {
    const folder place;
    EXPECT_TRUE(has(error_of_opening(place / "no/q"), "a folder and files that you may write"));
}

TEST(JobQueueFile, ChangedRowsAreFoundByTheirChecksum) {
    for (const char* change :
         {"body = CAST('b' AS BLOB)", "token = 7", "attempts = 1", "crashes = 3",
          "max_attempts = 1", "limit_ms = 1", "body_sum = 1", "sum = 1"}) {
        const folder place;
        put_one(place / "q");
        run_sql(place / "q", (std::string("UPDATE job SET ") + change).c_str());
        job_queue queue(place / "q");
        const std::string error = error_of([&] { static_cast<void>(queue.try_take()); });
        EXPECT_TRUE(has(error, "job 1") && has(error, "restore")) << change << ": " << error;
    }
}

TEST(JobQueueFile, ATruncatedFileIsNeverAWrongJob) {
    const folder place;
    const std::string whole = place / "whole";
    std::vector<conq::job_id> ids;
    const std::vector<std::string> bodies(200, std::string(300, 'a'));
    EXPECT_EQ(job_queue(whole).put_many(bodies, ids), conq::status::ok);
    run_sql(whole, "PRAGMA wal_checkpoint(TRUNCATE)");
    const std::string bytes = contents(whole);
    int refused = 0;
    for (std::size_t size = 1; size < bytes.size(); size += 4096 + 511) {
        const folder part;
        std::ofstream(part / "q", std::ios::binary) << bytes.substr(0, size);
        refused += error_of([&] {
                       job_queue queue(part / "q");
                       for (std::size_t i = 0; i < bodies.size(); ++i) {
                           auto task = queue.try_take();
                           ASSERT_TRUE(task);
                           ASSERT_EQ(*task, bodies[0]);
                           ASSERT_EQ(task.done(), conq::status::ok);
                       }
                   }) != "none";
    }
    EXPECT_GT(refused, 0);
}

}  // namespace

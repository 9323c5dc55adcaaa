// SPDX-License-Identifier: BSL-1.0
// Files that were damaged while nobody had them open: the result is an error that names the place,
// or the same jobs; never another job.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "conq/jobs.hpp"
#include "testing/storage/watched.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"
#include "tests/jobs/folder.hpp"

namespace {

using conq::job_queue;
using conq::job_state;
using jobs_by_body = std::map<std::string, job_state>;

std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

jobs_by_body jobs_of(job_queue& queue) {
    jobs_by_body all;
    for (const job_state state : {job_state::ready, job_state::done, job_state::dead,
                                  job_state::running, job_state::cancelled, job_state::delayed}) {
        for (const auto& each : queue.list(state)) all[each.body] = state;
    }
    return all;
}

// What is found in that file, or why nothing can be.
struct finding {
    jobs_by_body jobs;
    std::string error;
};

finding look(const std::string& path) {
    finding out;
    try {
        job_queue queue("sqlite:" + path + "?durability=process");
        out.jobs = jobs_of(queue);
    } catch (const conq::store_error& error) {
        out.error = error.what();
    }
    return out;
}

// While it lives, syncs do nothing: thousands of files are opened.
class haste final : public conq::testing::storage_listener {
public:
    int before(conq::testing::storage_event&) override { return SQLITE_OK; }

private:
    const conq::testing::watched_storage storage_{*this};
};

// Makes a queue of some jobs in all states. Returns what it holds.
jobs_by_body make(const std::string& path) {
    job_queue queue("sqlite:" + path + "?durability=process");
    std::vector<conq::job_id> ids;
    static_cast<void>(queue.put_many({"a", "b", "c", "d", std::string(3000, 'e')}, ids));
    static_cast<void>(queue.take().done("well"));
    static_cast<void>(queue.take().fail("why"));
    static_cast<void>(queue.cancel(ids[2]));
    static_cast<void>(queue.put("later", {.delay = std::chrono::hours(1)}));
    return jobs_of(queue);
}

void copy_wal_into(const std::string& path) {
    sqlite3* base = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &base), SQLITE_OK);
    const char* const all = "PRAGMA wal_checkpoint(TRUNCATE)";
    EXPECT_EQ(sqlite3_exec(base, all, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(base);
}

TEST(JobQueueDamage, AnyBitOfTheFileThatFlipsIsAnErrorOrChangesNoJob) {
    const haste no_syncs;
    const memory_folder place;
    const jobs_by_body before = make(place / "q");
    copy_wal_into(place / "q");
    const std::string file = contents(place / "q");
    std::mt19937_64 dice(conq::testing::first_seed());
    const std::uint64_t tries = conq::testing::scaled(8000);
    std::uint64_t errors = 0;
    for (std::uint64_t i = 0; i < tries; ++i) {
        const memory_folder part;
        std::string bad = file;
        const std::uint64_t bit = dice() % (file.size() * 8);
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
        write(part / "q", bad);
        const finding now = look(part / "q");
        if (now.error.empty()) {
            ASSERT_EQ(now.jobs, before) << "bit " << bit;
        } else {
            ++errors;
            ASSERT_NE(now.error.find(part / "q"), std::string::npos) << now.error;
        }
    }
    std::printf("%d bits, %d errors\n", static_cast<int>(tries), static_cast<int>(errors));
    EXPECT_GT(errors, 0U);
    conq::testing::publish(
        {"job queues: never a wrong job", "bits that flip", tries, 0, conq::testing::first_seed()});
}

TEST(JobQueueDamage, AWalThatIsCutAnywhereIsNeverAWrongJob) {
    const haste no_syncs;
    const memory_folder place;
    const jobs_by_body before = make(place / "q");
    const std::string file = contents(place / "q"), wal = contents(place / "q-wal");
    const std::size_t stride = static_cast<std::size_t>(std::max(7.0, 7 / conq::testing::effort()));
    std::size_t last_count = 0;
    for (std::size_t size = 0; size <= wal.size(); size += stride) {
        const memory_folder part;
        write(part / "q", file);
        write(part / "q-wal", wal.substr(0, size));
        const finding now = look(part / "q");
        for (const auto& [body, state] : now.jobs) {
            ASSERT_TRUE(before.contains(body)) << size;
        }
        ASSERT_GE(now.jobs.size(), last_count) << size;  // a prefix of what was done
        last_count = now.jobs.size();
    }
    EXPECT_GT(last_count, 0U);
}

TEST(JobQueueDamage, CanaryAChangedBodyWouldBeSeen) {
    const memory_folder place;
    const jobs_by_body before = make(place / "q");
    job_queue queue(place / "q");
    static_cast<void>(queue.put("f"));
    EXPECT_NE(jobs_of(queue), before);
}

TEST(JobQueueSize, AJobOf64MebibytesComesBackAsItWas) {
    const folder place;
    std::string body(64 << 20, 'x');
    for (std::size_t i = 0; i < body.size(); i += 4099) body[i] = static_cast<char>(i);
    static_cast<void>(job_queue(place / "q").put(body).value());
    auto queue = std::make_unique<job_queue>(place / "q");
    auto task = queue->take();
    EXPECT_TRUE(*task == body);
    EXPECT_EQ(task.done(), conq::status::ok);
}

TEST(JobQueueSize, AFileThatMayNotBeWrittenIsNamedWithTheMend) {
    const memory_folder place;
    make(place / "q");
    namespace fs = std::filesystem;
    fs::remove(place / "q-lock");
    fs::remove(place / "q-shm");
    // A folder is in the way: so even root cannot write there.
    fs::create_directory(place / "q-lock");
    const std::string error = look(place / "q").error;
    EXPECT_NE(error.find("q-lock"), std::string::npos) << error;
    EXPECT_NE(error.find("files that you may write"), std::string::npos) << error;
}

}  // namespace

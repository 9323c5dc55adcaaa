// SPDX-License-Identifier: BSL-1.0
// A process is struck at each of its system calls in turn: it is killed, it is interrupted, or the
// call fails.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "testing/storage/traced.hpp"
#include "testing/support/effort.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/storage/history.hpp"
#include "tests/storage/story.hpp"

namespace {

using conq::jobs::durability;
using conq::jobs::ending;
using conq::testing::run_traced;
using conq::testing::strike;
using namespace std::chrono_literals;
namespace jobs = conq::jobs;

constexpr const char* bodies[] = {"a", "b", "c", "d", "e", "f", "g"};

class worker {
public:
    // Each transaction that finds the WAL longer than a few pages makes a checkpoint.
    worker(const std::string& path, durability level, const std::string& log) : log_(log) {
        jobs::queue_url url;
        url.path = path;
        url.level = level;
        url.checkpoint_pages = 25;
        queue_ = jobs::open_sqlite(url);
    }

    void put(std::initializer_list<const char*> some) {
        const conq::job_options options{.max_crashes = 1000};
        std::vector<jobs::new_job> all;
        for (const char* each : some) all.push_back({each, &options});
        std::vector<conq::job_id> ids(all.size());
        if (queue_->put(all, ids) != conq::status::ok) return;
        for (const char* each : some) log_.put(each);
    }

    void take(ending how, bool renews) {
        std::vector<jobs::granted> some;
        queue_->claim(1h, 1, some);
        if (some.empty()) return;
        const jobs::granted& job = some[0];
        log_.taken(job.body);
        if (renews) queue_->renew({&job.at, 1}, 2h);
        if (how == ending::forget) log_.forgets(job.body);
        conq::status answer = conq::status::ok;
        queue_->end({&job.at, 1}, how, {"note", "output"}, 0ms, {&answer, 1});
        const bool is_good = how == ending::done || how == ending::forget;
        if (answer == conq::status::ok && is_good) log_.done(job.body);
    }

    void all() {
        put({"a"});
        put({"b", "c", "d"});
        take(ending::done, false);
        take(ending::retry, false);
        take(ending::done, true);
        take(ending::forget, false);
        put({"e", "f"});
        take(ending::give_back, true);
        take(ending::done, false);
        put({"g"});
    }

private:
    history log_;
    std::unique_ptr<jobs::engine> queue_;
};

acknowledged read_log(const std::string& path) {
    acknowledged heard;
    for (const char* each : bodies) heard.tries.insert(each);
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        if (line[0] == 'P') heard.puts.push_back(line.substr(1));
        if (line[0] == 'F') heard.forgets.insert(line.substr(1));
        if (line[0] == 'D') heard.dones.insert(line.substr(1));
    }
    return heard;
}

// With little effort, only about every tenth call is struck; which ones depends on the seed.
std::uint64_t stride(strike how) {
    // However low the effort, some calls each time; there are not many writes.
    const double most = how == strike::short_write ? 5 : 20;
    return static_cast<std::uint64_t>(std::clamp(1 / conq::testing::effort(), 1.0, most));
}

struct place_of_work {
    memory_folder place;
    std::string path = place / "q", log = place / "log";
};

void work(const place_of_work& where, durability level) {
    try {
        worker(where.path, level, where.log).all();
    } catch (const conq::store_error&) {
        ::_exit(3);  // as a program that gives up
    }
}

// Strikes each call until there are none left. Returns how many there were.
template <class Body> std::uint64_t strike_all(strike how, Body body) {
    std::uint64_t count = 0;
    const std::uint64_t step = stride(how);
    for (std::uint64_t at = conq::testing::first_seed() % step + 1;; at += step) {
        const place_of_work where;
        const auto end = run_traced([&] { body(where); }, how, at);
        EXPECT_EQ(faults_in(where.path, read_log(where.log), {true, true}),
                  std::vector<std::string>())
            << "call " << at;
        if (how != strike::kill || !end.was_struck) {
            const bool gave_up = end.was_struck && how == strike::io_error;
            EXPECT_TRUE(WIFEXITED(end.status) &&
                        (WEXITSTATUS(end.status) == 0 || (gave_up && WEXITSTATUS(end.status) == 3)))
                << "call " << at << " ended with " << end.status;
        }
        if (!end.was_struck) {
            EXPECT_GT(std::filesystem::file_size(where.path), 4096U) << "no checkpoint was made";
        }
        if (!end.was_struck || testing::Test::HasFailure()) return count;
        ++count;
    }
}

struct manner {
    const char* name;
    strike how;
};

class JobQueueStrike : public testing::TestWithParam<manner> {};
INSTANTIATE_TEST_SUITE_P(Manners, JobQueueStrike,
                         testing::Values(manner{"Kill", strike::kill},
                                         manner{"Interrupt", strike::interrupt},
                                         manner{"IoError", strike::io_error},
                                         manner{"ShortWrite", strike::short_write}),
                         [](const auto& about) { return std::string(about.param.name); });

TEST_P(JobQueueStrike, AtEachSystemCallLosesNothingThatWasAcknowledged) {
    if (!conq::testing::can_trace(GetParam().how)) GTEST_SKIP() << "no ptrace";
    for (const durability level : {durability::process, durability::batch, durability::power}) {
        const std::uint64_t count =
            strike_all(GetParam().how, [&](const place_of_work& where) { work(where, level); });
        EXPECT_GT(count, 3U);
        std::printf("%s: %d system calls\n", GetParam().name, static_cast<int>(count));
    }
}

// Not only calls of the queue are struck: a call after the acknowledgement must be among them.
TEST(JobQueueKill, CanaryAPutThatIsAcknowledgedBeforeItIsMadeIsFound) {
    if (!conq::testing::can_trace(strike::kill)) GTEST_SKIP() << "no ptrace";
    int lost = 0;
    for (std::uint64_t at = 1;; ++at) {
        const place_of_work where;
        worker(where.path, durability::process, where.log);
        const auto hasty = [&] {
            worker queue(where.path, durability::process, where.log);
            history(where.log).put("a");
            queue.put({"a"});
        };
        const bool was_struck = run_traced(hasty, strike::kill, at).was_struck;
        lost += !faults_in(where.path, read_log(where.log), {true, true}).empty();
        if (!was_struck) break;
    }
    EXPECT_GT(lost, 0);  // a put makes few system calls before its commit
}

}  // namespace

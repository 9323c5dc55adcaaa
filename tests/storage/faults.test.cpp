// SPDX-License-Identifier: BSL-1.0
// Each call on the storage fails, once or from then on: the error has its type, nothing
// acknowledged is lost, and the queue is usable when it is opened again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "conq/jobs.hpp"
#include "testing/storage/fault_plan.hpp"
#include "testing/support/effort.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/storage/story.hpp"

namespace {

using conq::jobs::durability;
using conq::testing::fault_plan;
using conq::testing::storage_fault;
using conq::testing::watched_storage;

struct kind {
    const char* name;
    storage_fault fault;
    bool lasts;
};

class JobQueueFault : public testing::TestWithParam<kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, JobQueueFault,
                         testing::Values(kind{"IoError", storage_fault::io_error, false},
                                         kind{"BrokenDisk", storage_fault::io_error, true},
                                         kind{"DiskFull", storage_fault::disk_full, false},
                                         kind{"DiskStaysFull", storage_fault::disk_full, true},
                                         kind{"ShortWrite", storage_fault::short_write, false},
                                         kind{"FailedSync", storage_fault::failed_sync, false},
                                         kind{"NoSync", storage_fault::failed_sync, true}),
                         [](const auto& about) { return std::string(about.param.name); });

// With little effort, only about every tenth call fails.
std::uint64_t stride() {
    return static_cast<std::uint64_t>(std::max(1.0, 1 / conq::testing::effort()));
}

// Whether there was an `at`-th call that could fail.
bool fails_at(const kind& how, durability level, std::uint64_t at) {
    const memory_folder place;
    fault_plan plan(how.fault, at, how.lasts);
    const watched_storage storage(plan);
    story told(place / "q", level);
    told.run();
    told.close();
    plan.end();
    EXPECT_EQ(faults_in(place / "q", told.heard(), {true, true}), std::vector<std::string>())
        << "call " << at;
    EXPECT_TRUE(plan.fired() > 0 || told.errors().empty());
    return plan.fired() > 0;
}

TEST_P(JobQueueFault, AtTheNthCallThrowsAndLosesNothingUntilNoneIsLeft) {
    std::uint64_t done = 0;
    for (const durability level : {durability::process, durability::power}) {
        std::uint64_t at = conq::testing::first_seed() % stride() + 1;
        for (; fails_at(GetParam(), level, at) && !HasFailure(); at += stride()) ++done;
    }
    EXPECT_GT(done, 0U);
    std::printf("%s: %d calls failed\n", GetParam().name, static_cast<int>(done));
}

TEST(JobQueueSync, OneThatFailsEndsTheOpenStoreForAllProcessesAndReopeningMendsIt) {
    const memory_folder place;
    fault_plan plan(storage_fault::failed_sync, 1, false);
    plan.end();
    const watched_storage storage(plan);
    conq::job_queue queue("sqlite:" + (place / "q") + "?durability=power");
    conq::job_queue other("sqlite:" + (place / "q") + "?durability=process");
    plan.begin();
    EXPECT_THROW(static_cast<void>(queue.put("a")), conq::in_doubt_error);
    EXPECT_EQ(plan.fired(), 1U);
    for (conq::job_queue* each : {&queue, &other}) {
        try {
            static_cast<void>(each->try_take());
            ADD_FAILURE() << "a queue goes on after a failed sync";
        } catch (const conq::store_error& error) {
            EXPECT_NE(std::string(error.what()).find("open the queue anew"), std::string::npos);
        }
    }
    conq::job_queue again("sqlite:" + (place / "q"));
    EXPECT_TRUE(again.put("b"));
    EXPECT_TRUE(again.try_take());
    EXPECT_THROW(static_cast<void>(queue.put("c")), conq::store_error);
}

TEST(JobQueueSync, CanaryAStoryThatClaimsWhatIsNotThereIsFound) {
    const memory_folder place;
    story told(place / "q", durability::process);
    told.run();
    told.close();
    acknowledged heard = told.heard();
    heard.puts.emplace_back("never");
    heard.dones.insert("last");
    EXPECT_EQ(faults_in(place / "q", heard, {true, true}).size(), 3U);
}

}  // namespace

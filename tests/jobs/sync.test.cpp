// SPDX-License-Identifier: BSL-1.0
// What reaches the disk with each level of durability, as far as the syncs of the WAL show it.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "conq/jobs.hpp"
#include "tests/jobs/folder.hpp"

namespace {
std::atomic<int> syncs{0};
}

// Replaces the C library's function in all of this program.
extern "C" int fdatasync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace {

using conq::job_queue;
using conq::status;

// How many syncs there are from the put of a job, which is then done, until its handle is closed.
int syncs_of_an_end(const std::string& level) {
    const folder place;
    int before = 0;
    {
        job_queue queue("sqlite:" + (place / "q") + "?durability=" + level);
        EXPECT_TRUE(queue.put("a"));
        before = syncs;
        EXPECT_EQ(queue.take().done(), status::ok);
    }
    return syncs - before;
}

TEST(JobQueueSync, WhatIsDoneReachesTheDiskByItselfUnlessOnlyProcessesDie) {
    EXPECT_EQ(syncs_of_an_end("process"), 0);
    EXPECT_GT(syncs_of_an_end("batch"), 0);
    EXPECT_GT(syncs_of_an_end("power"), 0);
}

TEST(JobQueueSync, APutWithPowerIsOnTheDiskWhenItReturns) {
    const folder place;
    job_queue queue("sqlite:" + (place / "q") + "?durability=power");
    const int before = syncs;
    EXPECT_TRUE(queue.put("a"));
    EXPECT_GT(syncs, before);
}

}  // namespace

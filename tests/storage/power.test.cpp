// SPDX-License-Identifier: BSL-1.0
// The power fails before and after each sync: of what was not synced by then, all, nothing or a
// part is there. With durability=power every acknowledged put is there; otherwise all up to some
// put.
#include <gtest/gtest.h>

#include <cstdio>

#include "testing/storage/disk_model.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/storage/story.hpp"

namespace {

using conq::jobs::durability;
using conq::testing::disk_manner;
using conq::testing::disk_model;
using conq::testing::watched_storage;

// The result of a story whose power fails at each sync, in several ways each time.
struct outcome {
    std::uint64_t failures = 0;       // of the power
    std::vector<std::string> faults;  // of the queue
};

outcome fail_power(durability level, must_keep what, disk_manner manner = {}) {
    const std::uint64_t seed = conq::testing::first_seed();
    const std::uint64_t ways = conq::testing::scaled(manner.fails_at > 0 ? 3 : 30);
    std::mt19937_64 dice(seed);
    outcome out;
    const memory_folder place;
    story told(place / "q", level);
    const disk_model* disk = nullptr;
    const auto moment = [&] {
        for (std::uint64_t i = 0; i < ways && out.faults.empty(); ++i) {
            const memory_folder image;
            disk->write_image(image.path(), dice);
            ++out.failures;
            out.faults = faults_in(image / "q", told.heard(), what);
        }
    };
    disk_model model(place.path(), moment, manner);
    disk = &model;
    const watched_storage storage(model);
    told.run();
    told.close();
    if (!out.faults.empty()) std::printf("seed %d: ", static_cast<int>(seed));
    std::printf("%d syncs, the power failed %d times\n", static_cast<int>(model.syncs()),
                static_cast<int>(out.failures));
    return out;
}

TEST(JobQueuePower, LosesNoPutThatWasAcknowledgedWithDurabilityPower) {
    const outcome out = fail_power(durability::power, {true, false});
    ASSERT_EQ(out.faults, std::vector<std::string>());
    EXPECT_GT(out.failures, 40U);
    conq::testing::publish({"job queues: no acknowledged put is lost",
                            "power failures, durability=power", out.failures, 0,
                            conq::testing::first_seed()});
}

TEST(JobQueuePower, LeavesTheFileWholeWithLess) {
    for (const durability level : {durability::process, durability::batch}) {
        EXPECT_EQ(fail_power(level, {false, false}).faults, std::vector<std::string>());
    }
}

TEST(JobQueuePower, LosesNothingMoreAfterASyncThatFailed) {
    for (std::uint64_t at = 1; at < 60; at += 1 + 9 / conq::testing::scaled(9)) {
        const outcome out = fail_power(durability::power, {true, false}, {.fails_at = at});
        ASSERT_EQ(out.faults, std::vector<std::string>()) << "sync " << at;
    }
}

TEST(JobQueuePower, CanaryAPutWithoutASyncIsFoundToBeLost) {
    EXPECT_FALSE(fail_power(durability::process, {true, false}).faults.empty());
}

TEST(JobQueuePower, CanaryADiskThatLiesIsFoundToDamageTheFile) {
    EXPECT_FALSE(fail_power(durability::process, {false, false}, {.lies = true}).faults.empty());
}

}  // namespace

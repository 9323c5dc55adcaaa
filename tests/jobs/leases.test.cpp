// SPDX-License-Identifier: BSL-1.0
// Leases as the engines keep them: by time, where nobody says that they are held.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "src/jobs/engines.hpp"
#include "src/jobs/url.hpp"
#include "tests/jobs/folder.hpp"

namespace {

using namespace std::chrono_literals;
using namespace conq::jobs;
using conq::job_span;
using conq::status;

class Leases : public testing::TestWithParam<const char*> {
protected:
    // Puts a job and takes it.
    ticket held_for(job_span lease) {
        const conq::job_options plain;
        const new_job job{"a", &plain};
        conq::job_id id = 0;
        EXPECT_EQ(engine_->put({&job, 1}, {&id, 1}), status::ok);
        const std::vector<granted> all = claimed(lease);
        return all.empty() ? ticket{} : all[0].at;
    }
    std::vector<granted> claimed(job_span lease) {
        std::vector<granted> all;
        static_cast<void>(engine_->claim(lease, 1, all));
        return all;
    }
    // Lets a lease of a millisecond run out.
    static void pass_2ms() {
        const auto begin = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begin < 2ms) {
        }
    }
    std::unique_ptr<engine> opened() {
        const std::string name = GetParam();
        return name == "memory" ? open_memory() : open_sqlite(parse_url(place_ / "q"));
    }

    folder place_;
    std::unique_ptr<engine> engine_ = opened();
};
INSTANTIATE_TEST_SUITE_P(Engines, Leases, testing::Values("memory", "sqlite"),
                         [](const auto& about) { return std::string(about.param); });

TEST_P(Leases, EndByTimeUnlessRenewed) {
    const ticket first = held_for(1ms);
    pass_2ms();
    const std::vector<granted> again = claimed(1h);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_GT(again[0].at.token, first.token);
    status answer = status::ok;
    engine_->end({&first, 1}, ending::done, {}, {}, {&answer, 1});
    EXPECT_EQ(answer, status::lease_lost);
}

TEST_P(Leases, AreNotShortenedByARenewal) {
    const ticket held = held_for(1h);
    engine_->renew({&held, 1}, 1ms);
    pass_2ms();
    EXPECT_TRUE(claimed(1h).empty());
}

TEST_P(Leases, AreNotShortenedByAnExtension) {
    const ticket held = held_for(1h);
    EXPECT_TRUE(engine_->hold(held, 1ms, keeper::owner));
    pass_2ms();
    EXPECT_TRUE(claimed(1h).empty());
}

TEST_P(Leases, AreAsLongAsSaidWhenTheyLeaveTheirOwner) {
    const ticket held = held_for(1h);
    EXPECT_TRUE(engine_->hold(held, 1ms, keeper::nobody));
    pass_2ms();
    EXPECT_EQ(claimed(1h).size(), 1U);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
// Tests docs/formats/job_queue_url.md, line by line.
#include "src/jobs/url.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace conq::jobs {
namespace {

std::string error_of(std::string_view text) {
    try {
        static_cast<void>(parse_url(text));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "none";
}

TEST(JobQueueUrl, SqliteTakesARelativeOrAnAbsolutePath) {
    EXPECT_EQ(parse_url("sqlite:a/b.q").path, "a/b.q");
    EXPECT_EQ(parse_url("sqlite:/a/b.q").path, "/a/b.q");
}

TEST(JobQueueUrl, AStringWithoutASchemeIsAPathAsItIs) {
    EXPECT_EQ(parse_url("a%41?b.q").path, "a%41?b.q");
    EXPECT_EQ(parse_url("./redis:x").path, "./redis:x");
    EXPECT_EQ(parse_url("a/b:c").path, "a/b:c");
    EXPECT_EQ(parse_url("c:x").path, "c:x");  // a scheme has two letters
    EXPECT_NE(error_of("c+-.1:x").find("unknown scheme"), std::string::npos);
}

TEST(JobQueueUrl, PercentStandsForAByte) {
    EXPECT_EQ(parse_url("sqlite:a%3Fb%25").path, "a?b%");
    EXPECT_NE(error_of("sqlite:a%3").find("two hexadecimal digits"), std::string::npos);
    EXPECT_NE(error_of("sqlite:a%zz").find("two hexadecimal digits"), std::string::npos);
    EXPECT_NE(error_of("sqlite:a%00").find("%00"), std::string::npos);
}

TEST(JobQueueUrl, KeysAreDurabilityLeaseOwnerAndTimeLimit) {
    const queue_url url = parse_url("sqlite:q?durability=power&lease=1.5s");
    EXPECT_EQ(url.level, durability::power);
    EXPECT_EQ(url.lease, job_span(1500));
    EXPECT_FALSE(url.is_family);
    EXPECT_TRUE(parse_url("sqlite:q?owner=family").is_family);
    EXPECT_FALSE(url.are_limits_advisory);
    EXPECT_TRUE(parse_url("sqlite:q?time_limit=advisory").are_limits_advisory);
    EXPECT_FALSE(parse_url("sqlite:q?time_limit=enforced").are_limits_advisory);
    EXPECT_EQ(parse_url("sqlite:q").level, durability::batch);
    EXPECT_EQ(parse_url("sqlite:q?lease=2h").lease, job_span(7'200'000));
    EXPECT_EQ(parse_url("sqlite:q?lease=3").lease, job_span(3000));
}

TEST(JobQueueUrl, WhatIsUnknownIsAnErrorThatListsTheKnown) {
    EXPECT_NE(error_of("sqlite:q?color=red").find("known are durability, lease, owner, time_limit"),
              std::string::npos);
    EXPECT_NE(error_of("redis:x").find("known are memory, sqlite"), std::string::npos);
    EXPECT_NE(error_of("sqlite:q?durability=some").find("process, batch or power"),
              std::string::npos);
    EXPECT_NE(error_of("sqlite:q?owner=me").find("process or family"), std::string::npos);
    EXPECT_NE(error_of("sqlite:q?time_limit=1s").find("enforced or advisory"), std::string::npos);
    EXPECT_NE(error_of("sqlite:q?lease=1y").find("lease takes"), std::string::npos);
    EXPECT_NE(error_of("sqlite:q?lease").find("KEY=VALUE"), std::string::npos);
    EXPECT_EQ(parse_url("sqlite:q?lease=10ms").lease, job_span(10));
    EXPECT_EQ(parse_url("sqlite:q?lease=30d").lease, job_span(2'592'000'000));
    EXPECT_NE(error_of("sqlite:q?lease=9ms").find("lease takes"), std::string::npos);
    EXPECT_NE(error_of("sqlite:q?lease=31d").find("lease takes"), std::string::npos);
}

TEST(JobQueueUrl, AMissingOrNeedlessPathIsAnError) {
    EXPECT_NE(error_of("").find("named by a path"), std::string::npos);
    EXPECT_NE(error_of("sqlite:").find("followed by a path"), std::string::npos);
    EXPECT_NE(error_of("memory:x").find("takes no path"), std::string::npos);
    EXPECT_TRUE(parse_url("memory:").is_memory);
}

}  // namespace
}  // namespace conq::jobs

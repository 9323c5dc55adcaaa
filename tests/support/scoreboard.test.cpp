// SPDX-License-Identifier: BSL-1.0
// What the randomised tests have in common: how much they do, and how they say what they did.
#include "testing/support/scoreboard.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "testing/support/effort.hpp"

namespace conq::testing {
namespace {

// Sets a variable of the environment, or takes it away, and puts the old one back.
class variable {
public:
    variable(const char* name, const char* value) : name_(name) {
        if (const char* const old = std::getenv(name)) old_ = old;
        set(value);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { set(old_ ? old_->c_str() : nullptr); }

private:
    void set(const char* value) {
        if (value != nullptr) {
            ::setenv(name_, value, 1);
        } else {
            ::unsetenv(name_);
        }
    }
    const char* name_;
    std::optional<std::string> old_;
};

TEST(effort, scales_what_ci_runs) {
    const variable full("CONQ_EFFORT", "1");
    EXPECT_EQ(scaled(100'000), 100'000u);
    const variable hundredth("CONQ_EFFORT", "0.01");
    EXPECT_EQ(scaled(100'000), 1'000u);
    const variable campaign("CONQ_EFFORT", "25");
    EXPECT_EQ(scaled(100'000), 2'500'000u);
}

TEST(effort, is_a_tenth_unless_told_otherwise_and_never_nothing) {
    const variable unset("CONQ_EFFORT", nullptr);
    EXPECT_EQ(scaled(100), 10u);
    const variable nothing("CONQ_EFFORT", "0");
    EXPECT_EQ(scaled(100), 1u);
    const variable words("CONQ_EFFORT", "much");
    EXPECT_EQ(scaled(100), 1u);
}

TEST(seed, is_the_one_that_was_asked_for) {
    const variable asked("CONQ_SEED", "18446744073709551615");
    EXPECT_EQ(first_seed(), 18446744073709551615u);
    const variable unset("CONQ_SEED", nullptr);
    EXPECT_EQ(first_seed(), 1u);
}

TEST(scoreboard, gains_a_line_for_each_score) {
    const auto path =
        std::filesystem::temp_directory_path() / ("conq_scoreboard_" + std::to_string(::getpid()));
    {
        const variable file("CONQ_SCOREBOARD", path.c_str());
        publish({"parking: queue", "schedules", 10, 4, 7});
        publish({"teardown", "real threads", 1'000'000'000'000, 0, 18446744073709551615u});
    }
    std::ostringstream written;
    written << std::ifstream(path).rdbuf();
    std::filesystem::remove(path);
    // tests/tidy/campaign_test.py reads the same line.
    EXPECT_EQ(written.str(),
              "parking: queue\tschedules\t10\t4\t7\n"
              "teardown\treal threads\t1000000000000\t0\t18446744073709551615\n");
}

}  // namespace
}  // namespace conq::testing

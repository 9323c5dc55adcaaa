// SPDX-License-Identifier: BSL-1.0
// The suite that checks the histories of a queue; see subjects.hpp.
#ifndef CONQ_TESTS_HISTORY_LINEARIZABLE_HPP
#define CONQ_TESTS_HISTORY_LINEARIZABLE_HPP

#include <gtest/gtest.h>

#include "subjects.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {

template <class Subject> class linearizable : public ::testing::Test {};
TYPED_TEST_SUITE_P(linearizable);

TYPED_TEST_P(linearizable, histories_of_real_threads) {
    std::printf("    %s, from seed %llu\n", TypeParam::name,
                static_cast<unsigned long long>(testing::first_seed()));
    std::fflush(stdout);  // should the rounds never end
    // Each type of queue has two subjects or more, and so a million calls in CI.
    const outcome all = run_rounds(TypeParam{}, testing::scaled(500'000));
    EXPECT_TRUE(all.wrong.empty()) << all.wrong;
    all.print(TypeParam::name);
    const char* const level =
        TypeParam::by == order::spsc ? "sequentially consistent: " : "linearizable: ";
    testing::publish({std::string(level) + TypeParam::name, "histories of real threads",
                      all.operations, 0, testing::first_seed()});
}
REGISTER_TYPED_TEST_SUITE_P(linearizable, histories_of_real_threads);

/// Names the instances of the suite.
struct subject_names {
    template <class Subject> static std::string GetName(int) { return Subject::name; }
};

}  // namespace conq::test

#endif

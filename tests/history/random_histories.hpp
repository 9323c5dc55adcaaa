// SPDX-License-Identifier: BSL-1.0
// Small random histories: some are linearizable, some nearly, some not at all.
#ifndef CONQ_TESTS_HISTORY_RANDOM_HISTORIES_HPP
#define CONQ_TESTS_HISTORY_RANDOM_HISTORIES_HPP

#include "testing/history/checker.hpp"
#include "testing/history/dice.hpp"

namespace conq::test {

/// Which calls and answers occur.
enum class repertoire {
    exact,    ///< those that the checkers decide exactly
    batches,  ///< the same, and batches
    all       ///< also bounds, dones, joins, drops, time-outs, gets that never answered
};

/// Rules with a priority in the bits above the last 4 of a value.
[[nodiscard]] testing::rules small_rules(testing::order by, repertoire which, testing::dice& dice);

/// Intervals, values and answers thrown together.
[[nodiscard]] testing::history shuffled(const testing::rules& by, testing::dice& dice);

/// The same with batches: calls of one thread in one interval.
[[nodiscard]] testing::history batched(const testing::rules& by, testing::dice& dice);

/// A run of the specification with intervals about its instants: it has an order.
[[nodiscard]] testing::history with_order(const testing::rules& by, repertoire which,
                                          testing::dice& dice);

/// Changes one thing: a value, an answer, an end of an interval.
void mutate(testing::history& it, const testing::rules& by, testing::dice& dice);

}  // namespace conq::test

#endif

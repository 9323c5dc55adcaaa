// SPDX-License-Identifier: BSL-1.0
// What the models have in common: how many schedules, and how a failure is shown.
#ifndef CONQ_TESTS_SCHEDULES_MODELS_HPP
#define CONQ_TESTS_SCHEDULES_MODELS_HPP

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "conq/queue/bounded_queue.hpp"
#include "conq/queue/unbounded_queue.hpp"
#include "testing/scheduler/scheduled.hpp"

namespace conq::testing {

/// CONQ_SCHEDULES, or 3,000: how many schedules a model is run under.
inline std::uint64_t schedules() {
    const char* const text = std::getenv("CONQ_SCHEDULES");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 3'000;
}

/// Explores and shows what failed: the seed repeats it.
inline void holds(const model& what, exploration how = {}) {
    how.schedules = schedules();
    const finding found = explore(how, what);
    EXPECT_EQ(found.failure, "") << "seed " << found.seed << " after " << found.schedules
                                 << " schedules:\n"
                                 << found.trace.substr(found.trace.size() > 6'000
                                                           ? found.trace.size() - 6'000
                                                           : 0);
}

/// Counts what came out: each value exactly once.
struct receipts {
    explicit receipts(int count) : times(static_cast<std::size_t>(count), 0) {}
    void add(int value) {
        require(value >= 0 && static_cast<std::size_t>(value) < times.size(), "a made-up item");
        require(times[static_cast<std::size_t>(value)]++ == 0, "an item came out twice");
    }
    void require_all() const {
        for (const int each : times) require(each == 1, "an item was lost");
    }
    std::vector<int> times;
};

using scheduled_ring = basic_bounded_queue<slow_item, scheduled_traits>;
using scheduled_prompt_ring = basic_bounded_queue<slow_item, scheduled_prompt_traits>;
using scheduled_segments = basic_queue<slow_item, scheduled_traits>;

}  // namespace conq::testing

#endif

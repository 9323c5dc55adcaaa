// SPDX-License-Identifier: BSL-1.0
// Every protocol of the core holds under every schedule that is tried: random ones and ones by
// priorities, with store buffers and with views; and all schedules of two preemptions where these
// can be run. CONQ_EFFORT says how many are tried. A failure prints its seed, and CONQ_SEED repeats
// it.
#include "protocols.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::testing {
namespace {

using protocols = std::map<std::string, protocol_models>;

protocols by_name() {
    protocols found;
    for (protocol_model& each : all_models()) found[each.protocol].push_back(std::move(each));
    return found;
}

std::vector<std::string> names(bool small_only) {
    std::vector<std::string> found;
    for (const auto& [name, models] : by_name()) {
        bool has_small = false;
        for (const protocol_model& each : models) has_small = has_small || each.is_small;
        if (!small_only || has_small) found.push_back(name);
    }
    return found;
}

std::string identifier(std::string name) {
    for (char& each : name) {
        if (std::isalnum(static_cast<unsigned char>(each)) == 0) each = '_';
    }
    return name;
}

void expect_held(const finding& found, const protocol_model& what, const char* how) {
    const std::size_t shown = 12'000;  // the end of a long trace
    EXPECT_EQ(found.failure, "") << what.protocol << ", " << what.variant << ", " << how
                                 << ", seed " << found.seed << " (schedule " << found.schedules
                                 << ")\n"
                                 << found.trace.substr(found.trace.size() > shown
                                                           ? found.trace.size() - shown
                                                           : 0);
}

class holds : public ::testing::TestWithParam<std::tuple<std::string, memory_model>> {};

TEST_P(holds, under_every_schedule_tried) {
    const auto& [name, memory] = GetParam();
    const protocol_models models = by_name().at(name);
    score total{name, std::string("schedules, ") + to_string(memory), 0, 0, first_seed()};
    // This many distinct traces are wanted with each kind of memory. The models share them, and if
    // a small model has too few, the next one makes up for it. Traces of different models differ.
    const std::uint64_t wanted = scaled(100'000) / 2;
    for (std::size_t m = 0; m < models.size(); ++m) {
        exploration how;
        how.memory = memory;
        how.may_rely_on_timers = models[m].may_rely_on_timers;
        how.first_seed = first_seed();
        how.enough = wanted * (m + 1) / models.size() + 1 - std::min(total.distinct, wanted);
        how.schedules = 8 * how.enough;
        const finding found = explore(how, models[m].run);
        expect_held(found, models[m], to_string(memory));
        total.count += found.schedules;
        total.distinct += found.distinct;
    }
    publish(total);
    // A campaign wants more traces than small models may have.
    EXPECT_GE(total.distinct, std::min<std::uint64_t>(wanted, 50'000))
        << "the models of this protocol have too few schedules";
}

INSTANTIATE_TEST_SUITE_P(
    protocols, holds,
    ::testing::Combine(::testing::ValuesIn(names(false)),
                       ::testing::Values(memory_model::store_buffers, memory_model::views)),
    [](const auto& each) {
        return identifier(std::get<0>(each.param) + "_" + to_string(std::get<1>(each.param)));
    });

class holds_exhaustively : public ::testing::TestWithParam<std::string> {};

TEST_P(holds_exhaustively, under_all_schedules_of_two_preemptions) {
    score total{GetParam(), "schedules, all of 2 preemptions", 0, 0, 1};
    const protocol_models models = by_name().at(GetParam());
    for (const protocol_model& each : models) {
        if (!each.is_small) continue;
        exploration how;
        how.how = strategy::exhaustive;
        how.memory = memory_model::sequential;
        how.schedules = scaled(1'000'000);
        const finding found = explore(how, each.run);
        expect_held(found, each, "exhaustive");
        total.count += found.schedules;
        total.distinct += found.distinct;
        if (!found.has_seen_all) {
            std::printf("    %s, %s: not all: the first %llu\n", each.protocol.c_str(),
                        each.variant.c_str(), static_cast<unsigned long long>(found.schedules));
        }
    }
    publish(total);
}

INSTANTIATE_TEST_SUITE_P(protocols, holds_exhaustively, ::testing::ValuesIn(names(true)),
                         [](const auto& each) { return identifier(each.param); });

TEST(protocols, are_at_least_twelve) {
    EXPECT_GE(by_name().size(), 12u);
}

}  // namespace
}  // namespace conq::testing

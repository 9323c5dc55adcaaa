// SPDX-License-Identifier: BSL-1.0
// The hunt for mutants: each in a process of its own, which runs the models until one of them fails
// or until the schedules are used up. A mutant may do anything, so a crash, or a loop that never
// comes to a point of the schedule, is an end like any other.
#ifndef CONQ_TESTS_MUTANTS_HUNT_HPP
#define CONQ_TESTS_MUTANTS_HUNT_HPP

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "testing/scheduler/explore.hpp"
#include "tests/schedules/protocols.hpp"

namespace conq::testing {

/// A mutant as generate.py describes it.
struct mutant_info {
    int number;
    const char* rule;
    const char* file;
    int line;
    const char* where;   ///< the function
    const char* text;    ///< what the source says there
    const char* reason;  ///< why it is equivalent; null: it has to be found

    [[nodiscard]] bool is_equivalent() const noexcept { return reason != nullptr; }
};

/// A model under a memory model: what is run against a mutant.
struct attempt {
    const protocol_model* what;
    memory_model memory;
};

/// How a hunt ended.
enum class ending : std::uint8_t { none, survived, not_reached, failed, crashed, looped };

/// What a hunt found.
struct trophy {
    ending end = ending::none;
    int by = -1;                  ///< the attempt that found it
    std::uint64_t schedules = 0;  ///< of that attempt, until it did: the last one's seed repeats it
    std::uint64_t in_all = 0;     ///< of all attempts
    char failure[200] = {};       ///< what the model said, or which signal came

    [[nodiscard]] bool is_found() const noexcept { return end > ending::not_reached; }
};

/// How long to hunt.
struct patience_of_hunters {
    /// Schedules of all attempts that a mutant gets.
    std::function<std::uint64_t(const mutant_info&)> schedules;
    std::uint64_t first_seed = 1;
    unsigned jobs = 2;    ///< processes at a time
    bool traces = false;  ///< whether to print the trace of what was found
};

/// Hunts each of `mutants`; an answer for each. Which attempts reach a mutant's site is found
/// first, with none on: `healthy` is what failed there, and empty if nothing did.
std::vector<trophy> hunt(const std::vector<mutant_info>& mutants,
                         const std::vector<attempt>& attempts, const patience_of_hunters& patience,
                         std::string& healthy);

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// Puts every mutant of the library to the models, says how many schedules each needed, and fails if
// one survives without a written reason, or is found in spite of one. With an effort under 1 it
// hunts a sample of them, each as long as ever.
//
//   mutants                all that the effort asks for
//   mutants --only 17,18   these, by their numbers, with the trace of what finds them
//   mutants --schedules N  at most so many for each, instead of two million
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <planted/tiny_queue.hpp>  // as mutated, not the one beside this file
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "hunt.hpp"
#include "testing/scheduler/scheduled.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::testing {
namespace {

constexpr std::size_t hard_least = 15;         // so many have to need more than
constexpr std::uint64_t hard_schedules = 100;  // so many schedules

// Of all models: schedules for a mutant that has to be found, for an equivalent one in CI and at
// least, and for a canary.
constexpr std::uint64_t schedules_most = 2'000'000;
constexpr std::uint64_t schedules_equivalent = 20'000;
constexpr std::uint64_t schedules_least = 1'000;
constexpr std::uint64_t schedules_planted = 4'000;

const std::vector<mutant_info>& all_mutants() {
    static const std::vector<mutant_info> all = {
#include "mutants.inc"
    };
    return all;
}

bool is_planted(const mutant_info& mutant) {
    return std::string_view(mutant.file).starts_with("planted/");
}

// The two models of the canaries.
protocol_models planted_models() {
    using queue = tiny_queue<scheduled>;
    const auto one_of_each = [](void (queue::*get)()) {
        return [get](scenario& story) {
            auto q = std::make_shared<queue>();
            story.thread([=] { q->put(); });
            story.thread([=] { ((*q).*get)(); });
        };
    };
    return {{"planted", "get", one_of_each(&queue::get)},
            {"planted", "get_looking_twice", one_of_each(&queue::get_looking_twice)}};
}

struct options {
    std::set<int> only;           // empty: what the effort asks for
    std::uint64_t schedules = 0;  // 0: as usual
};

struct verdicts {
    std::vector<std::string> problems;
    std::vector<std::uint64_t> needed;  // schedules of all models until it was found
    std::size_t found = 0, equivalent = 0, survived = 0, crashed = 0;
    std::size_t hard_alone = 0;  // need more than hard_schedules of the very model that found them
};

std::string name_of(const mutant_info& mutant) {
    return std::to_string(mutant.number) + " (" + mutant.rule + ", " + mutant.file + ":" +
           std::to_string(mutant.line) + ", " + mutant.where + ": " + mutant.text + ")";
}

// What is wrong with the end of a hunt; empty: nothing.
std::string judge(const mutant_info& mutant, const trophy& result) {
    if (mutant.reason != nullptr) {
        return result.is_found() ? "listed as equivalent, and found" : "";
    }
    if (result.end == ending::not_reached) return "no model comes to its site";
    return result.is_found() ? "" : "survived, and no reason is written";
}

// The planted ones: those of `get` have to be found, those of `get_looking_twice` to survive, and
// the judge has to complain of what survives, and of a reason for what is found.
std::string judge_planted(mutant_info mutant, const trophy& result) {
    const bool has_to_survive = std::string_view(mutant.where).ends_with("get_looking_twice");
    const bool is_complaint = !judge(mutant, result).empty();
    mutant.reason = "planted";
    const bool is_complaint_of_reason = !judge(mutant, result).empty();
    const bool is_right = result.is_found() != has_to_survive && is_complaint == has_to_survive &&
                          is_complaint_of_reason != has_to_survive;
    return is_right ? "" : "a canary failed";
}

void print(const mutant_info& mutant, const trophy& result, const std::vector<attempt>& attempts) {
    const char* const how = result.is_found()          ? "found"
                            : is_planted(mutant)       ? "planted"
                            : mutant.reason != nullptr ? "equivalent"
                                                       : "SURVIVED";
    std::printf("%4d %-10s %7llu  %-28s %s:%d %s: %s\n", mutant.number, how,
                static_cast<unsigned long long>(result.in_all), mutant.rule, mutant.file,
                mutant.line, mutant.where, mutant.text);
    if (result.is_found()) {
        const attempt& by = attempts[static_cast<std::size_t>(result.by)];
        std::printf("     by %s, %s, %s, schedule %llu: %s\n", by.what->protocol.c_str(),
                    by.what->variant.c_str(), to_string(by.memory),
                    static_cast<unsigned long long>(result.schedules), result.failure);
    }
}

verdicts judge_all(const std::vector<mutant_info>& mutants, const std::vector<trophy>& results) {
    verdicts sum;
    for (std::size_t i = 0; i < mutants.size(); ++i) {
        const std::string problem = is_planted(mutants[i]) ? judge_planted(mutants[i], results[i])
                                                           : judge(mutants[i], results[i]);
        if (!problem.empty()) {
            sum.problems.push_back(name_of(mutants[i]) + ": " + problem);
        }
        if (is_planted(mutants[i])) continue;
        if (results[i].is_found()) {
            ++sum.found;
            sum.needed.push_back(results[i].in_all);
            sum.hard_alone += results[i].schedules > hard_schedules ? 1 : 0;
            sum.crashed += results[i].end != ending::failed ? 1 : 0;
        } else {
            ++(mutants[i].reason != nullptr ? sum.equivalent : sum.survived);
        }
    }
    std::sort(sum.needed.begin(), sum.needed.end());
    return sum;
}

std::size_t hard_ones(const verdicts& sum) {
    return static_cast<std::size_t>(
        std::count_if(sum.needed.begin(), sum.needed.end(),
                      [](std::uint64_t needed) { return needed > hard_schedules; }));
}

std::string summary(const verdicts& sum) {
    const std::uint64_t median = sum.needed.empty() ? 0 : sum.needed[sum.needed.size() / 2];
    return std::to_string(sum.found + sum.equivalent + sum.survived) +
           " mutants: " + std::to_string(sum.found) + " found (" + std::to_string(sum.crashed) +
           " by a crash or an endless loop), " + std::to_string(sum.equivalent) + " equivalent, " +
           std::to_string(sum.survived) + " survived; schedules needed: median " +
           std::to_string(median) + ", most " +
           std::to_string(sum.needed.empty() ? 0 : sum.needed.back()) + "; more than " +
           std::to_string(hard_schedules) + ": " + std::to_string(hard_ones(sum)) +
           " (of one model: " + std::to_string(sum.hard_alone) + ")";
}

// The library's mutants that are asked for, and the canaries.
std::vector<mutant_info> chosen(const options& asked) {
    const auto stride = static_cast<std::uint64_t>(std::max(1.0, std::sqrt(1 / effort())));
    std::vector<mutant_info> found;
    for (const mutant_info& each : all_mutants()) {
        const auto number = static_cast<std::uint64_t>(each.number);
        const bool is_asked_for = !asked.only.empty() ? asked.only.count(each.number) != 0
                                  : is_planted(each)
                                      ? std::string_view(each.rule) == "re-check removed"
                                      : (number + first_seed()) % stride == 0;
        if (is_asked_for) found.push_back(each);
    }
    return found;
}

void publish_all(const verdicts& sum, bool is_sample) {
    const std::string of = is_sample ? ", of a sample" : "";
    publish({"mutants found" + of, "models, both memories", sum.found, sum.found, first_seed()});
    publish({"mutants that are equivalent, with a written reason" + of, "models, both memories",
             sum.equivalent, sum.equivalent, first_seed()});
}

int run(const options& asked) {
    const std::vector<mutant_info> mutants = chosen(asked);
    const bool is_sample = effort() < 1 || !asked.only.empty();
    protocol_models models = planted_models();
    for (protocol_model& each : all_models()) models.push_back(std::move(each));
    std::vector<attempt> attempts;
    for (const protocol_model& each : models) {
        attempts.push_back({&each, memory_model::store_buffers});
        attempts.push_back({&each, memory_model::views});
    }
    patience_of_hunters patience;
    patience.first_seed = first_seed();
    patience.schedules = [&](const mutant_info& mutant) {
        if (is_planted(mutant)) return schedules_planted;
        if (mutant.is_equivalent()) return std::max(scaled(schedules_equivalent), schedules_least);
        return asked.schedules != 0 ? asked.schedules : schedules_most;
    };
    patience.traces = !asked.only.empty();
    std::string failure;
    const std::vector<trophy> results = hunt(mutants, attempts, patience, failure);
    if (!failure.empty()) {
        std::printf("with no mutant on, a model fails: %s\n", failure.c_str());
        return 1;
    }
    for (std::size_t i = 0; i < mutants.size(); ++i) print(mutants[i], results[i], attempts);
    verdicts sum = judge_all(mutants, results);
    if (!is_sample && hard_ones(sum) < hard_least) {
        sum.problems.push_back("fewer than " + std::to_string(hard_least) + " need more than " +
                               std::to_string(hard_schedules) + " schedules");
    }
    for (const std::string& each : sum.problems) std::printf("PROBLEM: %s\n", each.c_str());
    std::printf("%s%s\n", is_sample ? "A sample: " : "", summary(sum).c_str());
    if (!sum.problems.empty()) return 1;
    if (asked.only.empty()) publish_all(sum, is_sample);
    return 0;
}

}  // namespace
}  // namespace conq::testing

int main(int count, char** arguments) {
    conq::testing::options asked;
    for (int i = 1; i < count; ++i) {
        const std::string_view option = arguments[i];
        const char* const value = i + 1 < count ? arguments[i + 1] : "";
        if (option == "--schedules") {
            asked.schedules = std::strtoull(value, nullptr, 10);
            ++i;
        } else if (option == "--only") {
            std::istringstream numbers(value);
            for (std::string each; std::getline(numbers, each, ',');) {
                asked.only.insert(std::atoi(each.c_str()));
            }
            ++i;
        } else {
            std::fprintf(stderr, "unknown option %s\n", arguments[i]);
            return 2;
        }
    }
    return conq::testing::run(asked);
}

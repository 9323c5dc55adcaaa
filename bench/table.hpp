// SPDX-License-Identifier: BSL-1.0
// Judges the gates of a row by its rounds, and prints the results for people and for programs.
#ifndef CONQ_BENCH_TABLE_HPP
#define CONQ_BENCH_TABLE_HPP

#include <string>
#include <vector>

#include "bench/measure.hpp"
#include "bench/rows.hpp"

namespace conq::bench {

enum class verdict { pass, pass_and_aim, miss, not_measured };

/// A gate with its result.
struct finding {
    gate asked;
    verdict said = verdict::not_measured;
    std::string rival;  ///< the rival it was compared with
    spread seen;        ///< the ratio
};

/// Judges a gate. At a demand of 1.0 the worse quartile may miss it by 5 %, and the median be
/// below.
finding judge(const row& of, const std::vector<round_seen>& rounds, const gate& asked);

/// Prints the row: its contenders ordered by their medians, then its gates.
void print(const row& of, const std::vector<round_seen>& rounds, const std::vector<finding>& found);

/// Prints a line for each gate, at the end.
void print_summary(const std::vector<std::pair<std::string, finding>>& all);

/// Writes each sample as a line of CSV: row, config, contender, round, ns, line before, line after.
std::string csv_of(const row& of, const std::vector<round_seen>& rounds);

}  // namespace conq::bench

#endif

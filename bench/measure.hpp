// SPDX-License-Identifier: BSL-1.0
// Paired measuring: all contenders in turn in every round, and the ratio round by round, so that a
// machine that changes its speed in between does not decide who wins.
#ifndef CONQ_BENCH_MEASURE_HPP
#define CONQ_BENCH_MEASURE_HPP

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace conq::bench {

/// One who is measured.
struct contender {
    std::string name;
    bool blocks = true;              ///< waiting leaves the processor to others
    bool is_gated = true;            ///< may stand for the strongest: it makes the same promises
    std::function<double()> sample;  ///< nanoseconds for one operation. None: not installed.
};

/// The middle of a set of figures.
struct spread {
    double median = 0, lower_quartile = 0, upper_quartile = 0;
};
spread spread_of(std::vector<double> values);

/// What a round saw: a sample of each contender (0: not installed), and how long a cache line took
/// from core to core before and after: what decides most figures of two threads, and changes on
/// virtual machines.
struct round_seen {
    std::vector<double> ns;
    double line_before_ns = 0, line_after_ns = 0;
    /// Whether the machine was the same before and after: within a quarter.
    [[nodiscard]] bool is_steady() const;
};

/// Measures all in turn, in `rounds` rounds, each round beginning with another.
std::vector<round_seen> measure(const std::vector<contender>& contenders, int rounds);

/// The times of one contender, or, round by round, those of one over those of another.
spread times_of(const std::vector<round_seen>& rounds, std::size_t one);
spread ratios_of(const std::vector<round_seen>& rounds, std::size_t one, std::size_t other);

/// Nanoseconds for a cache line to go from one core to the other, now.
double line_transfer_ns();

/// Binds the calling thread to a core (modulo the number of cores).
void pin_to_core(int core);

/// A monotonic clock, and the processor time of the calling thread, in nanoseconds.
std::uint64_t now_ns();
double thread_time_ns();

}  // namespace conq::bench

#endif

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

/// One who is measured: `sample()` answers nanoseconds for one operation. None: not installed.
struct contender {
    std::string name;
    std::function<double()> sample;
};

/// The middle of a set of figures.
struct spread {
    double median = 0, lower_quartile = 0, upper_quartile = 0;
};
spread spread_of(std::vector<double> values);

/// What the rounds showed of one contender, against the first.
struct comparison {
    std::string name;
    spread ns;     ///< for one operation
    spread ratio;  ///< its time / the first one's time, round by round: above 1 it is slower
};

/// Measures all in turn, in `rounds` rounds, each round beginning with another.
std::vector<comparison> compare(const std::vector<contender>& contenders, int rounds);

/// Nanoseconds for a cache line to go from one core to the other, now: what decides most figures of
/// two threads, and changes on virtual machines.
double line_transfer_ns();

/// Binds the calling thread to a core (modulo the number of cores).
void pin_to_core(int core);

/// A monotonic clock in nanoseconds.
std::uint64_t now_ns();

}  // namespace conq::bench

#endif

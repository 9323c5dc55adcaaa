// SPDX-License-Identifier: BSL-1.0
// Paired measurements: every round runs all contenders in turn, and the ratio is taken round by
// round. So a machine that changes its speed meanwhile does not decide which contender wins.
#ifndef CONQ_BENCH_MEASURE_HPP
#define CONQ_BENCH_MEASURE_HPP

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace conq::bench {

/// One of those that are measured.
struct contender {
    std::string name;
    bool blocks = true;              ///< a call that waits leaves the processor to others
    bool is_gated = true;            ///< may count as the strongest: it makes conq's promises
    std::function<double()> sample;  ///< nanoseconds of one operation. Empty: not installed.
};

/// The median and the quartiles of a set of figures.
struct spread {
    double median = 0, lower_quartile = 0, upper_quartile = 0;
};
spread spread_of(std::vector<double> values);

/// The results of a round: a sample of each contender (0: not installed), and how long a cache line
/// took from core to core before and after. That time decides most figures of two threads, and it
/// changes on virtual machines.
struct round_seen {
    std::vector<double> ns;
    double line_before_ns = 0, line_after_ns = 0;
    /// Whether the two times of a cache line are within a quarter of each other.
    [[nodiscard]] bool is_steady() const;
};

/// Measures all contenders in turn, in `rounds` rounds. Each round begins with another contender.
std::vector<round_seen> measure(const std::vector<contender>& contenders, int rounds);

/// The times of one contender; or the ratios, round by round, of one contender's to another's.
spread times_of(const std::vector<round_seen>& rounds, std::size_t one);
spread ratios_of(const std::vector<round_seen>& rounds, std::size_t one, std::size_t other);

/// Measures now how many nanoseconds a cache line takes from one core to the other.
double line_transfer_ns();

/// Binds the calling thread to a core (modulo the number of cores).
void pin_to_core(int core);

/// A monotonic clock, and the processor time of the calling thread, in nanoseconds.
std::uint64_t now_ns();
double thread_time_ns();

}  // namespace conq::bench

#endif

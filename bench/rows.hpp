// SPDX-License-Identifier: BSL-1.0
// The rows of the table: which contenders are measured, at what, and what is demanded.
#ifndef CONQ_BENCH_ROWS_HPP
#define CONQ_BENCH_ROWS_HPP

#include <string>
#include <vector>

#include "bench/measure.hpp"

namespace conq::bench {

/// A demand on the first contender of a row.
struct gate {
    enum class against {
        strongest_blocking,  ///< the best median of this run among those that block and are gated
        strongest,           ///< the best among all that are gated
        named                ///< the one with the name below
    };
    enum class bound {
        speed_up,  ///< its time over ours is at least this
        time       ///< our time over its is at most this
    };
    against whom;
    bound as;
    double must, aim;
    std::string name;  ///< of the rival, for `named`
};

/// One comparison: the first contender is ours.
struct row {
    std::string name, config;
    std::vector<contender> contenders;
    std::vector<gate> gates;
};

/// All rows, grouped by what is measured.
std::vector<row> stream_rows();
std::vector<row> item_rows();
std::vector<row> turn_rows();

/// Short forms that make a gate.
gate faster_than_blocking(double must, double aim);
gate faster_than_any(double must, double aim);
gate faster_than(const std::string& name, double must, double aim);
gate within_blocking(double must, double aim);
gate within_any(double must, double aim);
gate within(const std::string& name, double must, double aim);

}  // namespace conq::bench

#endif

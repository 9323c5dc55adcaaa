// SPDX-License-Identifier: BSL-1.0
// Rivals in other languages: programs that live as long as this one and run a round on command.
#ifndef CONQ_BENCH_RIVALS_LANGUAGES_HPP
#define CONQ_BENCH_RIVALS_LANGUAGES_HPP

#include <vector>

#include "bench/measure.hpp"
#include "bench/workloads/streams.hpp"

namespace conq::bench {

/// The rivals that can move items in this way. One whose program is missing is not measured.
std::vector<contender> of_other_languages(const stream& how);

}  // namespace conq::bench

#endif

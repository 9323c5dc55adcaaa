// SPDX-License-Identifier: BSL-1.0
// Rivals from other languages: programs that live as long as this one and do a round on command.
#ifndef CONQ_BENCH_RIVALS_LANGUAGES_HPP
#define CONQ_BENCH_RIVALS_LANGUAGES_HPP

#include <vector>

#include "bench/measure.hpp"
#include "bench/workloads/streams.hpp"

namespace conq::bench {

/// Those that can move items in this way. One whose program is not there is not measured.
std::vector<contender> of_other_languages(const stream& how);

}  // namespace conq::bench

#endif

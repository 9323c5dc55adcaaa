// SPDX-License-Identifier: BSL-1.0
// Whether a queue could be full in a call.
#ifndef CONQ_TESTING_HISTORY_BOUND_HPP
#define CONQ_TESTING_HISTORY_BOUND_HPP

#include "testing/history/level.hpp"

namespace conq::testing {

class room {
public:
    explicit room(const evidence& e);
    /// Whether so much may have been in at an instant of the call that a put had to wait.
    [[nodiscard]] bool could_be_full(interval call) const { return least_in(call) <= 0; }
    /// How many more would surely have fitted all the time; beyond any count without a bound.
    [[nodiscard]] std::int64_t least_in(interval call) const { return least_.over(call); }

private:
    lows least_;
};

}  // namespace conq::testing

#endif

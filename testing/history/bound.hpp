// SPDX-License-Identifier: BSL-1.0
// Whether a queue could be full during a call.
#ifndef CONQ_TESTING_HISTORY_BOUND_HPP
#define CONQ_TESTING_HISTORY_BOUND_HPP

#include "testing/history/level.hpp"

namespace conq::testing {

class room {
public:
    explicit room(const evidence& e);
    /// Whether, at an instant of the call, so many items may have been in that a put had to wait.
    [[nodiscard]] bool could_be_full(interval call) const { return least_in(call) <= 0; }
    /// How many more items would surely have fitted during the whole call; more than any count if
    /// there is no bound.
    [[nodiscard]] std::int64_t least_in(interval call) const { return least_.over(call); }

private:
    lows least_;
};

}  // namespace conq::testing

#endif

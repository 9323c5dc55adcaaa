// SPDX-License-Identifier: BSL-1.0
#include "testing/history/checker.hpp"

#include "testing/history/evidence.hpp"

namespace conq::testing {
namespace {

std::optional<violation> check_order(const evidence& e) {
    switch (e.promised().by) {
        case order::fifo: {
            auto found = check_fifo(e);
            return found ? found : check_batches(e);
        }
        case order::lifo:
            return check_lifo(e);
        case order::priority:
            return check_priority(e);
        case order::spsc:
            return check_sequence(e);
        case order::hand_over:
            return check_hand_over(e);
    }
    return std::nullopt;
}

}  // namespace

std::optional<violation> check(const history& of, const rules& by) {
    const evidence e(of, by);
    if (e.misfit()) return e.misfit();
    if (auto found = check_forms(e)) return found;
    if (auto found = check_stops(e)) return found;
    if (auto found = check_shutdown(e)) return found;
    if (auto found = check_order(e)) return found;
    if (by.by != order::spsc) {
        if (auto found = check_empty(e)) return found;
    }
    if (auto found = check_bound(e)) return found;
    if (auto found = check_counts(e)) return found;
    if (auto found = check_waits(e)) return found;
    return of.at_end ? check_end(e, *of.at_end) : std::nullopt;
}

}  // namespace conq::testing

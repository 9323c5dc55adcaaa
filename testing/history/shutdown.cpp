// SPDX-License-Identifier: BSL-1.0
// Checks shutdowns, graceful and immediate.
//
// The queue is closed from one instant on. It lies between the begin of the first shutdown and the
// first end of a shutdown or of a call that answered `shut_down`. The latest possible instant suits
// all calls: puts and the answers `full` and `empty` come before it (their intervals are cut off
// there, see evidence), the answers `shut_down` after it. A get answers `shut_down` only when no
// item is to come out any more.
#include <string>
#include <utility>

#include "testing/history/evidence.hpp"

namespace conq::testing {
namespace {

bool is_told(const operation& op) {
    return op.said == answer::shut_down;
}

constexpr const char* known_to_be_shut_down =
    " although it began when the queue was known to be shut down";

// Answers that only an open queue gives.
bool needs_open(const operation& op) {
    return op.said == answer::full || op.said == answer::empty;
}

// Of the calls that `choose` accepts, the one whose interval ends first.
template <class Choose> operation_index first_to_end(const evidence& e, Choose choose) {
    operation_index found = nobody;
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (!choose(e.at(op)) || e.when(op).end == never) continue;
        if (found == nobody || e.when(op).end < e.when(found).end) found = op;
    }
    return found;
}

}  // namespace

std::optional<violation> check_shutdown(const evidence& e) {
    const operation_index told = first_to_end(e, is_told);
    if (told != nobody && e.when(told).end < e.closed().begin) {
        return e.wrong("shutdown", "a call was told of a shutdown that had not begun", {told});
    }
    for (operation_index op = 0; op < e.operations().size(); ++op) {
        if (!needs_open(e.at(op)) || e.when(op).begin <= e.closed().end) continue;
        return e.wrong("shutdown",
                       std::string("a call was answered ") +
                           to_string(static_cast<status>(e.at(op).said)) + known_to_be_shut_down,
                       {e.closed_says(), op});
    }
    for (const item& each : e.items()) {
        if (!e.is_certain(each) || e.when(each.put_by).begin <= e.closed().end) continue;
        return e.wrong("shutdown", std::string("a put was accepted") + known_to_be_shut_down,
                       {e.closed_says(), each.put_by});
    }
    const operation_index drained =
        first_to_end(e, [](const operation& op) { return op.what == call::get && is_told(op); });
    const operation_index dropped =
        first_to_end(e, [](const operation& op) { return op.what == call::shutdown_now; });
    const auto wrong = [&](const item& each, operation_index said, std::string sentence) {
        std::vector<operation_index> calls{said};
        evidence::add_calls(calls, each);
        return e.wrong("shutdown", std::move(sentence), std::move(calls));
    };
    for (const item& each : e.items()) {
        if (drained != nobody && each.get.begin > e.when(drained).end && e.is_certain(each)) {
            return wrong(each, drained,
                         "a get was told that all had been taken, and " +
                             std::to_string(each.value) + " was yet to come" +
                             (each.get_by == nobody ? " and never came" : ""));
        }
        if (dropped != nobody && each.get_by != nobody &&
            e.when(each.get_by).begin > e.when(dropped).end) {
            return wrong(each, dropped,
                         std::to_string(each.value) + " came out after all had been dropped");
        }
    }
    return std::nullopt;
}

}  // namespace conq::testing

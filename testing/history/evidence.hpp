// SPDX-License-Identifier: BSL-1.0
// A history prepared for the checks: calls in order of time, and items with their two intervals.
#ifndef CONQ_TESTING_HISTORY_EVIDENCE_HPP
#define CONQ_TESTING_HISTORY_EVIDENCE_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "testing/history/checker.hpp"

namespace conq::testing {

/// A place in the order of all begins and ends. No two are the same. Of a begin and an end at the
/// same time, the begin comes first, so that the two calls overlap.
using instant = std::uint32_t;
inline constexpr instant never = std::numeric_limits<instant>::max();

/// The instants from `begin` to `end`. A call takes effect inside its interval, ends included.
struct interval {
    instant begin, end;
};

/// The index of an operation.
using operation_index = std::uint32_t;
inline constexpr operation_index nobody = std::numeric_limits<operation_index>::max();

/// An item that was accepted, or may have been.
struct item {
    std::uint64_t value;
    operation_index put_by;
    operation_index get_by = nobody;
    interval put;                ///< when it went in, as narrow as known
    interval get{never, never};  ///< when it came out, or was dropped

    /// Whether there are instants at which the item was in whatever the schedule was: those
    /// strictly between put.end and get.begin.
    [[nodiscard]] bool is_surely_in() const noexcept { return put.end < get.begin; }
};
using item_index = std::uint32_t;

/// A history, sorted by time, with what follows from it for each item.
class evidence {
public:
    /// Throws std::invalid_argument as `check` does. Keeps references to both arguments.
    evidence(const history& of, const rules& by);

    [[nodiscard]] const std::vector<operation>& operations() const noexcept { return operations_; }
    [[nodiscard]] const operation& at(operation_index op) const noexcept { return operations_[op]; }
    [[nodiscard]] const rules& promised() const noexcept { return rules_; }
    [[nodiscard]] interval when(operation_index op) const noexcept { return when_[op]; }
    /// How many instants there are.
    [[nodiscard]] instant instants() const noexcept { return static_cast<instant>(times_.size()); }
    /// Whether another call overlaps this one, or ended so shortly before it that the other's last
    /// stores may not have been visible.
    [[nodiscard]] bool has_company(operation_index op) const noexcept;

    /// All items, and their indices in the order of put.begin and of put.end.
    [[nodiscard]] const std::vector<item>& items() const noexcept { return items_; }
    [[nodiscard]] const std::vector<item_index>& by_put_begin() const { return by_put_begin_; }
    [[nodiscard]] const std::vector<item_index>& by_put_end() const { return by_put_end_; }
    /// Whether the item was certainly accepted: its put answered ok, or it came out.
    [[nodiscard]] bool is_certain(const item& each) const noexcept {
        return each.get_by != nobody || at(each.put_by).said == answer::ok;
    }
    /// Whether shutdown(immediate) dropped the item.
    [[nodiscard]] bool was_dropped(const item& each) const noexcept {
        return drops_.begin != never && each.get_by == nobody && is_certain(each);
    }

    /// The queue was shut down within this interval, as a call (closed_says) shows; or never.
    [[nodiscard]] interval closed() const noexcept { return closed_; }
    [[nodiscard]] operation_index closed_says() const noexcept { return closed_says_; }
    /// From the begin of the first shutdown(immediate) to the end of the last, or never.
    [[nodiscard]] interval drops() const noexcept { return drops_; }
    /// A stop was requested within this interval; or never.
    [[nodiscard]] interval stop() const noexcept { return stop_; }
    /// The interval of a call, cut off where the queue was certainly closed.
    [[nodiscard]] interval while_open(operation_index op) const noexcept {
        return {when(op).begin, std::min(when(op).end, closed_.end)};
    }

    /// What is wrong with the pairs of put and get: "fresh" or "once".
    [[nodiscard]] const std::optional<violation>& misfit() const noexcept { return misfit_; }

    /// Makes a violation: a sentence, and under it the calls in order of time. If there are many
    /// calls, only the first in the list are shown.
    [[nodiscard]] violation wrong(std::string property, std::string sentence,
                                  std::vector<operation_index> calls) const;
    /// Adds the put of the item, then its get if there is one.
    static void add_calls(std::vector<operation_index>& calls, const item& each);

private:
    void sort_by_time();
    void find_turns();
    void pair_up();
    void pair_one(const std::vector<operation_index>& of_one_value);
    void narrow();

    const std::vector<operation>& operations_;
    const rules& rules_;
    std::vector<interval> when_;
    std::vector<std::uint64_t> times_;
    std::vector<item> items_;
    std::vector<item_index> by_put_begin_, by_put_end_;
    std::vector<std::uint32_t> begun_;  // the number of calls begun before each instant
    interval closed_{never, never}, drops_{never, never}, stop_{never, never};
    operation_index closed_says_ = nobody;
    std::optional<violation> misfit_;
};

/// The runs of instants at which some item was surely in. Each run is what lies strictly between
/// its begin and its end. The runs rise, and are apart from one another.
[[nodiscard]] std::vector<interval> occupied(const evidence& e);
/// Whether there is an instant in `call` when no item had to be in.
[[nodiscard]] bool could_be_empty(const std::vector<interval>& occupied, interval call);

// The checks. Each assumes that those above it found nothing.
[[nodiscard]] std::optional<violation> check_forms(const evidence& e);
[[nodiscard]] std::optional<violation> check_stops(const evidence& e);
[[nodiscard]] std::optional<violation> check_shutdown(const evidence& e);
[[nodiscard]] std::optional<violation> check_fifo(const evidence& e);
[[nodiscard]] std::optional<violation> check_batches(const evidence& e);  // for FIFO
[[nodiscard]] std::optional<violation> check_lifo(const evidence& e);
[[nodiscard]] std::optional<violation> check_priority(const evidence& e);
[[nodiscard]] std::optional<violation> check_sequence(const evidence& e);
[[nodiscard]] std::optional<violation> check_hand_over(const evidence& e);
[[nodiscard]] std::optional<violation> check_empty(const evidence& e);
[[nodiscard]] std::optional<violation> check_bound(const evidence& e);
[[nodiscard]] std::optional<violation> check_counts(const evidence& e);
[[nodiscard]] std::optional<violation> check_waits(const evidence& e);
[[nodiscard]] std::optional<violation> check_end(const evidence& e, const final_state& end);

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// A history made ready for the checks: calls in the order of time, items with their two intervals.
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

/// A place in the order of all begins and ends. Two are never the same; of a begin and an end at
/// the same time the begin comes first, so that the two calls overlap.
using instant = std::uint32_t;
inline constexpr instant never = std::numeric_limits<instant>::max();

/// From the one to the other. Calls take effect inside it, its ends included.
struct interval {
    instant begin, end;
};

/// Index of an operation.
using operation_index = std::uint32_t;
inline constexpr operation_index nobody = std::numeric_limits<operation_index>::max();

/// An item that was accepted, or may have been.
struct item {
    std::uint64_t value;
    operation_index put_by;
    operation_index get_by = nobody;
    interval put;                ///< when it went in, as narrow as is known
    interval get{never, never};  ///< when it came out, or was dropped

    /// Strictly between put.end and get.begin it was in, whatever the schedule was.
    [[nodiscard]] bool is_surely_in() const noexcept { return put.end < get.begin; }
};
using item_index = std::uint32_t;

/// A history, sorted out.
class evidence {
public:
    /// Throws std::invalid_argument as `check` does. Keeps references to both.
    evidence(const history& of, const rules& by);

    [[nodiscard]] const std::vector<operation>& operations() const noexcept { return operations_; }
    [[nodiscard]] const operation& at(operation_index op) const noexcept { return operations_[op]; }
    [[nodiscard]] const rules& promised() const noexcept { return rules_; }
    [[nodiscard]] interval when(operation_index op) const noexcept { return when_[op]; }
    /// How many instants there are.
    [[nodiscard]] instant instants() const noexcept { return static_cast<instant>(times_.size()); }
    /// Whether another call ran at the same time, or so shortly before that a store of its end may
    /// not have been visible.
    [[nodiscard]] bool has_company(operation_index op) const noexcept;

    /// All items, and their indices in the order of put.begin and of put.end.
    [[nodiscard]] const std::vector<item>& items() const noexcept { return items_; }
    [[nodiscard]] const std::vector<item_index>& by_put_begin() const { return by_put_begin_; }
    [[nodiscard]] const std::vector<item_index>& by_put_end() const { return by_put_end_; }
    /// Whether the item was accepted for sure, be it that it came out.
    [[nodiscard]] bool is_certain(const item& each) const noexcept {
        return each.get_by != nobody || at(each.put_by).said == answer::ok;
    }
    /// Whether it left by shutdown(immediate).
    [[nodiscard]] bool was_dropped(const item& each) const noexcept {
        return drops_.begin != never && each.get_by == nobody && is_certain(each);
    }

    /// Shut down not before the begin and not after the end, by the word of a call; or never.
    [[nodiscard]] interval closed() const noexcept { return closed_; }
    [[nodiscard]] operation_index closed_says() const noexcept { return closed_says_; }
    /// From the begin of the first shutdown(immediate) to the end of the last, or never.
    [[nodiscard]] interval drops() const noexcept { return drops_; }
    /// A stop was asked for not before the begin and not after the end; or never.
    [[nodiscard]] interval stop() const noexcept { return stop_; }
    /// The interval of a call, cut off where the queue was closed for sure.
    [[nodiscard]] interval while_open(operation_index op) const noexcept {
        return {when(op).begin, std::min(when(op).end, closed_.end)};
    }

    /// What is wrong with the pairs of put and get: "fresh" or "once".
    [[nodiscard]] const std::optional<violation>& misfit() const noexcept { return misfit_; }

    /// A violation: a sentence, and under it the calls in the order of time; of many, those that
    /// come first in the list.
    [[nodiscard]] violation wrong(std::string property, std::string sentence,
                                  std::vector<operation_index> calls) const;
    /// put_by, then get_by where there is one.
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
    std::vector<std::uint32_t> begun_;  // how many calls had begun before each instant
    interval closed_{never, never}, drops_{never, never}, stop_{never, never};
    operation_index closed_says_ = nobody;
    std::optional<violation> misfit_;
};

/// Runs of instants, apart from one another and rising, at each of which something was surely in:
/// strictly between begin and end.
[[nodiscard]] std::vector<interval> occupied(const evidence& e);
/// Whether there is an instant in `call` when nothing need have been in.
[[nodiscard]] bool could_be_empty(const std::vector<interval>& occupied, interval call);

// The checks, each of which assumes that those above it found nothing.
[[nodiscard]] std::optional<violation> check_forms(const evidence& e);
[[nodiscard]] std::optional<violation> check_stops(const evidence& e);
[[nodiscard]] std::optional<violation> check_shutdown(const evidence& e);
[[nodiscard]] std::optional<violation> check_fifo(const evidence& e);
[[nodiscard]] std::optional<violation> check_batches(const evidence& e);  // of FIFO
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

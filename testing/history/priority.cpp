// SPDX-License-Identifier: BSL-1.0
// The lowest comes first, equals in order of put.
//
// Take the classes of equal priority from the best to the worst. A worse class never stands in the
// way of a better one, so it remains to fit in one class after the other. An item can be taken at
// the instants of its get at which no better item is in. (1) A set of items that has an order has
// one in which nothing is in at any instant at which nothing is surely in: the argument in lifo.cpp
// holds here, too. So the better items leave free exactly the instants that none of their
// stretches, from put.end to get.begin, covers. Each get interval of the class is narrowed to the
// first and the last free instant in it. Within the class the order is FIFO, and by the proof in
// fifo.cpp, in which the gets now take effect at free instants, it is enough to look at pairs. To
// keep (1) true, let each item be taken as early as all this allows.
//
// Two union-find forests lead from each instant to the next free one and to the one before; an
// instant is covered only once. O(n log n) for the sort by class; the rest is O(n), apart from the
// paths in the forests.
#include <algorithm>
#include <string>

#include "testing/history/evidence.hpp"
#include "testing/history/sorting.hpp"

namespace conq::testing {
namespace {

// The instants that are not yet covered.
class free_instants {
public:
    // All are free at first. One more at the end stays free.
    explicit free_instants(instant count) : count_(count), next_(count + 1), before_(count + 2) {
        for (instant i = 0; i <= count; ++i) next_[i] = i;
        for (instant i = 0; i <= count + 1; ++i) before_[i] = i;
    }
    /// The first free instant from `at` on; for `never` it is the end.
    [[nodiscard]] instant first_from(instant at) { return root(next_, std::min(at, count_)); }
    /// The last free instant up to and including `at`, if there is one.
    [[nodiscard]] std::optional<instant> last_to(instant at) {
        const instant found = root(before_, std::min(at, count_) + 1);  // shifted: 0 is "none"
        return found == 0 ? std::nullopt : std::optional<instant>(found - 1);
    }
    /// Covers the instants strictly between the two.
    void cover(instant from, instant to) {
        for (instant at = first_from(from + 1); at < std::min(to, count_); at = first_from(at)) {
            next_[at] = at + 1;
            before_[at + 1] = at;
        }
    }

private:
    static instant root(std::vector<instant>& forest, instant at) {
        while (forest[at] != at) {
            forest[at] = forest[forest[at]];
            at = forest[at];
        }
        return at;
    }
    instant count_;
    std::vector<instant> next_, before_;
};

class classes {
public:
    explicit classes(const evidence& e)
        : e_(e),
          free_(e.instants()),
          gets_(e.items().size()),
          by_begin_(by_class(e.by_put_begin())),
          by_end_(by_class(e.by_put_end())) {}

    [[nodiscard]] std::optional<violation> check() {
        for (std::size_t from = 0; from < by_begin_.size();) {
            const std::uint64_t priority = priority_of(by_begin_[from]);
            std::size_t to = from;
            while (to < by_begin_.size() && priority_of(by_begin_[to]) == priority) ++to;
            for (std::size_t i = from; i < to; ++i) {
                if (!narrow(by_begin_[i])) return overtaken(by_begin_[i]);
            }
            if (auto found = check_pairs(from, to)) return found;
            for (std::size_t i = from; i < to; ++i) {
                const item& each = item_of(by_begin_[i]);
                if (each.is_surely_in()) free_.cover(each.put.end, each.get.begin);
            }
            from = to;
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] const item& item_of(item_index i) const { return e_.items()[i]; }
    [[nodiscard]] std::uint64_t priority_of(item_index i) const {
        return e_.promised().priority_of(item_of(i).value);
    }
    // Keeps the order within each class, and puts the best class first.
    [[nodiscard]] std::vector<item_index> by_class(const std::vector<item_index>& order) const {
        std::vector<keyed> list(order.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) list[i] = {priority_of(order[i]), i};
        sort_by_key(list);
        std::vector<item_index> result(order.size());
        for (std::size_t i = 0; i < list.size(); ++i) result[i] = order[list[i].index];
        return result;
    }
    // Narrows the get of an item to free instants. False: there is none in it.
    [[nodiscard]] bool narrow(item_index i) {
        const interval get = item_of(i).get;
        const instant first = free_.first_from(get.begin);
        const std::optional<instant> last = free_.last_to(get.end);
        if (!last || *last < first) return false;
        gets_[i] = {first, get.end == never ? never : *last};
        return true;
    }
    // The same as in fifo.cpp.
    [[nodiscard]] std::optional<violation> check_pairs(std::size_t from, std::size_t to) const {
        std::size_t ended = from;
        item_index latest = nobody;
        for (std::size_t i = from; i < to; ++i) {
            const item_index b = by_begin_[i];
            for (; ended < to; ++ended) {
                const item_index a = by_end_[ended];
                if (item_of(a).put.end >= item_of(b).put.begin) break;
                if (latest == nobody || gets_[a].begin > gets_[latest].begin) latest = a;
            }
            if (latest == nobody || gets_[latest].begin <= gets_[b].end) continue;
            std::vector<operation_index> calls;
            for (const item_index each : {latest, b}) evidence::add_calls(calls, item_of(each));
            for (const item_index each : {latest, b}) add_better(calls, each);
            const std::string a_text = std::to_string(item_of(latest).value);
            const std::string b_text = std::to_string(item_of(b).value);
            return e_.wrong("order",
                            a_text + " was put before " + b_text +
                                ", which has the same priority, and came out after it, if at all",
                            std::move(calls));
        }
        return std::nullopt;
    }
    [[nodiscard]] violation overtaken(item_index i) const {
        std::vector<operation_index> calls;
        evidence::add_calls(calls, item_of(i));
        add_better(calls, i);
        return e_.wrong("order",
                        std::to_string(item_of(i).value) +
                            " came out while all the time something better was in",
                        std::move(calls));
    }
    // Finds better items that, one after another, cover the get of an item from its begin on.
    void add_better(std::vector<operation_index>& calls, item_index i) const {
        const interval get = item_of(i).get;
        for (instant covered = get.begin; covered <= get.end && covered != never;) {
            const item* longest = nullptr;
            for (item_index j = 0; j < e_.items().size(); ++j) {
                const item& each = item_of(j);
                if (priority_of(j) < priority_of(i) && each.is_surely_in() &&
                    each.put.end < covered && each.get.begin > covered &&
                    (longest == nullptr || each.get.begin > longest->get.begin)) {
                    longest = &each;
                }
            }
            if (longest == nullptr) break;
            evidence::add_calls(calls, *longest);
            covered = longest->get.begin;
        }
    }

    const evidence& e_;
    free_instants free_;
    std::vector<interval> gets_;  // narrowed
    std::vector<item_index> by_begin_, by_end_;
};

}  // namespace

std::optional<violation> check_priority(const evidence& e) {
    return classes(e).check();
}

}  // namespace conq::testing

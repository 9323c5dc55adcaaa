// SPDX-License-Identifier: BSL-1.0
// Last in, first out.
//
// Only items that were surely in for a while matter. The open interval from put.end to get.begin is
// the stretch of such an item. All other items can be put and taken at one instant, on top of
// whatever is on the stack.
// (1) An instant that lies in no stretch can be made one at which nothing is in. Of the items that
//     are in at it, let the puts that have not ended take effect right after it; the gets of the
//     others have begun: let them take effect right before it. The order on the stack is kept. So
//     the history can be cut at this instant.
// (2) Between two such instants, let A be the first end of a put and B the last begin of a get.
//     Some item is in at all times from A to B, so one item x lies below all others all that time:
//     put(x) began before A and get(x) ended after B. Any such x will do. Remove it. If the rest
//     has an order, put(x) right before A and get(x) right after B can be added to it, because no
//     other item has to be in at these two places: no put of another item ended before A, and no
//     get of one begins after B. If there is no such x, there is no order.
// So the algorithm removes a lowest item, and goes on with the pieces that its stretch alone held
// together. From left to right, A only grows. So a tree over the puts that have begun by A finds
// the x whose get ended last, and a tree that counts the stretches over each instant finds B.
// O(n log n).
#include <algorithm>
#include <bit>
#include <string>

#include "testing/history/evidence.hpp"

namespace conq::testing {
namespace {

// Counts how many stretches cover each of a row of places; finds the first place that none covers.
class cover {
public:
    explicit cover(std::size_t places)
        : places_(std::bit_ceil(std::max<std::size_t>(places, 1))),
          least_(2 * places_, 0),
          added_(2 * places_, 0) {
        for (std::size_t i = places; i < places_; ++i) least_[places_ + i] = 1;  // never found
        for (std::size_t node = places_ - 1; node > 0; --node) refresh(node);
    }

    /// Adds to the places from `from` up to, but not including, `to`.
    void add(std::size_t from, std::size_t to, int change) {
        if (from >= to) return;
        std::size_t left = from + places_, right = to + places_;
        const std::size_t first = left, last = right - 1;
        for (; left < right; left /= 2, right /= 2) {
            if (left % 2 == 1) apply(left++, change);
            if (right % 2 == 1) apply(--right, change);
        }
        for (std::size_t node = first / 2; node > 0; node /= 2) refresh(node);
        for (std::size_t node = last / 2; node > 0; node /= 2) refresh(node);
    }

    /// The first place from `from` on that no stretch covers; there always is one.
    [[nodiscard]] std::size_t first_free(std::size_t from) const {
        std::size_t node = from + places_;
        int above = 0;  // what was added to all of the node's ancestors
        for (std::size_t up = node / 2; up > 0; up /= 2) above += added_[up];
        while (least_[node] + above != 0) {
            while (node % 2 == 1) {
                node /= 2;
                above -= added_[node];
            }
            ++node;
        }
        while (node < places_) {
            above += added_[node];
            node *= 2;
            if (least_[node] + above != 0) ++node;
        }
        return node - places_;
    }

private:
    void apply(std::size_t node, int change) {
        least_[node] += change;
        added_[node] += change;
    }
    void refresh(std::size_t node) {
        least_[node] = std::min(least_[2 * node], least_[2 * node + 1]) + added_[node];
    }

    std::size_t places_;
    std::vector<int> least_, added_;
};

// A row of numbers that are set and cleared; finds the greatest in a range.
class greatest {
public:
    explicit greatest(std::size_t places) : places_(std::max<std::size_t>(places, 1)) {
        numbers_.assign(2 * places_, 0);
    }
    void set(std::size_t place, std::uint64_t number) {
        std::size_t node = place + places_;
        numbers_[node] = number;
        while (node > 1) {
            node /= 2;
            numbers_[node] = std::max(numbers_[2 * node], numbers_[2 * node + 1]);
        }
    }
    /// The greatest in the places from `from` up to, but not including, `to`; 0 if none is set.
    [[nodiscard]] std::uint64_t of(std::size_t from, std::size_t to) const {
        std::uint64_t found = 0;
        for (from += places_, to += places_; from < to; from /= 2, to /= 2) {
            if (from % 2 == 1) found = std::max(found, numbers_[from++]);
            if (to % 2 == 1) found = std::max(found, numbers_[--to]);
        }
        return found;
    }

private:
    std::size_t places_;
    std::vector<std::uint64_t> numbers_;
};

// Removes lowest items until none is left, or until none can be lowest.
class peeling {
public:
    // The items are those of `e` that are in `of`, in the order of put.end.
    peeling(const evidence& e, std::vector<item_index> of)
        : items_(e.items()),
          by_put_(std::move(of)),
          by_get_(sorted(by_put_, [this](item_index i) { return items_[i].get.begin; })),
          cover_(by_put_.size()),
          lowest_(by_put_.size()) {
        by_begin_.resize(by_put_.size());
        for (std::size_t i = 0; i < by_begin_.size(); ++i) by_begin_[i] = i;
        std::sort(by_begin_.begin(), by_begin_.end(), [this](std::size_t a, std::size_t b) {
            return at(a).put.begin < at(b).put.begin;
        });
        for (std::size_t i = 0; i < by_put_.size(); ++i) cover_stretch(at(i), 1);
    }

    /// The items that are left in a piece where none can be lowest; empty if there is no such
    /// piece.
    [[nodiscard]] std::vector<item_index> stuck() {
        std::vector<bool> is_gone(by_put_.size(), false);
        std::size_t begun = 0;
        for (std::size_t first = 0; first < by_put_.size();) {
            if (is_gone[first]) {
                ++first;
                continue;
            }
            const instant from = at(first).put.end;
            const instant to = items_[by_get_[cover_.first_free(first_get_after(from))]].get.begin;
            for (; begun < by_begin_.size() && at(by_begin_[begun]).put.begin <= from; ++begun) {
                if (is_gone[by_begin_[begun]]) continue;
                const std::uint64_t end = at(by_begin_[begun]).get.end;
                lowest_.set(by_begin_[begun], end << 32 | by_begin_[begun]);
            }
            const std::size_t beyond = first_put_from(to);
            const std::uint64_t found = lowest_.of(first, beyond);
            if (found == 0 || found >> 32 < to) return left(is_gone, first, beyond);
            const auto x = static_cast<std::size_t>(found & 0xffffffff);
            is_gone[x] = true;
            lowest_.set(x, 0);
            cover_stretch(at(x), -1);
        }
        return {};
    }

private:
    template <class Key>
    static std::vector<item_index> sorted(std::vector<item_index> list, Key key) {
        std::sort(list.begin(), list.end(),
                  [&](item_index a, item_index b) { return key(a) < key(b); });
        return list;
    }
    [[nodiscard]] const item& at(std::size_t place) const { return items_[by_put_[place]]; }
    // The places of by_get_ stand for the instants at which a stretch ends: the first uncovered
    // instant is always one of them.
    [[nodiscard]] std::size_t first_get_after(instant when) const {
        return static_cast<std::size_t>(
            std::upper_bound(by_get_.begin(), by_get_.end(), when,
                             [this](instant w, item_index i) { return w < items_[i].get.begin; }) -
            by_get_.begin());
    }
    [[nodiscard]] std::size_t first_get_from(instant when) const {
        return static_cast<std::size_t>(
            std::lower_bound(by_get_.begin(), by_get_.end(), when,
                             [this](item_index i, instant w) { return items_[i].get.begin < w; }) -
            by_get_.begin());
    }
    [[nodiscard]] std::size_t first_put_from(instant when) const {
        return static_cast<std::size_t>(
            std::lower_bound(by_put_.begin(), by_put_.end(), when,
                             [this](item_index i, instant w) { return items_[i].put.end < w; }) -
            by_put_.begin());
    }
    void cover_stretch(const item& each, int change) {
        cover_.add(first_get_after(each.put.end), first_get_from(each.get.begin), change);
    }
    [[nodiscard]] std::vector<item_index> left(const std::vector<bool>& is_gone, std::size_t from,
                                               std::size_t to) const {
        std::vector<item_index> rest;
        for (std::size_t i = from; i < to; ++i) {
            if (!is_gone[i]) rest.push_back(by_put_[i]);
        }
        return rest;
    }

    const std::vector<item>& items_;
    std::vector<item_index> by_put_, by_get_;
    std::vector<std::size_t> by_begin_;  // holds places in by_put_
    cover cover_;
    greatest lowest_;
};

// Finds fewer items that still have no order: leaves out parts, smaller and smaller ones, as long
// as the rest has none.
std::vector<item_index> fewest(const evidence& e, std::vector<item_index> bad) {
    for (std::size_t part = bad.size() / 2; part > 0; part /= 2) {
        for (std::size_t from = 0; from < bad.size();) {
            std::vector<item_index> rest = bad;
            const auto cut = rest.begin() + static_cast<std::ptrdiff_t>(from);
            rest.erase(cut, cut + static_cast<std::ptrdiff_t>(std::min(part, bad.size() - from)));
            if (peeling(e, rest).stuck().empty()) {
                from += part;
            } else {
                bad = std::move(rest);
            }
        }
    }
    return bad;
}

}  // namespace

std::optional<violation> check_lifo(const evidence& e) {
    std::vector<item_index> surely_in;
    for (const item_index i : e.by_put_end()) {
        if (e.items()[i].is_surely_in()) surely_in.push_back(i);
    }
    const std::vector<item_index> stuck = peeling(e, std::move(surely_in)).stuck();
    if (stuck.empty()) return std::nullopt;
    std::vector<operation_index> calls;
    for (const item_index i : fewest(e, stuck)) evidence::add_calls(calls, e.items()[i]);
    return e.wrong("order",
                   "from the first end of these puts to the last begin of these gets (for ever, if "
                   "one is missing) something was always in, so one item lay below the others all "
                   "that time; none can have",
                   std::move(calls));
}

}  // namespace conq::testing

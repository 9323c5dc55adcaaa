// SPDX-License-Identifier: BSL-1.0
// A number that changes over time, and its least value in a stretch of time.
#ifndef CONQ_TESTING_HISTORY_LEVEL_HPP
#define CONQ_TESTING_HISTORY_LEVEL_HPP

#include <algorithm>
#include <cstdint>
#include <vector>

#include "testing/history/evidence.hpp"

namespace conq::testing {

/// A number over the instants of a history. First its changes are added, in any order; then it is
/// read. Changes at `never` are left out.
class level {
public:
    /// A number that is 0 at each of `instants` instants.
    explicit level(instant instants) : at_(instants, 0), after_(instants, 0) {}

    /// Adds a change at an instant: at that instant, and from then on, the number differs by
    /// `change`.
    void add_at(instant when, std::int64_t change) {
        if (when < at_.size()) at_[when] += change;
    }
    /// Adds a change after an instant: at the instant itself the number is still unchanged.
    void add_after(instant when, std::int64_t change) {
        if (when < after_.size()) after_[when] += change;
    }
    /// Its values at the instants.
    [[nodiscard]] std::vector<std::int64_t> values() const {
        std::vector<std::int64_t> all(at_.size());
        std::int64_t now = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = now += at_[i];
            now += after_[i];
        }
        return all;
    }
    /// Its values between each instant and the next.
    [[nodiscard]] std::vector<std::int64_t> values_between() const {
        std::vector<std::int64_t> all(at_.size());
        std::int64_t now = 0;
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = now += at_[i] + after_[i];
        return all;
    }

private:
    std::vector<std::int64_t> at_, after_;
};

/// The least number in a range of a row of numbers: O(n) to build, O(log n) for each query.
class lows {
public:
    explicit lows(const std::vector<std::int64_t>& values) : count_(values.size()) {
        least_.resize(2 * count_);
        std::copy(values.begin(), values.end(),
                  least_.begin() + static_cast<std::ptrdiff_t>(count_));
        for (std::size_t i = count_; i-- > 1;) {
            least_[i] = std::min(least_[2 * i], least_[2 * i + 1]);
        }
    }
    /// The least number over the instants of a call; instants after the last are left out.
    [[nodiscard]] std::int64_t over(interval call) const {
        std::int64_t found = INT64_MAX;
        std::size_t from = call.begin + count_;
        std::size_t to = std::min<std::size_t>(std::size_t{call.end} + 1, count_) + count_;
        for (; from < to; from /= 2, to /= 2) {
            if (from % 2 == 1) found = std::min(found, least_[from++]);
            if (to % 2 == 1) found = std::min(found, least_[--to]);
        }
        return found;
    }

private:
    std::size_t count_;
    std::vector<std::int64_t> least_;
};

}  // namespace conq::testing

#endif

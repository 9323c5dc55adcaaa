// SPDX-License-Identifier: BSL-1.0
// Sorting by a number. Large inputs are sorted by radix, which is what makes the checkers fast.
#ifndef CONQ_TESTING_HISTORY_SORTING_HPP
#define CONQ_TESTING_HISTORY_SORTING_HPP

#include <cstdint>
#include <vector>

namespace conq::testing {

struct keyed {
    std::uint64_t key;
    std::uint32_t index;
};

/// Sorts by key, and by index where keys are equal; the given indices must rise. O(n) for a given
/// width of the range of keys.
void sort_by_key(std::vector<keyed>& list);

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// Sorting by a number: by radix where there is much, which is what makes checkers fast.
#ifndef CONQ_TESTING_HISTORY_SORTING_HPP
#define CONQ_TESTING_HISTORY_SORTING_HPP

#include <cstdint>
#include <vector>

namespace conq::testing {

struct keyed {
    std::uint64_t key;
    std::uint32_t index;
};

/// Sorts by key, and by index where keys are equal; the indices have to rise. O(n) for a given
/// width of the keys' range.
void sort_by_key(std::vector<keyed>& list);

}  // namespace conq::testing

#endif

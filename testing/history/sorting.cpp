// SPDX-License-Identifier: BSL-1.0
#include "testing/history/sorting.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace conq::testing {
namespace {

constexpr int digit_bits = 11;
constexpr std::size_t digits = std::size_t{1} << digit_bits;
constexpr std::size_t small = 1024;

// One stable pass by the digit at `shift`.
void pass(const std::vector<keyed>& from, std::vector<keyed>& to, std::uint64_t least, int shift) {
    const auto digit_of = [&](const keyed& each) {
        return static_cast<std::size_t>((each.key - least) >> shift) & (digits - 1);
    };
    std::array<std::size_t, digits> place{};
    for (const keyed& each : from) ++place[digit_of(each)];
    std::size_t before = 0;
    for (std::size_t& each : place) before += std::exchange(each, before);
    for (const keyed& each : from) to[place[digit_of(each)]++] = each;
}

}  // namespace

void sort_by_key(std::vector<keyed>& list) {
    if (list.size() < small) {
        std::sort(list.begin(), list.end(), [](const keyed& a, const keyed& b) {
            return a.key != b.key ? a.key < b.key : a.index < b.index;
        });
        return;
    }
    const auto by_key = [](const keyed& a, const keyed& b) { return a.key < b.key; };
    if (std::is_sorted(list.begin(), list.end(), by_key)) return;
    const auto [least, most] = std::minmax_element(list.begin(), list.end(), by_key);
    const std::uint64_t base = least->key;
    const auto bits = static_cast<int>(std::bit_width(most->key - base));
    std::vector<keyed> other(list.size());
    for (int shift = 0; shift < bits; shift += digit_bits) {
        pass(list, other, base, shift);
        list.swap(other);
    }
}

}  // namespace conq::testing

// SPDX-License-Identifier: BSL-1.0
// The items that are moved. Each is made from a number and gives that number back.
#ifndef CONQ_BENCH_ITEMS_HPP
#define CONQ_BENCH_ITEMS_HPP

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>

namespace conq::bench {

/// An item of the size of a cache line.
struct block_64 {
    std::uint64_t words[8] = {};
};

template <class T> T item_of(std::uint64_t number) {
    if constexpr (std::same_as<T, block_64>) {
        return {{number, number, number, number, number, number, number, number}};
    } else if constexpr (std::same_as<T, std::string>) {
        return std::to_string(number);
    } else if constexpr (std::same_as<T, std::unique_ptr<std::uint64_t>>) {
        return std::make_unique<std::uint64_t>(number);
    } else {
        return number;
    }
}
inline std::uint64_t number_of(std::uint64_t item) {
    return item;
}
inline std::uint64_t number_of(const block_64& item) {
    return item.words[7];
}
inline std::uint64_t number_of(const std::string& item) {
    return std::stoull(item);
}
inline std::uint64_t number_of(const std::unique_ptr<std::uint64_t>& item) {
    return *item;
}

}  // namespace conq::bench

#endif

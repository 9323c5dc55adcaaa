// SPDX-License-Identifier: BSL-1.0
// Where a buffer takes an item from: a function object that makes a T at an address. A buffer calls
// it once, after its claim; so an item that could not be put has not been touched.
#ifndef CONQ_BUFFERS_SOURCE_HPP
#define CONQ_BUFFERS_SOURCE_HPP

#include <memory>
#include <type_traits>
#include <utility>

namespace conq {

/// Makes the item by T's constructor from a value of type `From`, an lvalue or rvalue reference.
template <class T, class From> struct item_source {
    static_assert(std::is_reference_v<From>);
    /// Whether making the item cannot throw.
    static constexpr bool is_nothrow = std::is_nothrow_constructible_v<T, From>;
    /// What it is made from; it outlives the source.
    std::remove_reference_t<From>& from;

    /// Makes the item at `address`.
    void operator()(void* address) const noexcept(is_nothrow) {
        ::new (address) T(static_cast<From>(from));
    }
};

}  // namespace conq

#endif

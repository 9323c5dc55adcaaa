// SPDX-License-Identifier: BSL-1.0
// A source is where a buffer gets an item from: a function object that makes a T at an address. A
// buffer calls it once, after its claim, so a put that fails has not touched the item. A buffer
// that orders its items asks for the item's rank before that, by `key()`.
#ifndef CONQ_BUFFERS_SOURCE_HPP
#define CONQ_BUFFERS_SOURCE_HPP

#include <type_traits>

#include "conq/buffers/storable.hpp"
#include "conq/contract/result.hpp"

namespace conq {

/// Makes the item from a value of type `From`, an lvalue or rvalue reference, with the queue's
/// allocator.
template <class T, class From, class Allocator> struct item_source {
    static_assert(std::is_reference_v<From>);
    /// Whether making the item cannot throw.
    static constexpr bool is_nothrow = item_life<T, Allocator>::template is_made_nothrow<From>();
    /// Whether a copy of the item, kept in registers, may replace the value that it is made from.
    static constexpr bool is_small =
        conq::is_small<T> && std::is_same_v<std::remove_cvref_t<From>, T>;
    /// The value that the item is made from. It outlives the source.
    std::remove_reference_t<From>& from;
    /// The queue's allocator.
    [[no_unique_address]] Allocator alloc;

    /// The value that ranks the item: the one that it is made from.
    [[nodiscard]] const std::remove_reference_t<From>& key() const noexcept { return from; }
    /// Returns the item, for small types only. The argument keeps its value.
    [[nodiscard]] T made() const noexcept
        requires is_small
    {
        return static_cast<From>(from);
    }
    /// Makes the item at `address`.
    void operator()(void* address) const noexcept(is_nothrow) {
        item_life<T, Allocator>::make(alloc, address, static_cast<From>(from));
    }
};

}  // namespace conq

#endif

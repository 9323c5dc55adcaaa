// SPDX-License-Identifier: BSL-1.0
// The parts of a batch: the source of its items, and an array of a few items on the stack.
#ifndef CONQ_QUEUE_BATCH_HPP
#define CONQ_QUEUE_BATCH_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>

#include "conq/buffers/storable.hpp"
#include "conq/contract/limits.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// The iterator that walks a range: for a std::move_iterator, the iterator that it wraps.
template <class Iterator> [[nodiscard]] Iterator walker_of(Iterator at) {
    return at;
}
template <class Iterator> [[nodiscard]] Iterator walker_of(const std::move_iterator<Iterator>& at) {
    return at.base();
}
template <class Iterator> using walker = decltype(walker_of(std::declval<Iterator>()));

/// Whether a range from First to Last can be put into a queue of T. It can be walked more than
/// once, so that items that were not put are still there; what is moved from it must be items of
/// type T.
template <class First, class Last, class T>
concept batch_of = std::sentinel_for<Last, First> && std::forward_iterator<walker<First>> &&
                   std::constructible_from<T, std::iter_reference_t<First>> &&
                   (!std::is_rvalue_reference_v<std::iter_reference_t<First>> ||
                    std::same_as<std::iter_value_t<First>, T>);

/// The source of a batch: each call makes an item from the element at the cursor, and advances the
/// cursor. If making the item throws, the next call tries the same element again.
template <class T, class From, class Cursor, class Allocator> struct batch_source {
    static_assert(std::is_reference_v<From>);
    /// Whether making an item cannot throw.
    static constexpr bool is_nothrow = item_life<T, Allocator>::template is_made_nothrow<From>();
    /// The cursor: the next item is made from `*next`.
    Cursor& next;
    /// The queue's allocator.
    [[no_unique_address]] Allocator alloc;

    /// The value by which the buffer ranks the next item.
    [[nodiscard]] const T& key() const noexcept { return *next; }
    /// Makes the next item at `address`.
    void operator()(void* address) const noexcept(is_nothrow) {
        item_life<T, Allocator>::make(alloc, address, static_cast<From>(*next));
        ++next;
    }
};

/// A cursor over items, given an array of their addresses.
template <class Item> struct address_cursor {
    /// Points at the next address.
    Item* const* at;
    /// The item at that address.
    [[nodiscard]] Item& operator*() const noexcept { return **at; }
    void operator++() noexcept { ++at; }
};

/// An array of a few items on the stack, made and destroyed by the queue's allocator. It holds as
/// many as one claim may take, but no more than 2 KiB of them, or a single larger item.
template <class T, class Allocator> class handful {
    using life = item_life<T, Allocator>;

public:
    /// The number of items that fit.
    static constexpr std::size_t capacity = sizeof(T) > 2048
                                                ? 1
                                                : limits::smaller(2048 / sizeof(T),
                                                                  limits::batch_claim_most);

    /// Starts empty.
    explicit handful(const Allocator& alloc) noexcept : alloc_(alloc) {}
    handful(const handful&) = delete;
    handful& operator=(const handful&) = delete;
    ~handful() { clear(); }

    /// Adds an item made from `from`; there must be room. If that throws, nothing has changed.
    template <class From> void add(From&& from) noexcept(life::template is_made_nothrow<From>()) {
        life::make(alloc_, bytes_ + size_ * sizeof(T), std::forward<From>(from));
        ++size_;
    }
    /// Destroys all items.
    void clear() noexcept {
        for (T* each = begin(); size_ != 0; --size_) life::end(alloc_, each++);
    }
    /// The first item, and the number of items.
    [[nodiscard]] T* begin() noexcept { return std::launder(reinterpret_cast<T*>(bytes_)); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    alignas(T) std::byte bytes_[capacity * sizeof(T)];
    std::size_t size_ = 0;
    [[no_unique_address]] Allocator alloc_;
};

}  // namespace conq

#endif

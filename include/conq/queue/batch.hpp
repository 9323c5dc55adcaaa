// SPDX-License-Identifier: BSL-1.0
// What batches are made of: where the items come from, and a few items on the stack.
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

/// The iterator that walks a range: behind a move_iterator the one that it is made of.
template <class Iterator> [[nodiscard]] Iterator walker_of(Iterator at) {
    return at;
}
template <class Iterator> [[nodiscard]] Iterator walker_of(const std::move_iterator<Iterator>& at) {
    return at.base();
}
template <class Iterator> using walker = decltype(walker_of(std::declval<Iterator>()));

/// Whether a range from First to Last can be put into a queue of T: it can be walked more than
/// once, so that what was not put is still there, and what is moved from it are items.
template <class First, class Last, class T>
concept batch_of = std::sentinel_for<Last, First> && std::forward_iterator<walker<First>> &&
                   std::constructible_from<T, std::iter_reference_t<First>> &&
                   (!std::is_rvalue_reference_v<std::iter_reference_t<First>> ||
                    std::same_as<std::iter_value_t<First>, T>);

/// The source of a batch: each call makes an item from what stands next, and goes on by one. If
/// making it throws, the next call tries the same one.
template <class T, class From, class Cursor, class Allocator> struct batch_source {
    static_assert(std::is_reference_v<From>);
    /// Whether making an item cannot throw.
    static constexpr bool is_nothrow = item_life<T, Allocator>::template is_made_nothrow<From>();
    /// `*` is what the next item is made from.
    Cursor& next;
    /// The queue's allocator.
    [[no_unique_address]] Allocator alloc;

    /// What the next item is ranked by.
    [[nodiscard]] const T& key() const noexcept { return *next; }
    /// Makes the item at `address`.
    void operator()(void* address) const noexcept(is_nothrow) {
        item_life<T, Allocator>::make(alloc, address, static_cast<From>(*next));
        ++next;
    }
};

/// Goes through items by their addresses.
template <class Item> struct address_cursor {
    /// The next address.
    Item* const* at;
    /// The item there.
    [[nodiscard]] Item& operator*() const noexcept { return **at; }
    void operator++() noexcept { ++at; }
};

/// A few items on the stack, made and ended by the queue's allocator: as many as are claimed at
/// once, but no more than 2 KiB of them, or one.
template <class T, class Allocator> class handful {
    using life = item_life<T, Allocator>;

public:
    /// How many fit.
    static constexpr std::size_t capacity = sizeof(T) > 2048
                                                ? 1
                                                : limits::smaller(2048 / sizeof(T),
                                                                  limits::batch_claim_most);

    /// None yet.
    explicit handful(const Allocator& alloc) noexcept : alloc_(alloc) {}
    handful(const handful&) = delete;
    handful& operator=(const handful&) = delete;
    ~handful() { clear(); }

    /// Adds an item made from `from`; there is room. If that throws, nothing has changed.
    template <class From> void add(From&& from) noexcept(life::template is_made_nothrow<From>()) {
        life::make(alloc_, bytes_ + size_ * sizeof(T), std::forward<From>(from));
        ++size_;
    }
    /// Ends all items.
    void clear() noexcept {
        for (T* each = begin(); size_ != 0; --size_) life::end(alloc_, each++);
    }
    /// The items.
    [[nodiscard]] T* begin() noexcept { return std::launder(reinterpret_cast<T*>(bytes_)); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    alignas(T) std::byte bytes_[capacity * sizeof(T)];
    std::size_t size_ = 0;
    [[no_unique_address]] Allocator alloc_;
};

}  // namespace conq

#endif

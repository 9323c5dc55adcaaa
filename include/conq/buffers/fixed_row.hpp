// SPDX-License-Identifier: BSL-1.0
// A container for a locked buffer: first in, first out, in places that are allocated once. It has
// no lock, and it relies on its user to keep the bound.
#ifndef CONQ_BUFFERS_FIXED_ROW_HPP
#define CONQ_BUFFERS_FIXED_ROW_HPP

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "conq/buffers/storable.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// Items in the order in which they came.
///
/// Threads: one at a time. Memory: `most` places, allocated by the constructor. Each call is O(1)
/// unless it says otherwise.
template <class T, class Allocator> class fixed_row {
    struct place {
        alignas(T) std::byte bytes[sizeof(T)];
    };
    using places =
        std::vector<place, typename std::allocator_traits<Allocator>::template rebind_alloc<place>>;
    using life = item_life<T, Allocator>;

public:
    /// What allocates the places, and what holds the items.
    using allocator_type = Allocator;
    using storage = fixed_row;

    /// An empty row with `most` places. Throws what the allocator throws.
    explicit fixed_row(const Allocator& allocator, std::uint64_t most = 0)
        : places_(static_cast<std::size_t>(most), typename places::allocator_type(allocator)) {}
    fixed_row(const fixed_row&) = delete;
    fixed_row& operator=(const fixed_row&) = delete;
    ~fixed_row() { clear(); }

    /// A copy of the allocator.
    [[nodiscard]] Allocator get_allocator() const noexcept {
        return Allocator(places_.get_allocator());
    }
    /// Adds the item that `source(address)` makes. If the source throws, nothing has changed. There
    /// must be a free place.
    template <class Source> void push(const Source& source) {
        source(static_cast<void*>(places_[(first_ + size_) % places_.size()].bytes));
        ++size_;
    }
    /// Passes the oldest item to `sink(item)`, then removes it. If the sink throws, nothing has
    /// changed. The row must not be empty.
    template <class Sink> void take(const Sink& sink) {
        T* const item = std::launder(reinterpret_cast<T*>(places_[first_].bytes));
        sink(*item);
        life::end(get_allocator(), item);
        first_ = (first_ + 1) % places_.size();
        --size_;
    }
    /// The number of items.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Removes all items. O(size).
    void clear() noexcept {
        while (size_ != 0) take([](T&) noexcept {});
    }
    /// Moves all items and the places into `into`, which has neither. No push may follow. O(1).
    void swap_out(storage& into) noexcept {
        places_.swap(into.places_);
        std::swap(first_, into.first_);
        std::swap(size_, into.size_);
    }
    /// Does nothing: the places stay.
    void trim() noexcept {}

private:
    places places_;
    std::size_t first_ = 0, size_ = 0;
};

}  // namespace conq

#endif

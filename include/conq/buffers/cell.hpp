// SPDX-License-Identifier: BSL-1.0
// A cell holds one item, which a source makes in place. Containers hold cells, so that an item is
// made once and moved inside a container only where the container's order demands it.
#ifndef CONQ_BUFFERS_CELL_HPP
#define CONQ_BUFFERS_CELL_HPP

#include <cstddef>
#include <new>
#include <utility>

#include "conq/buffers/storable.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// Holds an item that `source(address)` makes. The source may throw; then there is no cell. The
/// allocator destroys the item, and makes it anew when it is moved to another cell.
template <class T, class Allocator> class cell {
    using life = item_life<T, Allocator>;

public:
    /// Makes the item. Throws what the source throws.
    template <class Source> cell(const Source& source, const Allocator& alloc) : alloc_(alloc) {
        source(static_cast<void*>(bytes_));
    }
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;
    cell(cell&& other) noexcept
        requires lock_free_storable<T, Allocator>
        : alloc_(other.alloc_) {
        life::make(alloc_, bytes_, std::move(*other.item()));
    }
    /// Destroys the old item, then moves the other's item here. The allocators must be equal.
    cell& operator=(cell&& other) noexcept
        requires lock_free_storable<T, Allocator>
    {
        if (this == &other) return *this;
        life::end(alloc_, item());
        life::make(alloc_, bytes_, std::move(*other.item()));
        return *this;
    }
    ~cell() { life::end(alloc_, item()); }

    /// The item.
    [[nodiscard]] T* item() noexcept { return std::launder(reinterpret_cast<T*>(bytes_)); }
    [[nodiscard]] const T* item() const noexcept {
        return std::launder(reinterpret_cast<const T*>(bytes_));
    }
    /// The allocator that destroys the item.
    [[nodiscard]] const Allocator& allocator() const noexcept { return alloc_; }

private:
    alignas(T) std::byte bytes_[sizeof(T)];
    [[no_unique_address]] Allocator alloc_;
};

/// A cell in memory of its own, for items whose move may throw: moving the box moves no item.
template <class T, class Allocator> class boxed_cell {
    using content = cell<T, Allocator>;
    using traits = typename std::allocator_traits<Allocator>::template rebind_traits<content>;
    using box_allocator = typename traits::allocator_type;

public:
    /// Allocates the cell and makes the item. Throws what the source and the allocator throw.
    template <class Source> boxed_cell(const Source& source, const Allocator& alloc) {
        box_allocator allocator(alloc);
        struct giving_back {
            box_allocator& allocator;
            typename traits::pointer place;
            bool is_made = false;
            ~giving_back() {
                if (!is_made) traits::deallocate(allocator, place, 1);
            }
        } on_throw{allocator, traits::allocate(allocator, 1)};
        box_ = std::construct_at(std::to_address(on_throw.place), source, alloc);
        on_throw.is_made = true;
    }
    boxed_cell(boxed_cell&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
    boxed_cell& operator=(boxed_cell&& other) noexcept {
        std::swap(box_, other.box_);
        return *this;
    }
    ~boxed_cell() {
        if (box_ == nullptr) return;
        box_allocator allocator(box_->allocator());
        const auto place = std::pointer_traits<typename traits::pointer>::pointer_to(*box_);
        std::destroy_at(box_);
        traits::deallocate(allocator, place, 1);
    }

    /// The item. There is none after the box was moved from.
    [[nodiscard]] T* item() noexcept { return box_->item(); }
    [[nodiscard]] const T* item() const noexcept { return std::as_const(*box_).item(); }

private:
    content* box_;
};

}  // namespace conq

#endif

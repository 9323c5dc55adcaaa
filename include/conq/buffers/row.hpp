// SPDX-License-Identifier: BSL-1.0
// Containers for a locked buffer: first in, first out, and last in, first out. They have no lock
// and no bound.
#ifndef CONQ_BUFFERS_ROW_HPP
#define CONQ_BUFFERS_ROW_HPP

#include <cstddef>
#include <cstdint>
#include <deque>

#include "conq/buffers/cell.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// Items in the order in which they came, taken from one end.
///
/// Threads: one at a time. O(1), except for destroying what swap_out moved out. push allocates now
/// and then.
template <class T, class Allocator, bool TakesNewest> class row {
    using cell_type = cell<T, Allocator>;

public:
    /// What allocates the memory, and what holds the items.
    using allocator_type = Allocator;
    using storage =
        std::deque<cell_type,
                   typename std::allocator_traits<Allocator>::template rebind_alloc<cell_type>>;

    /// An empty row; the capacity is ignored. Throws what the allocator throws.
    explicit row(const Allocator& allocator, std::uint64_t = 0)
        : items_(typename storage::allocator_type(allocator)) {}

    /// A copy of the allocator.
    [[nodiscard]] Allocator get_allocator() const noexcept {
        return Allocator(items_.get_allocator());
    }
    /// Adds the item that `source(address)` makes. If the source or the allocator throws, nothing
    /// has changed.
    template <class Source> void push(const Source& source) {
        items_.emplace_back(source, get_allocator());
    }
    /// Passes the next item to `sink(item)`, then removes it. If the sink throws, nothing has
    /// changed. The row must not be empty.
    template <class Sink> void take(const Sink& sink) {
        if constexpr (TakesNewest) {
            sink(*items_.back().item());
            items_.pop_back();
        } else {
            sink(*items_.front().item());
            items_.pop_front();
        }
    }
    /// The number of items.
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    /// Moves all items into `into`, which is empty and has an equal allocator. O(1).
    void swap_out(storage& into) noexcept { into.swap(items_); }
    /// Calls `visit(item)` for each item, the oldest first.
    template <class Visit> void visit_items(Visit visit) const {
        for (const cell_type& each : items_) visit(*each.item());
    }
    /// Gives back the memory that it can spare.
    void trim() { items_.shrink_to_fit(); }

private:
    storage items_;
};

/// A row that is first in, first out.
template <class T, class Allocator> using fifo = row<T, Allocator, false>;
/// A row that is last in, first out.
template <class T, class Allocator> using stack = row<T, Allocator, true>;

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// A container for a locked buffer: items that may come out from an instant on, the earliest first,
// those of the same instant in the order in which they came. It knows no lock and no bound.
#ifndef CONQ_BUFFERS_TIMETABLE_HPP
#define CONQ_BUFFERS_TIMETABLE_HPP

#include <cstddef>
#include <cstdint>
#include <new>

#include "conq/buffers/cell.hpp"
#include "conq/buffers/heap.hpp"
#include "conq/platform/clock.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// An item and the instant from which it may come out.
template <class T, class Allocator> struct delayed {
    /// The item.
    cell<T, Allocator> value;
    /// From when on, by the platform's clock.
    platform::instant_ns due;

    /// The item that `source(address)` makes.
    template <class Source>
    delayed(const Source& source, const Allocator& alloc, platform::instant_ns from)
        : value(source, alloc), due(from) {}
};

/// Where a delayed item comes from: another source, with the instant.
template <class Source> struct delayed_source {
    /// What makes the item.
    const Source& inner;
    /// From when on it may come out.
    platform::instant_ns due;

    /// Makes the item at `address`.
    void operator()(void* address) const noexcept(noexcept(inner(address))) { inner(address); }
};

/// Items by the instant from which they may come out. A source without a `due` makes an item that
/// is due when it is pushed.
///
/// Threads: one at a time. push and take are O(log size); push allocates now and then.
template <class T, class Allocator, class Platform> class timetable {
    using item_type = delayed<T, Allocator>;
    using item_allocator =
        typename std::allocator_traits<Allocator>::template rebind_alloc<item_type>;
    struct earlier {
        bool operator()(platform::instant_ns a, const item_type& b) const noexcept {
            return a < b.due;
        }
        bool operator()(const item_type& a, const item_type& b) const noexcept {
            return a.due < b.due;
        }
    };
    using heap_type = heap<item_type, item_allocator, earlier>;

public:
    /// What allocates, and what holds the items.
    using allocator_type = Allocator;
    using storage = typename heap_type::storage;

    /// Empty, whatever the capacity will be.
    explicit timetable(const Allocator& allocator, std::uint64_t = 0)
        : items_(item_allocator(allocator)) {}

    /// A copy of the allocator.
    [[nodiscard]] Allocator get_allocator() const noexcept {
        return Allocator(items_.get_allocator());
    }
    /// As those of a heap, but for the instant.
    template <class Source> void push(const Source& source) {
        if constexpr (requires { source.due; }) {
            items_.push(entry_source<Source>{source, get_allocator(), source.due});
        } else {
            items_.push(entry_source<Source>{source, get_allocator(), Platform::now()});
        }
    }
    /// The earliest item, due or not.
    template <class Sink> void take(const Sink& sink) {
        items_.take([&sink](item_type& first) { sink(*first.value.item()); });
    }
    /// When the earliest item is due; `never` if there is none.
    [[nodiscard]] platform::instant_ns ready_at() const noexcept {
        return items_.size() == 0 ? platform::never : items_.first().due;
    }
    /// As those of a heap.
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    void swap_out(storage& into) noexcept { items_.swap_out(into); }
    void trim() { items_.trim(); }

private:
    template <class Source> struct entry_source {
        const Source& inner;
        Allocator alloc;
        platform::instant_ns due;
        [[nodiscard]] platform::instant_ns key() const noexcept { return due; }
        void operator()(void* address) const { ::new (address) item_type(inner, alloc, due); }
    };

    heap_type items_;
};

}  // namespace conq

#endif

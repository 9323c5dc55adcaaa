// SPDX-License-Identifier: BSL-1.0
// A container for a locked buffer: each item has an instant before which it cannot be taken. The
// earliest comes first, those of one instant in the order in which they came. No lock, no bound.
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

/// An item and the instant from which it can be taken.
template <class T, class Allocator> struct delayed {
    /// The item.
    cell<T, Allocator> value;
    /// The instant from which it can be taken, in nanoseconds of the platform's clock.
    platform::instant_ns due;

    /// Makes the item by `source(address)`. Throws what the source throws.
    template <class Source>
    delayed(const Source& source, const Allocator& alloc, platform::instant_ns from)
        : value(source, alloc), due(from) {}
};

/// The source of a delayed item: another source and the instant.
template <class Source> struct delayed_source {
    /// The source that makes the item.
    const Source& inner;
    /// The instant from which the item can be taken.
    platform::instant_ns due;

    /// Makes the item at `address`.
    void operator()(void* address) const noexcept(noexcept(inner(address))) { inner(address); }
};

/// Items by the instant from which they can be taken. If a source has no `due`, its item is due at
/// once when it is pushed.
///
/// Threads: one at a time. push and take are O(log size). push allocates now and then.
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
    /// What allocates the memory, and what holds the items.
    using allocator_type = Allocator;
    using storage = typename heap_type::storage;

    /// An empty timetable; the capacity is ignored.
    explicit timetable(const Allocator& allocator, std::uint64_t = 0)
        : items_(item_allocator(allocator)) {}

    /// A copy of the allocator.
    [[nodiscard]] Allocator get_allocator() const noexcept {
        return Allocator(items_.get_allocator());
    }
    /// As push of a heap; the rank is the instant.
    template <class Source> void push(const Source& source) {
        if constexpr (requires { source.due; }) {
            items_.push(entry_source<Source>{source, get_allocator(), source.due});
        } else {
            items_.push(entry_source<Source>{source, get_allocator(), Platform::now()});
        }
    }
    /// Passes the earliest item to `sink(item)`, due or not, then removes it. As take of a heap.
    template <class Sink> void take(const Sink& sink) {
        items_.take([&sink](item_type& first) { sink(*first.value.item()); });
    }
    /// The instant from which the earliest item can be taken; `never` if there is none.
    [[nodiscard]] platform::instant_ns ready_at() const noexcept {
        return items_.size() == 0 ? platform::never : items_.first().due;
    }
    /// As the members of a heap.
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

// SPDX-License-Identifier: BSL-1.0
// A container for a locked buffer: the lowest item first, equal ones in the order in which they
// came. It has no lock and no bound.
//
// A binary heap in an array. Each call first makes its comparisons, which may throw, and so finds
// the place of the item to be moved. Only then does it move anything, and that cannot throw: items
// whose move could throw are in boxes, and the boxes are moved. So an exception leaves the heap as
// it was.
#ifndef CONQ_BUFFERS_HEAP_HPP
#define CONQ_BUFFERS_HEAP_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "conq/buffers/cell.hpp"
#include "conq/buffers/source.hpp"
#include "conq/buffers/storable.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// Items by rank. `before(a, b)` says whether a comes out before b, whichever came first. For an
/// item that is not made yet, a is the `key()` of its source.
///
/// Threads: one at a time. push and take are O(log size): push calls `before` at most log2(size)
/// times, take at most twice as often. push allocates when the array is full, and for each item
/// that is in a box.
template <class T, class Allocator, class Before> class heap {
    using holder = std::conditional_t<lock_free_storable<T, Allocator>, cell<T, Allocator>,
                                      boxed_cell<T, Allocator>>;
    struct entry {
        holder held;
        std::uint64_t number;  // in the order of puts
        template <class Source>
        entry(const Source& source, const Allocator& alloc, std::uint64_t n)
            : held(source, alloc), number(n) {}
        [[nodiscard]] const T& item() const noexcept { return *held.item(); }
    };

public:
    /// What allocates the array, and what holds the items.
    using allocator_type = Allocator;
    using storage =
        std::vector<entry, typename std::allocator_traits<Allocator>::template rebind_alloc<entry>>;

    /// An empty heap; the capacity is ignored. Throws what moving `before` throws.
    explicit heap(const Allocator& allocator, std::uint64_t = 0, Before before = Before())
        : entries_(typename storage::allocator_type(allocator)), before_(std::move(before)) {}

    /// A copy of the allocator.
    [[nodiscard]] Allocator get_allocator() const noexcept {
        return Allocator(entries_.get_allocator());
    }
    /// Adds the item that `source(address)` makes. If the source, a comparison or the allocator
    /// throws, nothing has changed.
    template <class Source> void push(const Source& source) {
        if constexpr (requires { source.key(); }) {
            insert(source);
        } else {
            cell<T, Allocator> made(source, get_allocator());
            insert(item_source<T, T&&, Allocator>{*made.item(), get_allocator()});
        }
    }

    /// Passes the first item to `sink(item)`, then removes it. If a comparison or the sink throws,
    /// nothing has changed. The heap must not be empty.
    template <class Sink> void take(const Sink& sink) {
        const std::size_t place = place_of_last();
        sink(*entries_.front().held.item());
        if (entries_.size() > 1) {
            entry last(std::move(entries_.back()));
            // The path from the root to `place`: counted from 1, the numbers of a place's ancestors
            // are the leading bits of its own.
            for (auto up = std::bit_width(place + 1) - 1; up > 0; --up) {
                entries_[((place + 1) >> up) - 1] =
                    std::move(entries_[((place + 1) >> (up - 1)) - 1]);
            }
            entries_[place] = std::move(last);
        }
        entries_.pop_back();
    }

    /// The first item. The heap must not be empty.
    [[nodiscard]] const T& first() const noexcept { return entries_.front().item(); }
    /// The number of items.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// Moves all items into `into`, which is empty and has an equal allocator. O(1).
    void swap_out(storage& into) noexcept { into.swap(entries_); }
    /// Calls `visit(item)` for each item, in no particular order.
    template <class Visit> void visit_items(Visit visit) const {
        for (const entry& each : entries_) visit(each.item());
    }
    /// Gives back the memory that it can spare.
    void trim() { entries_.shrink_to_fit(); }

private:
    template <class Source> void insert(const Source& source) {
        std::size_t place = entries_.size();
        while (place != 0 && before_(source.key(), entries_[parent(place)].item())) {
            place = parent(place);
        }
        entries_.emplace_back(source, get_allocator(), number_);
        ++number_;
        std::size_t at = entries_.size() - 1;
        if (place == at) return;
        entry made(std::move(entries_[at]));
        for (; at != place; at = parent(at)) entries_[at] = std::move(entries_[parent(at)]);
        entries_[place] = std::move(made);
    }
    static std::size_t parent(std::size_t place) noexcept { return (place - 1) / 2; }

    // One comparison is enough, because no two entries have the same number.
    [[nodiscard]] bool precedes(const entry& a, const entry& b) {
        return a.number < b.number ? !before_(b.item(), a.item()) : before_(a.item(), b.item());
    }

    // The place that the last entry will have once the first is removed.
    [[nodiscard]] std::size_t place_of_last() {
        const std::size_t left = entries_.size() - 1;
        std::size_t place = 0;
        for (;;) {
            std::size_t child = 2 * place + 1;
            if (child >= left) return place;
            if (child + 1 < left && precedes(entries_[child + 1], entries_[child])) ++child;
            if (!precedes(entries_[child], entries_.back())) return place;
            place = child;
        }
    }

    storage entries_;
    std::uint64_t number_ = 0;
    [[no_unique_address]] Before before_;
};

}  // namespace conq

#endif

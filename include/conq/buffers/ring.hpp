// SPDX-License-Identifier: BSL-1.0
// A ring of a fixed capacity: strict FIFO, linearizable, for many producers and consumers. It never
// waits, and knows nothing of sleeping or of task counting. After D. Vyukov's bounded MPMC queue
// (1024cores), with tickets made of a lap and an index, so that every capacity is exact.
//
// The word of a side is ticket << 1 | closed, and ticket = lap << b | index, where b is the number
// of bits of capacity - 1: there is no division, and no ticket is ever used twice. A call begins
// with a guess of the word (guessed_word.hpp). The stamp of a slot says which word may claim the
// slot: w means free for the put whose word is w; w + 1 means filled by that put. So the one
// comparison "stamp == word" says both that the slot is free and that the ring is not closed (a
// closed word is odd, and no free slot has an odd stamp).
//
// The promises B1 to B5 of a buffer (ARCHITECTURE.md):
// B1 `ok` is one seq_cst CAS on that side's word, made before the item is touched, and only once
//    the slot is known to be ready: nothing is ever undone. Any other answer leaves the argument
//    intact.
// B2 can_put and can_get are seq_cst loads of those words; a claimed slot counts as taken.
// B3 puts() only grows and counts exactly the accepted items.
// B4 A cargo stands beside each side's word, on its cache line; the ring never reads it.
// B5 After a claim no code runs that can throw, allocate or block.
//
// Threads: any. Progress: every member is non-blocking, and only the constructor allocates. It is
// not lock-free: while the slot that a call needs is claimed and not yet published, the answer is
// `busy`. A thread that dies in the middle of a call leaves such a slot for good. Calls are O(1),
// batches O(items).
#ifndef CONQ_BUFFERS_RING_HPP
#define CONQ_BUFFERS_RING_HPP

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "conq/buffers/guessed_word.hpp"
#include "conq/buffers/storable.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// A buffer of a fixed capacity, allocated once: see the head of this file.
template <class T, class Traits, class PutCargo, class GetCargo>
    requires lock_free_storable<T, typename Traits::template allocator<T>>
class ring {
    using platform_type = typename Traits::platform;
    using word_type = typename platform_type::template atomic<std::uint64_t>;

public:
    /// What allocates the slots.
    using allocator_type = typename Traits::template allocator<T>;
    /// No lock is held while an item is put or taken.
    static constexpr bool is_locked = false;

    /// The capacity is from 1 to limits::maxsize_max. Throws what the allocator throws.
    explicit ring(std::uint64_t capacity, const allocator_type& allocator = allocator_type())
        : allocator_(allocator),
          capacity_(capacity),
          index_mask_(2 * (std::bit_ceil(capacity) - 1)),
          last_index_(2 * (capacity - 1)),
          lap_(index_mask_ + 2),
          wrap_(lap_ - last_index_),
          slots_(allocate(slot_allocator(allocator), places(capacity))),
          prefetches_(capacity >= prefetch_capacity_least) {
        for (std::uint64_t i = 0; i < places(capacity); ++i) {
            std::construct_at(slots_ + i, i < capacity ? 2 * i : 0);
        }
    }
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;

    ~ring() {
        const std::uint64_t end = put_.word.load() & ~closed;
        for (std::uint64_t at = get_.word.load(); at != end; at = next(at)) {
            item_life<T, allocator_type>::end(allocator_, slot_of(at).item());
        }
        for (std::uint64_t i = 0; i < places(capacity_); ++i) std::destroy_at(slots_ + i);
        slot_allocator allocator(allocator_);
        using pointer_traits = std::pointer_traits<typename allocator_traits::pointer>;
        allocator_traits::deallocate(allocator, pointer_traits::pointer_to(*slots_),
                                     static_cast<std::size_t>(places(capacity_)));
    }
    /// A copy of the allocator.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

    /// Puts one item: ok, full, busy or shut_down. `source(address)` makes the item and must not
    /// throw.
    template <class Source> [[nodiscard]] CONQ_COLD status try_put(const Source& source) noexcept {
        std::uint64_t put = 0;
        return try_put_some(source, 1, put);
    }
    /// Puts the item if there is room and no other thread interferes. False: nothing was done;
    /// try_put says why. It passes `source` only to functions that are inlined.
    template <class Source> [[nodiscard]] CONQ_HOT bool put_at_once(const Source& source) noexcept {
        const std::uint64_t word = put_.guessed();
        const std::uint64_t index = index_of(word), after = next(word, index);
        slot& target = slot_at(index);
        // (2) with (6): the consumer that freed the slot has moved its item out
        if (target.stamp.load(std::memory_order_acquire) != word) [[unlikely]] {  // (2)
            return false;
        }
        if (!put_.claim(word, after)) [[unlikely]] {
            back_off();
            return false;
        }
        fill(target, source, word);
        put_.settle(after);
        return true;
    }

    /// Puts up to `most` items (at least 1), as many as have free slots in a row, by one CAS, and
    /// adds their number to `count`. ok if it put any; else the reason. Calls `source` for each
    /// item, in order.
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) noexcept {
        for (;;) {
            std::uint64_t word = put_.look();
            std::uint64_t end = word, ready = 0;
            // If the word is still at this value when it is claimed, no later slot has been
            // claimed.
            while (ready != most && is_free(end)) {
                end = next(end);
                ++ready;
            }
            if (ready == 0) {
                if (const status answer = why_not_put(word); answer != status::ok) return answer;
            } else if (put_.word.compare_exchange_strong(word, end)) {
                for (; word != end; word = next(word)) fill(slot_of(word), source, word);
                put_.settle(end);
                count += ready;
                return status::ok;
            } else {
                platform_type::pause(lost_pauses);
            }
        }
    }

    /// Takes one item: ok, empty, busy, or shut_down (no items are left). `sink(item)` moves the
    /// item out.
    template <class Sink> [[nodiscard]] CONQ_COLD status try_get(const Sink& sink) noexcept {
        std::uint64_t got = 0;
        return try_get_some(sink, 1, got);
    }
    /// Takes an item if there is one and no other thread interferes; otherwise as put_at_once.
    template <class Sink> [[nodiscard]] CONQ_HOT bool get_at_once(const Sink& sink) noexcept {
        const std::uint64_t word = get_.guessed();
        const std::uint64_t index = index_of(word), after = next(word, index);
        slot& target = slot_at(index);
        // (5) with (7): the producer has made the item
        if (target.stamp.load(std::memory_order_acquire) != word + 1) [[unlikely]] {  // (5)
            return false;
        }
        if (!get_.claim(word, after)) [[unlikely]] {
            back_off();
            return false;
        }
        drain(target, sink, word);
        get_.settle(after);
        return true;
    }

    /// Takes up to `most` items (at least 1), as many as are published in a row, by one CAS, and
    /// adds their number to `count`. ok if it took any; else the reason. Calls `sink` for each
    /// item, in order.
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most,
                                      std::uint64_t& count) noexcept {
        for (;;) {
            std::uint64_t word = get_.look();
            std::uint64_t end = word, ready = 0;
            while (ready != most && is_filled(end)) {
                end = next(end);
                ++ready;
            }
            if (ready == 0) {
                if (const status answer = why_not_get(word); answer != status::ok) return answer;
            } else if (get_.word.compare_exchange_strong(word, end)) {
                for (; word != end; word = next(word)) drain(slot_of(word), sink, word);
                get_.settle(end);
                count += ready;
                return status::ok;
            } else {
                platform_type::pause(lost_pauses);
            }
        }
    }

    /// B2: whether there is room. A claimed slot counts as taken. True if closed.
    [[nodiscard]] bool can_put() const noexcept {
        const std::uint64_t head = get_.word.load(), tail = put_.word.load();
        return (tail & closed) != 0 || head + lap_ != tail;
    }
    /// B2: whether there is an item. Claimed ones do not count. True if closed.
    [[nodiscard]] bool can_get() const noexcept {
        const std::uint64_t head = get_.word.load(), tail = put_.word.load();
        return head != tail;
    }
    /// Whether the next put (or get) would find its slot ready. A hint.
    [[nodiscard]] bool put_is_ready() const noexcept {
        const std::uint64_t word = put_.word.load(std::memory_order_relaxed);  // (9) a hint
        return slot_of(word).stamp.load(std::memory_order_relaxed) == word;    // (10) a hint
    }
    [[nodiscard]] bool get_is_ready() const noexcept {
        const std::uint64_t word = get_.word.load(std::memory_order_relaxed);    // (11) a hint
        return slot_of(word).stamp.load(std::memory_order_relaxed) == word + 1;  // (12) a hint
    }

    /// B3: the number of items accepted since the beginning.
    [[nodiscard]] std::uint64_t puts() const noexcept { return count(put_.word.load()); }
    /// The number of items claimed by gets since the beginning. Never more than puts().
    [[nodiscard]] std::uint64_t gets() const noexcept { return count(get_.word.load()); }
    /// Whether at least n items were claimed. Tries the guess first, which the consumer has just
    /// stored, and reads the word only if the guess does not settle it.
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept {
        return count(get_.guessed()) >= n || gets() >= n;
    }
    /// The number of items in the ring. Exact, at an instant between the two loads, if no word
    /// moves.
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = gets();
        const std::uint64_t in = puts() - got;
        return in < capacity_ ? in : capacity_;
    }
    /// How many items fit.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }

    /// After this call returns, no put is accepted.
    void close() noexcept { put_.word.fetch_or(closed); }
    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return (put_.word.load() & closed) != 0; }
    /// Does nothing: a ring keeps its memory.
    void trim() noexcept {}

    /// B4: the cargo on the cache line that a put (or get) has just changed.
    [[nodiscard]] PutCargo& put_cargo() noexcept { return put_.cargo; }
    [[nodiscard]] GetCargo& get_cargo() noexcept { return get_.cargo; }

private:
    static constexpr std::uint64_t closed = 1;
    // After a lost CAS, about 3 us: the winner keeps the cache line for a burst (measured x2 to 9).
    static constexpr int lost_pauses = 128;
    static constexpr std::uint64_t slots_ahead = 8;  // how far prefetch looks
    static constexpr std::uint64_t prefetch_capacity_least = 256;
    // The number of slots in the array. With the extra ones, prefetch always looks at a slot of the
    // array.
    [[nodiscard]] static std::uint64_t places(std::uint64_t capacity) noexcept {
        return capacity < prefetch_capacity_least ? capacity : capacity + slots_ahead;
    }

    struct slot {
        word_type stamp;
        alignas(T) std::byte bytes[sizeof(T)];
        explicit slot(std::uint64_t word) noexcept : stamp(word) {}
        [[nodiscard]] T* item() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
    };
    template <class Cargo> struct alignas(cache_line_bytes) side : guessed_word<platform_type> {
        Cargo cargo;
    };
    using slot_allocator =
        typename std::allocator_traits<allocator_type>::template rebind_alloc<slot>;
    using allocator_traits = std::allocator_traits<slot_allocator>;

    static slot* allocate(slot_allocator allocator, std::uint64_t count) {
        return std::to_address(
            allocator_traits::allocate(allocator, static_cast<std::size_t>(count)));
    }

    // Twice the slot's number. slot_at multiplies it by half the size of a slot, and so needs no
    // shift on the path from one compare-and-swap to the next, which waits for it (with a shift, a
    // put and get took 1.27 times as long as two compare-and-swaps; without, 1.24 times).
    [[nodiscard]] std::uint64_t index_of(std::uint64_t word) const noexcept {
        return word & index_mask_;
    }
    [[nodiscard]] slot& slot_at(std::uint64_t index) const noexcept {
        static_assert(sizeof(slot) % 2 == 0);
        auto* const bytes = reinterpret_cast<std::byte*>(slots_) + index * (sizeof(slot) / 2);
        return *std::launder(reinterpret_cast<slot*>(bytes));
    }
    [[nodiscard]] std::uint64_t next(std::uint64_t word, std::uint64_t index) const noexcept {
        return word + (index == last_index_ ? wrap_ : 2);
    }
    [[nodiscard]] slot& slot_of(std::uint64_t word) const noexcept {
        return slot_at(index_of(word));
    }
    [[nodiscard]] std::uint64_t next(std::uint64_t word) const noexcept {
        return next(word, index_of(word));
    }
    [[nodiscard]] std::uint64_t count(std::uint64_t word) const noexcept {
        return (word >> std::countr_zero(lap_)) * capacity_ + ((word & index_mask_) >> 1);
    }
    [[nodiscard]] bool is_free(std::uint64_t word) const noexcept {
        return slot_of(word).stamp.load(std::memory_order_acquire) == word;  // (13) with (6)
    }
    [[nodiscard]] bool is_filled(std::uint64_t word) const noexcept {
        return slot_of(word).stamp.load(std::memory_order_acquire) == word + 1;  // (14) with (7)
    }
    void prefetch(slot& from) const noexcept {
        if (prefetches_) __builtin_prefetch(&from + slots_ahead, 1);
    }

    template <class Source>
    CONQ_HOT void fill(slot& target, const Source& source, std::uint64_t word) noexcept {
        prefetch(target);
        source(static_cast<void*>(target.bytes));
        target.stamp.store(word + 1, std::memory_order_release);  // (7) with (5) and (14)
    }
    template <class Sink>
    CONQ_HOT void drain(slot& target, const Sink& sink, std::uint64_t word) noexcept {
        prefetch(target);
        sink(*target.item());
        item_life<T, allocator_type>::end(allocator_, target.item());
        target.stamp.store(word + lap_, std::memory_order_release);  // (6) with (2) and (13)
    }

    // The reason why the put with this word did not find its slot free. ok: the word has moved,
    // look again. If the word has not moved between the two loads, it had this value when the head
    // was read, so the answer was exact at that instant.
    [[nodiscard]] status why_not_put(std::uint64_t word) const noexcept {
        if ((word & closed) != 0) return status::shut_down;
        const std::uint64_t head = get_.word.load();
        if (put_.word.load() != word) return status::ok;
        return head + lap_ == word ? status::full : status::busy;
    }
    // The same for a get that did not find its slot filled.
    [[nodiscard]] status why_not_get(std::uint64_t word) const noexcept {
        const std::uint64_t tail = put_.word.load();
        if (get_.word.load() != word) return status::ok;
        if ((tail & ~closed) != word) return status::busy;
        return (tail & closed) != 0 ? status::shut_down : status::empty;
    }

    CONQ_COLD static void back_off() noexcept { platform_type::pause(lost_pauses); }

    [[no_unique_address]] allocator_type allocator_;
    std::uint64_t capacity_;
    std::uint64_t index_mask_, last_index_, lap_, wrap_;  // in units of a word
    slot* slots_;
    bool prefetches_;
    side<PutCargo> put_;
    side<GetCargo> get_;
};

}  // namespace conq

#endif

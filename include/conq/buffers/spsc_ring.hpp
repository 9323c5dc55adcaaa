// SPDX-License-Identifier: BSL-1.0
// A ring of a fixed capacity for one producer and one consumer, on plain stores. It never waits,
// and knows nothing of sleeping or of task counting. After L. Lamport, "Specifying Concurrent
// Program Modules" (1983). Each side remembers the other's index, as in P. Lee, T. Bu and G.
// Chandranmenon, "A Lock-Free, Cache-Efficient Multi-Core Synchronization Mechanism" (2010).
//
// Tail counts the items put, head the items taken. Each is written only by its own side, which
// looks at the other side's word only when the value that it remembers says full or empty.
//
// It gives the promises B1 to B5 of a buffer (ARCHITECTURE.md), B1 in its second form: `ok` is a
// store on that side's word, made when the item is made or taken, and there is a member
// `after_arming`. If the platform has a barrier for all threads (platform/barrier.hpp), the store
// is a plain one followed by the light half, and after_arming is the heavy half. Elsewhere the
// store is seq_cst, and after_arming does nothing.
//
// Order: sequentially consistent. Before a side answers full or empty, it stores its own word once
// more, seq_cst, and then looks again. So if both sides do this, at least one of them sees the
// other's last step. A plain store may still be on its way after its call has returned: it is not
// linearizable.
//
// Shutdown. Each call announces itself (`is_in`), looks at `state_`, and withdraws the announcement
// by a store at its end. close() sets a bit in `state_` and passes the heavy half. After that, a
// put either has been announced, and close() answers busy until it is over; or it sees the bit, and
// refuses before it touches its item. try_drop() ends the gets in the same way, and then owns the
// items that are left. So nothing is ever undone, and once close() answers ok, puts() counts every
// item that was accepted.
//
// Threads: one thread at a time may call try_put, and one at a time try_get; any may call the rest.
// Progress: non-blocking; try_put and try_get are wait-free, apart from the item's own code. Only
// the constructor allocates. A thread that dies in the middle of a call leaves a ring that cannot
// be shut down. Calls are O(1), batches O(items).
#ifndef CONQ_BUFFERS_SPSC_RING_HPP
#define CONQ_BUFFERS_SPSC_RING_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "conq/buffers/repeat.hpp"
#include "conq/buffers/storable.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// A buffer of a fixed capacity between two threads, allocated once. Making or moving an item may
/// throw; then nothing has changed.
template <class T, class Traits, class PutCargo, class GetCargo> class spsc_ring {
    static_assert(std::is_nothrow_destructible_v<T>,
                  "conq: the destructor of an item has to be noexcept");
    using platform_type = typename Traits::platform;
    using word_type = typename platform_type::template atomic<std::uint64_t>;

public:
    /// What allocates the slots.
    using allocator_type = typename Traits::template allocator<T>;
    /// No lock is held while an item is put or taken.
    static constexpr bool is_locked = false;

    /// The capacity is from 1 to limits::maxsize_max. Throws what the allocator throws.
    spsc_ring(std::uint64_t capacity, const allocator_type& allocator)
        : allocator_(allocator),
          capacity_(capacity),
          slots_(allocate(slot_allocator(allocator), capacity)),
          others_pay_(platform_type::has_heavy_barrier()) {}
    spsc_ring(const spsc_ring&) = delete;
    spsc_ring& operator=(const spsc_ring&) = delete;

    ~spsc_ring() {
        const std::uint64_t tail = puts();
        for (std::uint64_t i = gets(); i != tail; ++i) end(item_of(i));
        slot_allocator allocator(allocator_);
        using pointer_traits = std::pointer_traits<typename allocator_traits::pointer>;
        allocator_traits::deallocate(allocator, pointer_traits::pointer_to(*slots_),
                                     static_cast<std::size_t>(capacity_));
    }
    /// A copy of the allocator.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

    /// Puts one item: ok, full or shut_down. `source(address)` makes the item. If it throws,
    /// nothing was put.
    template <class Source> [[nodiscard]] CONQ_HOT status try_put(const Source& source) {
        const call here(*this, putter_);
        if ((here.state & closed) != 0) [[unlikely]]
            return status::shut_down;
        if (putter_.mine - putter_.theirs == capacity_ && !has_moved(putter_, put_.word, get_.word))
            return status::full;
        source(static_cast<void*>(slots_[putter_.slot].bytes));
        step(putter_, put_.word, 1);
        return status::ok;
    }

    /// Puts up to `most` items (at least 1), as many as there is room for, by one store, and adds
    /// their number to `count`. ok if it put any; else the reason. Calls `source` for each item, in
    /// order. Throws as try_put does, for the first item; a later one that throws ends the batch.
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) {
        const call here(*this, putter_);
        if ((here.state & closed) != 0) return status::shut_down;
        const auto room = [this] { return capacity_ - (putter_.mine - putter_.theirs); };
        if (room() < most && !has_moved(putter_, put_.word, get_.word) && room() == 0)
            return status::full;
        std::uint64_t made = 0;
        static_cast<void>(repeat(std::min(most, room()), made, [&, at = putter_.slot]() mutable {
            source(static_cast<void*>(slots_[at].bytes));
            at = after(at, 1);
            return status::ok;
        }));
        step(putter_, put_.word, made);
        count += made;
        return status::ok;
    }

    /// Takes one item: ok, empty, busy (only during a shutdown), or shut_down (no items are left,
    /// or they are dropped). `sink(item)` moves the item out. If it throws, nothing was taken.
    template <class Sink> [[nodiscard]] CONQ_HOT status try_get(const Sink& sink) {
        const call here(*this, getter_);
        if ((here.state & dropped) != 0) [[unlikely]]
            return status::shut_down;
        if (getter_.mine == getter_.theirs && !has_moved(getter_, get_.word, put_.word))
            return why_nothing(here.state);
        T* const item = slots_[getter_.slot].item();
        sink(*item);
        end(item);
        step(getter_, get_.word, 1);
        return status::ok;
    }

    /// Takes up to `most` items (at least 1), as many as there are, by one store, and adds their
    /// number to `count`. ok if it took any; else the reason. Calls `sink` for each item, in order.
    /// Throws as try_get does, for the first item; a later one that throws ends the batch.
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most, std::uint64_t& count) {
        const call here(*this, getter_);
        if ((here.state & dropped) != 0) return status::shut_down;
        const auto items = [this] { return getter_.theirs - getter_.mine; };
        if (items() < most && !has_moved(getter_, get_.word, put_.word) && items() == 0)
            return why_nothing(here.state);
        std::uint64_t taken = 0;
        static_cast<void>(repeat(std::min(most, items()), taken, [&, at = getter_.slot]() mutable {
            T* const item = slots_[at].item();
            sink(*item);
            end(item);
            at = after(at, 1);
            return status::ok;
        }));
        step(getter_, get_.word, taken);
        count += taken;
        return status::ok;
    }

    /// Destroys the next item, for a shutdown that drops all items left. From the first call on, no
    /// get takes an item. ok, busy (a get is in the middle of its call), or shut_down (no items are
    /// left). To be called only after close() has answered ok.
    [[nodiscard]] status try_drop() noexcept {
        if (!ends_calls(dropped, getter_)) return status::busy;
        std::uint64_t head = get_.word.load();
        do {
            if (head == put_.word.load()) return status::shut_down;
        } while (!get_.word.compare_exchange_weak(head, head + 1));
        end(item_of(head));
        return status::ok;
    }

    /// No put that begins after this call is accepted. busy: one that had begun earlier may still
    /// be; call again until the answer is ok.
    [[nodiscard]] status close() noexcept {
        if (!ends_calls(closed, putter_)) return status::busy;
        state_.fetch_or(sealed);
        return status::ok;
    }
    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return (state_.load() & closed) != 0; }

    /// To be called between arming the flag beside a word and the next look at that word. That look
    /// then sees every put (or get) that has not seen the flag.
    void after_arming() noexcept {
        if (others_pay_) platform_type::heavy_barrier();
    }

    /// B2: whether there is room. True if closed.
    [[nodiscard]] bool can_put() const noexcept {
        const std::uint64_t head = get_.word.load();
        return is_closed() || put_.word.load() - head < capacity_;
    }
    /// B2: whether there is an item. True if closed.
    [[nodiscard]] bool can_get() const noexcept {
        const std::uint64_t head = get_.word.load();
        return is_closed() || put_.word.load() != head;
    }
    [[nodiscard]] bool put_is_ready() const noexcept { return can_put(); }
    [[nodiscard]] bool get_is_ready() const noexcept { return can_get(); }

    /// B3: the number of items accepted since the beginning.
    [[nodiscard]] std::uint64_t puts() const noexcept { return put_.word.load(); }
    /// The number of items taken or dropped since the beginning. Never more than puts().
    [[nodiscard]] std::uint64_t gets() const noexcept { return get_.word.load(); }
    /// Whether at least n items were taken.
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept { return gets() >= n; }
    /// The number of items in the ring. Exact if no side moves meanwhile.
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = gets();
        const std::uint64_t in = puts() - got;
        return in < capacity_ ? in : capacity_;
    }
    /// How many items fit.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
    /// Does nothing: a ring keeps its memory.
    void trim() noexcept {}

    /// B4: the cargo on the cache line that a put (or get) has just changed.
    [[nodiscard]] PutCargo& put_cargo() noexcept { return put_.cargo; }
    [[nodiscard]] GetCargo& get_cargo() noexcept { return get_.cargo; }

private:
    // Bits of state_. Twice a bit that ends calls says that the bit was made known to all threads.
    static constexpr std::uint32_t closed = 1, dropped = 4, sealed = 16;

    struct slot {
        alignas(T) std::byte bytes[sizeof(T)];
        [[nodiscard]] T* item() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
    };
    template <class Cargo> struct alignas(cache_line_bytes) side {
        word_type word{0};
        Cargo cargo;
    };
    // What a side knows. Only it uses this, except that a thread which ends its calls looks at
    // is_in.
    struct alignas(cache_line_bytes) hand {
        template <class U> using plain = typename platform_type::template plain<U>;
        typename platform_type::template atomic<std::uint32_t> is_in{0};
        plain<std::uint64_t> mine = 0;     // its own word
        plain<std::uint64_t> theirs = 0;   // the other side's word when it last looked
        plain<std::uint64_t> ordered = 0;  // its own word when it was last stored seq_cst
        plain<std::uint64_t> slot = 0;     // mine modulo capacity
    };
    using slot_allocator =
        typename std::allocator_traits<allocator_type>::template rebind_alloc<slot>;
    using allocator_traits = std::allocator_traits<slot_allocator>;

    // One call of one side: announces it, and withdraws the announcement at its end.
    struct call {
        hand& whose;
        const std::uint32_t state;
        CONQ_HOT call(const spsc_ring& ring, hand& of) noexcept
            : whose(of), state(announce(ring, of)) {}
        call(const call&) = delete;
        call& operator=(const call&) = delete;
        // (1) release: a thread that ends the calls of this side sees all that the call did
        CONQ_HOT ~call() { whose.is_in.store(0, std::memory_order_release); }  // (1)
    };
    static std::uint32_t announce(const spsc_ring& ring, hand& whose) noexcept {
        if (!ring.others_pay_) {
            whose.is_in.store(1);
            return ring.state_.load();
        }
        // (2) relaxed: the barrier orders this store before the load of state_
        whose.is_in.store(1, std::memory_order_relaxed);  // (2)
        platform_type::light_barrier();
        // (3) acquire: a call that sees `sealed` sees the last put
        return ring.state_.load(std::memory_order_acquire);  // (3)
    }

    static slot* allocate(slot_allocator allocator, std::uint64_t count) {
        return std::to_address(
            allocator_traits::allocate(allocator, static_cast<std::size_t>(count)));
    }
    void end(T* item) noexcept { item_life<T, allocator_type>::end(allocator_, item); }
    [[nodiscard]] T* item_of(std::uint64_t index) noexcept {
        return slots_[index % capacity_].item();
    }

    // The slot that is `items` further on; `items` is at most the capacity.
    [[nodiscard]] CONQ_HOT std::uint64_t after(std::uint64_t at,
                                               std::uint64_t items) const noexcept {
        return at + items >= capacity_ ? at + items - capacity_ : at + items;
    }
    // Moves a side on by `items`.
    CONQ_HOT void step(hand& whose, word_type& word, std::uint64_t items) noexcept {
        whose.slot = after(whose.slot, items);
        whose.mine += items;
        if (others_pay_) [[likely]] {
            // (4) release: a thread that sees this value sees the item made, or its slot free
            word.store(whose.mine, std::memory_order_release);  // (4)
            platform_type::light_barrier();
        } else {
            word.store(whose.mine);
        }
    }

    // The answer of a get that finds no item. `state` was loaded before it looked at the tail.
    [[nodiscard]] static status why_nothing(std::uint32_t state) noexcept {
        if ((state & closed) == 0) return status::empty;
        // If sealed: the tail was looked at after that, so no item can come any more.
        return (state & sealed) != 0 ? status::shut_down : status::busy;
    }

    // Looks at the other side's word, because the remembered value says full or empty, or leaves
    // too little for a batch. False: the word has not moved since it was remembered.
    [[nodiscard]] bool has_moved(hand& whose, word_type& own, const word_type& other) noexcept {
        const std::uint64_t before = whose.theirs;
        whose.theirs = other.load();
        if (whose.theirs != before) return true;
        if (whose.ordered == whose.mine) return false;
        whose.ordered = whose.mine;
        own.store(whose.mine);  // the same value, now in the order of seq_cst operations
        whose.theirs = other.load();
        return whose.theirs != before;
    }

    // Refuses every call of a side that begins from now on. True if none is still under way.
    [[nodiscard]] bool ends_calls(std::uint32_t bit, const hand& whose) noexcept {
        const std::uint32_t made_known = 2 * bit;
        if ((state_.fetch_or(bit) & made_known) == 0) {
            if (others_pay_) platform_type::heavy_barrier();
            state_.fetch_or(made_known);
        }
        return whose.is_in.load() == 0;
    }

    [[no_unique_address]] allocator_type allocator_;
    const std::uint64_t capacity_;
    slot* const slots_;
    const bool others_pay_;  // a barrier for all threads: those that sleep or shut down pay
    typename platform_type::template atomic<std::uint32_t> state_{0};
    side<PutCargo> put_;
    hand putter_;
    side<GetCargo> get_;
    hand getter_;
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// A container behind the seam's lock: for orders other than first in, first out, and for items that
// the lock-free buffers cannot hold, those whose move may throw. It never waits, keeps a bound or
// none, and gives every promise of a buffer.
//
// B1 holds in this form: ok is one seq_cst read-modify-write on the side's word, made under the
// lock; what throws before it has changed nothing. A get whose move throws takes nothing.
//
// Threads: any. Progress: `try_put` and `try_get` answer busy if the lock is held; close and
// set_capacity wait for it. Code of the items runs under the lock (their moves, their ends, a
// heap's comparison) and must not call the queue. Complexity and memory: the container's.
#ifndef CONQ_BUFFERS_LOCKED_BUFFER_HPP
#define CONQ_BUFFERS_LOCKED_BUFFER_HPP

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "conq/buffers/repeat.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/clock.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/lock.hpp"

namespace conq {

/// A buffer of items of any type, behind a lock. `Container` is made from an allocator and the
/// capacity, and has push(source), take(sink), size(), swap_out(storage), trim() and
/// get_allocator(); push and take change nothing if they throw. All is swapped out only when it is
/// closed.
template <class Container, class Traits, class PutCargo, class GetCargo> class locked_buffer {
    using platform_type = typename Traits::platform;
    using word_type = typename platform_type::template atomic<std::uint64_t>;

public:
    /// What allocates the items' places.
    using allocator_type = typename Container::allocator_type;
    /// What take_all fills.
    using storage = typename Container::storage;
    /// A lock is held while an item is put or taken.
    static constexpr bool is_locked = true;
    /// Whether items have an instant from which they may come out: the container has ready_at().
    static constexpr bool is_timed = requires(const Container& items) { items.ready_at(); };

    /// Capacity: 0 for no bound. `more` is for the container. Throws what the allocator throws.
    template <class... More>
    explicit locked_buffer(std::uint64_t capacity, const allocator_type& allocator, More&&... more)
        : items_(allocator, capacity, std::forward<More>(more)...), capacity_(capacity) {}
    locked_buffer(const locked_buffer&) = delete;
    locked_buffer& operator=(const locked_buffer&) = delete;

    /// A copy of the allocator.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return items_.get_allocator(); }

    /// ok, full, busy or shut_down. Throws what the container's push throws; then nothing was put.
    template <class Source> [[nodiscard]] status try_put(const Source& source) {
        const std::unique_lock held(lock_, std::try_to_lock);
        return held ? put_locked(source) : status::busy;
    }
    /// Puts up to `most` items, one or more, as many as there is room for, and adds to `count` how
    /// many: ok if any, else why not. `source` is called for each, in order. Throws as try_put
    /// does.
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) {
        const std::unique_lock held(lock_, std::try_to_lock);
        if (!held) return status::busy;
        return repeat(most, count, [&] { return put_locked(source); });
    }

    /// ok, empty (nothing is in, or nothing is due), busy or shut_down (and drained). Throws what
    /// the container's take throws; then nothing was taken.
    template <class Sink> [[nodiscard]] status try_get(const Sink& sink) {
        const std::unique_lock held(lock_, std::try_to_lock);
        return held ? get_locked(sink) : status::busy;
    }
    /// Takes up to `most` items, one or more, as many as may come out, and adds to `count` how
    /// many: ok if any, else why not. `sink` is called for each, in order. Throws as try_get does.
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most, std::uint64_t& count) {
        const std::unique_lock held(lock_, std::try_to_lock);
        if (!held) return status::busy;
        return repeat(most, count, [&] { return get_locked(sink); });
    }

    /// When a get need not wait any more: the next item's instant, `never` if there is none, 0 once
    /// it is closed and drained. Waits for the lock.
    [[nodiscard]] platform::instant_ns ready_at() noexcept
        requires is_timed
    {
        const std::lock_guard held(lock_);
        if (items_.size() == 0 && is_closed()) return 0;
        return items_.ready_at();
    }
    /// Whether a put has brought ready_at() forward since the last time that this was asked.
    [[nodiscard]] bool take_news() noexcept
        requires is_timed
    {
        return has_news_.exchange(0) != 0;
    }

    /// Moves all items at once into `into`, which is empty, to be dropped outside the lock; `gets`
    /// counts them.
    void take_all(storage& into) noexcept {
        const std::lock_guard held(lock_);
        items_.swap_out(into);
        get_.word.fetch_add(one * into.size());
    }

    /// B2: whether there is room; true when closed.
    [[nodiscard]] bool can_put() const noexcept {
        return (put_.word.load() & closed) != 0 || !is_full();
    }
    /// B2: whether there is an item; true when closed.
    [[nodiscard]] bool can_get() const noexcept {
        const std::uint64_t head = get_.word.load(), tail = put_.word.load();
        return head != tail;
    }
    [[nodiscard]] bool put_is_ready() const noexcept { return can_put(); }
    [[nodiscard]] bool get_is_ready() const noexcept { return can_get(); }

    /// B3: accepted items since the beginning.
    [[nodiscard]] std::uint64_t puts() const noexcept { return put_.word.load() / one; }
    /// Items taken since the beginning: never more than puts().
    [[nodiscard]] std::uint64_t gets() const noexcept { return get_.word.load() / one; }
    /// Whether n items or more were taken.
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept { return gets() >= n; }
    /// Items that are in.
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = gets();
        return puts() - got;
    }
    /// The bound; 0 for none.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_.load(); }
    /// Changes the bound. Items beyond a smaller one stay.
    void set_capacity(std::uint64_t capacity) noexcept {
        const std::lock_guard held(lock_);
        capacity_.store(capacity);
    }

    /// No put is accepted from here on.
    void close() noexcept {
        const std::lock_guard held(lock_);
        put_.word.fetch_or(closed);
    }
    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return (put_.word.load() & closed) != 0; }
    /// Gives back what memory the container can spare.
    void trim() {
        const std::lock_guard held(lock_);
        items_.trim();
    }

    /// Calls `visit(item)` for each item. Nobody may put or get meanwhile.
    template <class Visit> void visit_items(Visit visit) const { items_.visit_items(visit); }

    /// B4: the cargo beside the word that a put (get) has just changed.
    [[nodiscard]] PutCargo& put_cargo() noexcept { return put_.cargo; }
    [[nodiscard]] GetCargo& get_cargo() noexcept { return get_.cargo; }

private:
    static constexpr std::uint64_t closed = 1, one = 2;

    template <class Cargo> struct alignas(cache_line_bytes) side {
        word_type word{0};
        Cargo cargo;
    };

    template <class Source> status put_locked(const Source& source) {
        if ((put_.word.load() & closed) != 0) return status::shut_down;
        if (is_full()) return status::full;
        if constexpr (is_timed) {
            const platform::instant_ns before = items_.ready_at();
            items_.push(source);
            put_.word.fetch_add(one);
            // After the count: whoever takes the news, and whomever that wakes, can_get().
            if (items_.ready_at() < before) has_news_.store(1);
        } else {
            items_.push(source);
            put_.word.fetch_add(one);
        }
        return status::ok;
    }
    template <class Sink> status get_locked(const Sink& sink) {
        if (items_.size() == 0) {
            return (put_.word.load() & closed) != 0 ? status::shut_down : status::empty;
        }
        if constexpr (is_timed) {
            if (items_.ready_at() > platform_type::now()) return status::empty;
        }
        items_.take(sink);
        get_.word.fetch_add(one);
        return status::ok;
    }

    [[nodiscard]] bool is_full() const noexcept {
        const std::uint64_t bound = capacity_.load();
        return bound != 0 && size() >= bound;
    }

    Container items_;
    word_type capacity_;
    platform::futex_lock<platform_type> lock_;
    typename platform_type::template atomic<std::uint32_t> has_news_{0};  // is_timed only
    side<PutCargo> put_;
    side<GetCargo> get_;
};

}  // namespace conq

#endif

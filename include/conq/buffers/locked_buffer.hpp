// SPDX-License-Identifier: BSL-1.0
// A container behind the platform seam's lock: for orders other than first in, first out, and for
// items that the lock-free buffers cannot hold because their move may throw. It never waits for
// room or items, has a bound or none, and gives the promises B1 to B5 of a buffer
// (ARCHITECTURE.md).
//
// B1 holds in this form: `ok` is one seq_cst read-modify-write on the side's word, made under the
// lock; if anything throws before it, nothing has changed. A get whose move throws takes nothing.
//
// Threads: any. Progress: `try_put` and `try_get` answer busy if the lock is held; the members that
// say so wait for it. The items' own code runs under the lock (their moves and destructors, a
// heap's comparison) and must not call the queue. Complexity and memory: those of the container.
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

/// A buffer of items of any type, behind a lock. `Container` is constructed from an allocator and
/// the capacity, and has push(source), take(sink), size(), swap_out(storage), trim() and
/// get_allocator(). A push or take that throws has changed nothing. swap_out is called only after
/// close().
template <class Container, class Traits, class PutCargo, class GetCargo> class locked_buffer {
    using platform_type = typename Traits::platform;
    using word_type = typename platform_type::template atomic<std::uint64_t>;

public:
    /// What allocates memory for the items.
    using allocator_type = typename Container::allocator_type;
    /// The type that take_all fills.
    using storage = typename Container::storage;
    /// A lock is held while an item is put or taken.
    static constexpr bool is_locked = true;
    /// Whether each item has an instant before which it cannot be taken: the container has
    /// ready_at().
    static constexpr bool is_timed = requires(const Container& items) { items.ready_at(); };

    /// A capacity of 0 means no bound. `more` goes to the container. Throws what the container's
    /// constructor throws.
    template <class... More>
    explicit locked_buffer(std::uint64_t capacity, const allocator_type& allocator, More&&... more)
        : items_(allocator, capacity, std::forward<More>(more)...), capacity_(capacity) {}
    locked_buffer(const locked_buffer&) = delete;
    locked_buffer& operator=(const locked_buffer&) = delete;

    /// A copy of the allocator.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return items_.get_allocator(); }

    /// Puts one item: ok, full, busy or shut_down. Throws what the container's push throws; then
    /// nothing was put.
    template <class Source> [[nodiscard]] status try_put(const Source& source) {
        const std::unique_lock held(lock_, std::try_to_lock);
        return held ? put_locked(source) : status::busy;
    }
    /// Puts up to `most` items (at least 1), as many as there is room for, and adds their number to
    /// `count`. ok if it put any; else the reason. Calls `source` for each, in order. Throws as
    /// try_put does.
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) {
        const std::unique_lock held(lock_, std::try_to_lock);
        if (!held) return status::busy;
        return repeat(most, count, [&] { return put_locked(source); });
    }

    /// Takes one item: ok, empty (there is no item, or none is due), busy, or shut_down (there are
    /// no items left). Throws what the container's take throws; then nothing was taken.
    template <class Sink> [[nodiscard]] status try_get(const Sink& sink) {
        const std::unique_lock held(lock_, std::try_to_lock);
        return held ? get_locked(sink) : status::busy;
    }
    /// Takes up to `most` items (at least 1), as many as can be taken now, and adds their number to
    /// `count`. ok if it took any; else the reason. Calls `sink` for each, in order. Throws as
    /// try_get does.
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most, std::uint64_t& count) {
        const std::unique_lock held(lock_, std::try_to_lock);
        if (!held) return status::busy;
        return repeat(most, count, [&] { return get_locked(sink); });
    }

    /// The instant from which a get need not wait: that of the next item; `never` if there is none;
    /// 0 after it is closed and the last item is taken. Waits for the lock.
    [[nodiscard]] platform::instant_ns ready_at() noexcept
        requires is_timed
    {
        const std::lock_guard held(lock_);
        if (items_.size() == 0 && is_closed()) return 0;
        return items_.ready_at();
    }
    /// Whether a put has made ready_at() earlier since the last call of take_news(). Non-blocking.
    [[nodiscard]] bool take_news() noexcept
        requires is_timed
    {
        return has_news_.exchange(0) != 0;
    }

    /// Moves all items at once into `into`, which is empty, so that they can be dropped outside the
    /// lock. gets() counts them. Waits for the lock.
    void take_all(storage& into) noexcept {
        const std::lock_guard held(lock_);
        items_.swap_out(into);
        get_.word.fetch_add(one * into.size());
    }

    /// B2: whether there is room. True if closed.
    [[nodiscard]] bool can_put() const noexcept {
        return (put_.word.load() & closed) != 0 || !is_full();
    }
    /// B2: whether there is an item. True if closed.
    [[nodiscard]] bool can_get() const noexcept {
        const std::uint64_t head = get_.word.load(), tail = put_.word.load();
        return head != tail;
    }
    [[nodiscard]] bool put_is_ready() const noexcept { return can_put(); }
    [[nodiscard]] bool get_is_ready() const noexcept { return can_get(); }

    /// B3: the number of items accepted since the beginning.
    [[nodiscard]] std::uint64_t puts() const noexcept { return put_.word.load() / one; }
    /// The number of items taken since the beginning. Never more than puts().
    [[nodiscard]] std::uint64_t gets() const noexcept { return get_.word.load() / one; }
    /// Whether at least n items were taken.
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept { return gets() >= n; }
    /// The number of items in the buffer. Exact if no thread puts or gets meanwhile.
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = gets();
        return puts() - got;
    }
    /// The bound; 0 for none.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_.load(); }
    /// Changes the bound. If it is now smaller than size(), the items stay. Waits for the lock.
    void set_capacity(std::uint64_t capacity) noexcept {
        const std::lock_guard held(lock_);
        capacity_.store(capacity);
    }

    /// After this call returns, no put is accepted. Waits for the lock.
    void close() noexcept {
        const std::lock_guard held(lock_);
        put_.word.fetch_or(closed);
    }
    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return (put_.word.load() & closed) != 0; }
    /// Gives back the memory that the container can spare. Waits for the lock.
    void trim() {
        const std::lock_guard held(lock_);
        items_.trim();
    }

    /// Calls `visit(item)` for each item. No thread may put or get meanwhile.
    template <class Visit> void visit_items(Visit visit) const { items_.visit_items(visit); }

    /// B4: the cargo beside the word that a put (a get) has just changed.
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
            // After the count: a thread that takes the news, and any that it wakes, finds that it
            // can_get().
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

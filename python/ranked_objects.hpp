// SPDX-License-Identifier: BSL-1.0
// The buffer of a PriorityQueue. It gives the lowest object by Python's `<` first, and equal ones
// in the order in which they were put.
//
// A comparison runs Python code: it may take long, raise, let other threads run, or call the same
// queue. So none is made under the lock. Instead a put or get works in three steps. It notes the
// heap's version, and takes references to the objects on its way through the heap. It compares. It
// acts if the version is still the same; else another call has put or taken something meanwhile,
// and it begins anew.
#ifndef CONQ_PYTHON_RANKED_OBJECTS_HPP
#define CONQ_PYTHON_RANKED_OBJECTS_HPP

#include <Python.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "conq/buffers/cell.hpp"
#include "conq/buffers/repeat.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/lock.hpp"
#include "object_ref.hpp"
#include "platform.hpp"

namespace conq::python {

/// A heap of objects that keeps the promises B1 to B5, with one exception: a put or get throws
/// error_is_set if a comparison raises, and has then changed nothing.
///
/// Threads: those that hold the interpreter. Progress: lock-free if every comparison ends, because
/// a call begins anew only if another call has succeeded. O(log size) comparisons.
template <class Traits, class PutCargo, class GetCargo> class ranked_objects {
    using word_type = typename Traits::platform::template atomic<std::uint64_t>;
    struct entry {
        object_ref item;
        std::uint64_t number;  // rises in the order in which the items were put
    };

public:
    /// As in every buffer behind a lock.
    using allocator_type = typename Traits::template allocator<object_ref>;
    using storage = std::vector<entry>;
    static constexpr bool is_locked = true;

    /// Capacity: 0 for no bound.
    ranked_objects(std::uint64_t capacity, const allocator_type& allocator)
        : allocator_(allocator), capacity_(capacity) {}
    ranked_objects(const ranked_objects&) = delete;
    ranked_objects& operator=(const ranked_objects&) = delete;
    /// See locked_buffer.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

    /// Puts an item: ok, full or shut_down. Throws error_is_set or std::bad_alloc; then nothing was
    /// put.
    template <class Source> [[nodiscard]] status try_put(const Source& source) {
        own_rounds rounds;
        for (;;) {
            way up;
            std::uint64_t seen = 0;
            if (const status answer = look_up(up, seen); answer != status::ok) return answer;
            std::size_t steps = 0;
            while (steps != up.length && is_less(source.key(), up.items[steps])) ++steps;
            {
                const std::lock_guard held(lock_);
                if (version_ == seen) {
                    insert(source, steps);
                    return status::ok;
                }
            }
            rounds.count();
        }
    }
    /// Puts items one after the other: see try_put.
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) {
        return repeat(most, count, [&] { return try_put(source); });
    }

    /// Takes the lowest item: ok, empty or shut_down. Throws error_is_set; then nothing was taken.
    /// `sink` must not throw.
    template <class Sink> [[nodiscard]] status try_get(const Sink& sink) {
        own_rounds rounds;
        for (;;) {
            std::uint64_t seen = 0;
            std::size_t size = 0;
            entry last{{}, 0};
            {
                const std::lock_guard held(lock_);
                if (entries_.empty()) return is_closed() ? status::shut_down : status::empty;
                seen = version_;
                size = entries_.size();
                if (size > 1) last = copy_of(entries_.back());
            }
            const std::size_t place = size > 1 ? place_of(last, size - 1, seen) : 0;
            object_ref taken;
            if (place != moved && remove(place, seen, taken)) {
                sink(taken);
                return status::ok;
            }
            rounds.count();
        }
    }
    /// Takes items one after the other: see try_get.
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most, std::uint64_t& count) {
        return repeat(most, count, [&] { return try_get(sink); });
    }

    /// See locked_buffer.
    void take_all(storage& into) noexcept {
        const std::lock_guard held(lock_);
        into.swap(entries_);
        change();
        get_.word.fetch_add(one * into.size());
    }
    [[nodiscard]] bool can_put() const noexcept { return is_closed() || !is_full(); }
    [[nodiscard]] bool can_get() const noexcept {
        const std::uint64_t head = get_.word.load(), tail = put_.word.load();
        return head != tail;
    }
    [[nodiscard]] bool put_is_ready() const noexcept { return can_put(); }
    [[nodiscard]] bool get_is_ready() const noexcept { return can_get(); }
    [[nodiscard]] std::uint64_t puts() const noexcept { return put_.word.load() / one; }
    [[nodiscard]] std::uint64_t gets() const noexcept { return get_.word.load() / one; }
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept { return gets() >= n; }
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = gets();
        return puts() - got;
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_.load(); }
    void set_capacity(std::uint64_t capacity) noexcept { capacity_.store(capacity); }
    void close() noexcept {
        const std::lock_guard held(lock_);
        put_.word.fetch_or(closed);
    }
    [[nodiscard]] bool is_closed() const noexcept { return (put_.word.load() & closed) != 0; }
    void trim() {
        const std::lock_guard held(lock_);
        entries_.shrink_to_fit();
    }
    /// For a garbage collector: calls `visit(item)` for each item, while nobody puts or gets.
    template <class Visit> void visit_items(Visit visit) const {
        for (const entry& each : entries_) visit(each.item);
    }
    [[nodiscard]] PutCargo& put_cargo() noexcept { return put_.cargo; }
    [[nodiscard]] GetCargo& get_cargo() noexcept { return get_.cargo; }

private:
    static constexpr std::uint64_t closed = 1, one = 2;
    static constexpr std::size_t moved = ~std::size_t{0};  // the version has changed
    static constexpr std::size_t levels_most = 40;         // of a heap of up to 2^32 items

    template <class Cargo> struct alignas(cache_line_bytes) side {
        word_type word{0};
        Cargo cargo;
    };
    // The objects on the way from a leaf up to the root. It must end while no lock is held.
    struct way {
        std::array<object_ref, levels_most> items;
        std::size_t length = 0;
    };

    // Counts how often a call began anew because its own comparisons had changed a heap. That may
    // go on without end, and is a mistake of the program, so the 32nd time raises an error.
    class own_rounds {
    public:
        void count() {
            if (changes() == before_) return;
            before_ = changes();
            if (++rounds_ != 32) return;
            PyErr_SetString(PyExc_RuntimeError,
                            "PriorityQueue: the items' __lt__ puts into or gets from the queue "
                            "each time that it is called: let it only compare");
            throw error_is_set{};
        }

    private:
        std::uint64_t before_ = changes();
        int rounds_ = 0;
    };
    // How often this thread has changed a heap.
    static std::uint64_t& changes() noexcept {
        static thread_local std::uint64_t count = 0;
        return count;
    }
    void change() noexcept {
        ++version_;
        ++changes();
    }

    static bool is_less(const object_ref& a, const object_ref& b) {
        const int answer = PyObject_RichCompareBool(a.get(), b.get(), Py_LT);
        if (answer < 0) throw error_is_set{};
        return answer != 0;
    }
    // Whether `a` comes out before `b`. One comparison is enough, because no two numbers are equal.
    static bool precedes(const entry& a, const entry& b) {
        return a.number < b.number ? !is_less(b.item, a.item) : is_less(a.item, b.item);
    }
    static entry copy_of(const entry& of) noexcept {
        return {object_ref::to(of.item.get()), of.number};
    }
    static std::size_t parent(std::size_t place) noexcept { return (place - 1) / 2; }
    [[nodiscard]] bool is_full() const noexcept {
        const std::uint64_t bound = capacity_.load();
        return bound != 0 && size() >= bound;
    }

    // Notes the version, and the objects from the parent of the next leaf up to the root: ok, full
    // or shut_down.
    status look_up(way& up, std::uint64_t& seen) noexcept {
        const std::lock_guard held(lock_);
        if (is_closed()) return status::shut_down;
        if (is_full()) return status::full;
        seen = version_;
        for (std::size_t place = entries_.size(); place != 0; ++up.length) {
            place = parent(place);
            up.items[up.length] = object_ref::to(entries_[place].item.get());
        }
        return status::ok;
    }
    // Adds an item at the next leaf and moves it up by `steps`. The caller holds the lock.
    template <class Source> void insert(const Source& source, std::size_t steps) {
        if (entries_.size() == entries_.capacity()) {
            entries_.reserve(entries_.empty() ? 16 : 2 * entries_.size());
        }
        cell<object_ref, allocator_type> made(source, allocator_);
        entry added{std::move(*made.item()), number_};
        ++number_;
        std::size_t place = entries_.size();
        entries_.push_back({{}, 0});
        for (; steps != 0; --steps, place = parent(place)) {
            entries_[place] = std::move(entries_[parent(place)]);
        }
        entries_[place] = std::move(added);
        change();
        put_.word.fetch_add(one);
    }

    // The place where the last entry will stand once the first is gone and `left` entries are left;
    // `moved` if the version has changed. The search goes down to a leaf along the lower children,
    // and then up, because most last entries belong near the bottom.
    std::size_t place_of(const entry& last, std::size_t left, std::uint64_t seen) {
        std::array<entry, levels_most> down{};
        std::size_t depth = 0, place = 0;
        for (;;) {
            const std::size_t child = 2 * place + 1;
            if (child >= left) break;
            entry a{{}, 0}, b{{}, 0};
            {
                const std::lock_guard held(lock_);
                if (version_ != seen) return moved;
                a = copy_of(entries_[child]);
                if (child + 1 < left) b = copy_of(entries_[child + 1]);
            }
            const bool is_second = b.item.get() != nullptr && precedes(b, a);
            place = child + (is_second ? 1 : 0);
            down[depth] = std::move(is_second ? b : a);
            ++depth;
        }
        while (depth != 0 && precedes(last, down[depth - 1])) {
            --depth;
            place = parent(place);
        }
        return place;
    }
    // Takes the first entry, and puts the last one at `place`. False: the version has changed.
    bool remove(std::size_t place, std::uint64_t seen, object_ref& taken) noexcept {
        const std::lock_guard held(lock_);
        if (version_ != seen) return false;
        entry hole = std::move(entries_.back());
        entries_.pop_back();
        if (entries_.empty()) {
            taken = std::move(hole.item);
        } else {
            entry first = std::move(hole);
            for (std::size_t at = place;; at = parent(at)) {
                std::swap(first, entries_[at]);
                if (at == 0) break;
            }
            taken = std::move(first.item);
        }
        change();
        get_.word.fetch_add(one);
        return true;
    }

    [[no_unique_address]] allocator_type allocator_;
    word_type capacity_;
    conq::platform::futex_lock<typename Traits::platform> lock_;
    std::vector<entry> entries_;  // under the lock from here on
    std::uint64_t version_ = 0;
    std::uint64_t number_ = 0;
    side<PutCargo> put_;
    side<GetCargo> get_;
};

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// The buffer of a queue whose class overrides _init, _qsize, _put or _get. The objects are wherever
// those methods keep them.
//
// As in Python's queue, one thread at a time runs these methods; the others sleep, and do not hold
// the interpreter. The methods may themselves call the queue: their thread has the turn already.
#ifndef CONQ_PYTHON_HOOKED_OBJECTS_HPP
#define CONQ_PYTHON_HOOKED_OBJECTS_HPP

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "conq/buffers/cell.hpp"
#include "conq/buffers/repeat.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/lock.hpp"
#include "module_state.hpp"
#include "object_ref.hpp"
#include "platform.hpp"

namespace conq::python {

/// Makes a buffer of the methods that a class may override. It keeps the promises of a buffer, with
/// one exception: a put or get throws error_is_set if a method raises. Then it counts nothing, but
/// what the method has done by then stays.
///
/// Threads: those that hold the interpreter. Progress: every call that runs a method waits for the
/// one that another thread runs.
template <class Traits, class PutCargo, class GetCargo> class hooked_objects {
    using word_type = typename Traits::platform::template atomic<std::uint64_t>;

public:
    /// As in every buffer. is_locked is false, so that items are dropped one by one, by _get.
    using allocator_type = typename Traits::template allocator<object_ref>;
    static constexpr bool is_locked = false;

    /// Capacity: 0 for no bound. `self` is the Python object that owns the queue.
    hooked_objects(std::uint64_t capacity, const allocator_type& allocator, PyObject* self,
                   const module_state* state)
        : allocator_(allocator), capacity_(capacity), self_(self), state_(state) {}
    hooked_objects(const hooked_objects&) = delete;
    hooked_objects& operator=(const hooked_objects&) = delete;
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

    /// Puts an item by _put: ok, full or shut_down.
    template <class Source> [[nodiscard]] status try_put(const Source& source) {
        const turn mine(*this);
        if (is_closed()) return status::shut_down;
        if (const std::uint64_t bound = capacity(); bound != 0 && held_size() >= bound) {
            return status::full;
        }
        call(state_->names[name_put], source.key().get());
        const cell<object_ref, allocator_type> used(source, allocator_);
        put_.word.fetch_add(one);
        return status::ok;
    }
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) {
        return repeat(most, count, [&] { return try_put(source); });
    }
    /// Takes an item by _get: ok, empty or shut_down.
    template <class Sink> [[nodiscard]] status try_get(const Sink& sink) {
        const turn mine(*this);
        if (held_size() == 0) return is_closed() ? status::shut_down : status::empty;
        object_ref item = call(state_->names[name_get], nullptr);
        get_.word.fetch_add(one);
        sink(item);
        return status::ok;
    }
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most, std::uint64_t& count) {
        return repeat(most, count, [&] { return try_get(sink); });
    }
    /// The number of items, as _qsize() says.
    [[nodiscard]] std::uint64_t held_size() {
        const turn mine(*this);
        const object_ref answer = call(state_->names[name_qsize], nullptr);
        const long long size = PyLong_AsLongLong(answer.get());
        if (size == -1 && PyErr_Occurred() != nullptr) throw error_is_set{};
        return size < 0 ? 0 : static_cast<std::uint64_t>(size);
    }

    // Only the methods know whether there is an item or room. These answer yes, so that no thread
    // sleeps that need not; a wake is only permission to look.
    [[nodiscard]] bool can_put() const noexcept { return true; }
    [[nodiscard]] bool can_get() const noexcept { return true; }
    [[nodiscard]] bool put_is_ready() const noexcept { return true; }
    [[nodiscard]] bool get_is_ready() const noexcept { return true; }
    [[nodiscard]] std::uint64_t puts() const noexcept { return put_.word.load() / one; }
    /// A lower bound: 0, because _get may give more items than were put.
    [[nodiscard]] std::uint64_t gets() const noexcept { return 0; }
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept { return gets() >= n; }
    /// A hint: at most the number of items that were put and not taken.
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = get_.word.load() / one, put = puts();
        return put > got ? put - got : 0;
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_.load(); }
    void set_capacity(std::uint64_t capacity) noexcept { capacity_.store(capacity); }
    void close() noexcept { put_.word.fetch_or(closed); }
    [[nodiscard]] bool is_closed() const noexcept { return (put_.word.load() & closed) != 0; }
    void trim() noexcept {}
    /// Visits nothing: the garbage collector visits the objects where the methods keep them.
    template <class Visit> void visit_items(Visit) const noexcept {}
    [[nodiscard]] PutCargo& put_cargo() noexcept { return put_.cargo; }
    [[nodiscard]] GetCargo& get_cargo() noexcept { return get_.cargo; }

private:
    static constexpr std::uint64_t closed = 1, one = 2;
    static constexpr unsigned long nobody = 0;

    template <class Cargo> struct alignas(cache_line_bytes) side {
        word_type word{0};
        Cargo cargo;
    };

    // While one lives, its thread has the turn. Of several on one thread, the outermost takes the
    // turn and gives it back.
    class turn {
    public:
        explicit turn(hooked_objects& at) noexcept : at_(at) {
            const unsigned long me = PyThread_get_thread_ident();
            is_outermost_ = at.holder_.load() != me;
            if (!is_outermost_) return;
            at.lock_.lock();
            at.holder_.store(me);
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() {
            if (!is_outermost_) return;
            at_.holder_.store(nobody);
            at_.lock_.unlock();
        }

    private:
        hooked_objects& at_;
        bool is_outermost_;
    };

    object_ref call(PyObject* name, PyObject* argument) {
        object_ref answer =
            object_ref::owning(PyObject_CallMethodObjArgs(self_, name, argument, nullptr));
        if (answer.get() == nullptr) throw error_is_set{};
        return answer;
    }

    [[no_unique_address]] allocator_type allocator_;
    word_type capacity_;
    PyObject* const self_;  // borrowed
    const module_state* const state_;
    conq::platform::futex_lock<typename Traits::platform> lock_;
    typename Traits::platform::template atomic<unsigned long> holder_{nobody};
    side<PutCargo> put_;
    side<GetCargo> get_;
};

}  // namespace conq::python

#endif

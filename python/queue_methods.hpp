// SPDX-License-Identifier: BSL-1.0
// The methods of the queues' classes. Each converts its arguments, calls the core, and converts the
// answer.
#ifndef CONQ_PYTHON_QUEUE_METHODS_HPP
#define CONQ_PYTHON_QUEUE_METHODS_HPP

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <utility>

#include "arguments.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/status.hpp"
#include "conq/waiting/patience.hpp"
#include "object_ref.hpp"
#include "platform.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// put, get, and the other methods of every class of queues, whether it counts its items or not.
template <class Native> struct methods {
    using object = queue_object<Native>;
    static constexpr waiting_time for_ever{true, conq::platform::never};

    /// put(item, block=True, timeout=None)
    static PyObject* put(PyObject* self, PyObject* const* given, Py_ssize_t count,
                         PyObject* keywords) {
        if (count == 1 && keywords == nullptr) [[likely]]
            return put_within(self, given[0], for_ever);
        static constexpr const char* names[] = {"item", "block", "timeout"};
        PyObject* values[3] = {};
        if (!parse({"put", names, 1}, {given, count, keywords}, values)) return nullptr;
        // A SimpleQueue has no bound, so it ignores `block` and `timeout`.
        const auto within =
            Native::counts_tasks ? parse_waiting(values[1], values[2]) : std::optional(for_ever);
        return within ? put_within(self, values[0], *within) : nullptr;
    }
    /// put_nowait(item)
    static PyObject* put_nowait(PyObject* self, PyObject* const* given, Py_ssize_t count,
                                PyObject* keywords) {
        static constexpr const char* names[] = {"item"};
        PyObject* item = nullptr;
        if (!parse({"put_nowait", names, 1}, {given, count, keywords}, &item)) return nullptr;
        return put_within(self, item, {false, 0});
    }
    /// get(block=True, timeout=None)
    static PyObject* get(PyObject* self, PyObject* const* given, Py_ssize_t count,
                         PyObject* keywords) {
        if (count == 0 && keywords == nullptr) [[likely]]
            return get_within(self, for_ever);
        static constexpr const char* names[] = {"block", "timeout"};
        PyObject* values[2] = {};
        if (!parse({"get", names, 0}, {given, count, keywords}, values)) return nullptr;
        const auto within = parse_waiting(values[0], values[1]);
        return within ? get_within(self, *within) : nullptr;
    }
    /// get_nowait()
    static PyObject* get_nowait(PyObject* self, PyObject*) { return get_within(self, {false, 0}); }

    /// qsize(), empty(), full()
    static PyObject* qsize(PyObject* self, PyObject*) {
        return guarded([&] { return PyLong_FromUnsignedLongLong(size(object::of(self))); });
    }
    static PyObject* empty(PyObject* self, PyObject*) {
        return guarded([&] { return PyBool_FromLong(size(object::of(self)) == 0 ? 1 : 0); });
    }
    static PyObject* full(PyObject* self, PyObject*) {
        return guarded([&] {
            const std::uint64_t bound =
                object::of(self).with([](auto& queue) { return queue.maxsize(); });
            return PyBool_FromLong(bound != 0 && size(object::of(self)) >= bound ? 1 : 0);
        });
    }

    /// Sets the exception that a put (get) raises when it did not succeed. Returns null.
    static PyObject* fail_put(const exceptions& errors, status why) {
        PyErr_SetNone(why == status::shut_down ? errors.shut_down : errors.full);
        return nullptr;
    }
    static PyObject* fail_get(const exceptions& errors, status why) {
        PyErr_SetNone(why == status::shut_down ? errors.shut_down : errors.empty);
        return nullptr;
    }
    /// A get (put) that does not wait, for a caller that waits by other means. Null without an
    /// error: it would have to wait.
    static PyObject* get_if_there(PyObject* self) {
        return object::of(self).with([&](auto& queue) -> PyObject* {
            PyObject* item = nullptr;
            const status why = try_get(queue, item);
            if (why == status::shut_down) return fail_get(*object::of(self).errors, why);
            return item;
        });
    }
    static PyObject* put_if_room(PyObject* self, PyObject* item) {
        return object::of(self).with([&](auto& queue) -> PyObject* {
            object_ref reference = object_ref::to(item);
            const status why = resolved([&] { return queue.try_put(std::move(reference)); });
            if (why == status::ok) Py_RETURN_NONE;
            return why == status::shut_down ? fail_put(*object::of(self).errors, why) : nullptr;
        });
    }
    /// Converts a span to the type that the core takes.
    static std::chrono::nanoseconds span_of(const waiting_time& within) {
        using std::chrono::nanoseconds;
        if (within.span_ns == conq::platform::never) return nanoseconds::max();
        return nanoseconds(static_cast<nanoseconds::rep>(within.span_ns));
    }
    /// The number of items in the queue.
    static std::uint64_t size(object& it) {
        if (it.hooked != nullptr) return it.hooked->held_size();
        return it.native->size();
    }
    /// Calls `call()` until it answers something other than `busy`, and returns that. Waits only
    /// while another thread is in the middle of a call, which is soon over.
    template <class Call> static status resolved(Call call) {
        claim_wait<machine> claimed;
        for (;;) {
            if (const status answer = call(); answer != status::busy) return answer;
            claimed.once();
        }
    }
    /// For use before a call that may wait: runs the handlers of signals that came before it.
    /// Throws error_is_set if one of them raised.
    static void look_for_signals() {
        if (PyErr_CheckSignals() != 0) throw error_is_set{};
    }

private:
    [[gnu::always_inline]] static PyObject* put_within(PyObject* self, PyObject* item,
                                                       const waiting_time& within) {
        return guarded([&] {
            return object::of(self).with([&](auto& queue) -> PyObject* {
                object_ref reference = object_ref::to(item);
                if (queue.try_put(std::move(reference)) == status::ok) [[likely]]
                    Py_RETURN_NONE;
                return put_slow(*object::of(self).errors, queue, reference, within);
            });
        });
    }
    template <class Queue>
    [[gnu::noinline]] static PyObject* put_slow(const exceptions& errors, Queue& queue,
                                                object_ref& item, const waiting_time& within) {
        status answer = status::ok;
        if (within.is_blocking) {
            look_for_signals();
            answer = queue.put_for(std::move(item), span_of(within));
        } else {
            answer = resolved([&] { return queue.try_put(std::move(item)); });
        }
        if (answer != status::ok) return fail_put(errors, answer);
        Py_RETURN_NONE;
    }

    // The sink of a get: it stores the item, or the reason why there is none.
    struct slot {
        PyObject*& item;
        status& why;
        void operator()(object_ref& from) const noexcept { item = from.release(); }
        void fail(status reason) const noexcept { why = reason; }
    };
    template <class Queue> static status try_get(Queue& queue, PyObject*& item) {
        return resolved([&] {
            status why = status::ok;
            queue.try_get_into(slot{item, why});
            return why;
        });
    }
    [[gnu::always_inline]] static PyObject* get_within(PyObject* self, const waiting_time& within) {
        return guarded([&] {
            return object::of(self).with([&](auto& queue) -> PyObject* {
                PyObject* item = nullptr;
                status why = status::ok;
                queue.try_get_into(slot{item, why});
                if (item != nullptr) [[likely]]
                    return item;
                return get_slow(*object::of(self).errors, queue, within);
            });
        });
    }
    template <class Queue>
    [[gnu::noinline]] static PyObject* get_slow(const exceptions& errors, Queue& queue,
                                                const waiting_time& within) {
        PyObject* item = nullptr;
        status why = status::ok;
        const slot into{item, why};
        if (within.is_blocking) {
            look_for_signals();
            queue.get_into(into, limit<>{within.span_ns, {}});
        } else {
            why = try_get(queue, item);
        }
        return item != nullptr ? item : fail_get(errors, why);
    }
};

}  // namespace conq::python

#endif

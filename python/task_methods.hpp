// SPDX-License-Identifier: BSL-1.0
// The methods of queues that count their items: task_done, join, shutdown and clear.
#ifndef CONQ_PYTHON_TASK_METHODS_HPP
#define CONQ_PYTHON_TASK_METHODS_HPP

#include <Python.h>

#include <cstdint>

#include "arguments.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/exceptions.hpp"
#include "object_ref.hpp"
#include "queue_methods.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// The methods of a class of queues that counts its items.
template <class Native> struct task_methods {
    using object = queue_object<Native>;
    using one = methods<Native>;

    /// task_done(n=1): records that n items have been processed.
    static PyObject* task_done(PyObject* self, PyObject* const* given, Py_ssize_t count,
                               PyObject* keywords) {
        if (count == 0 && keywords == nullptr) [[likely]]
            return done(self, 1);
        static constexpr const char* names[] = {"n"};
        PyObject* value = nullptr;
        if (!parse({"task_done", names, 0}, {given, count, keywords}, &value)) return nullptr;
        if (!PyLong_Check(value)) {
            PyErr_Format(PyExc_TypeError, "'n' must be a number of items, not %R", Py_TYPE(value));
            return nullptr;
        }
        const long long n = PyLong_AsLongLong(value);
        if (n == -1 && PyErr_Occurred() != nullptr) return nullptr;
        if (n < 0) {
            PyErr_SetString(PyExc_ValueError, "'n' must not be negative");
            return nullptr;
        }
        return done(self, static_cast<std::uint64_t>(n));
    }

    /// join(timeout=None): waits until every item is done. Raises TimeoutError.
    static PyObject* join(PyObject* self, PyObject* const* given, Py_ssize_t count,
                          PyObject* keywords) {
        static constexpr const char* names[] = {"timeout"};
        PyObject* timeout = nullptr;
        if (!parse({"join", names, 0}, {given, count, keywords}, &timeout)) return nullptr;
        const auto within = parse_waiting(nullptr, timeout);
        if (!within) return nullptr;
        return guarded([&] {
            return object::of(self).with([&](auto& queue) -> PyObject* {
                one::look_for_signals();
                if (queue.join_for(one::span_of(*within)) == status::ok) Py_RETURN_NONE;
                PyErr_Format(PyExc_TimeoutError, "%llu item(s) of the queue are not done yet",
                             static_cast<unsigned long long>(queue.unfinished()));
                return nullptr;
            });
        });
    }

    /// shutdown(immediate=False): shuts the queue down, and drops its items if `immediate`.
    static PyObject* shutdown(PyObject* self, PyObject* const* given, Py_ssize_t count,
                              PyObject* keywords) {
        static constexpr const char* names[] = {"immediate"};
        PyObject* immediate = nullptr;
        if (!parse({"shutdown", names, 0}, {given, count, keywords}, &immediate)) return nullptr;
        const int drops = immediate == nullptr ? 0 : PyObject_IsTrue(immediate);
        if (drops < 0) return nullptr;
        return guarded([&] {
            return object::of(self).with([&](auto& queue) -> PyObject* {
                if (drops != 0) {
                    queue.shutdown(conq::immediate);
                } else {
                    queue.shutdown();
                }
                Py_RETURN_NONE;
            });
        });
    }

    /// clear(): drops the items in the queue, and returns how many they were.
    static PyObject* clear(PyObject* self, PyObject*) {
        return guarded([&] {
            return object::of(self).with([&](auto& queue) {
                std::uint64_t dropped = 0;
                const auto drop = [&] { life<Native>::drop_items(queue, dropped); };
                conq::platform::call_cleanly(drop, [&] { queue.task_done(dropped); });
                queue.task_done(dropped);
                return PyLong_FromUnsignedLongLong(dropped);
            });
        });
    }

    static PyObject* get_unfinished(PyObject* self, void*) {
        return PyLong_FromUnsignedLongLong(
            object::of(self).with([](auto& queue) { return queue.unfinished(); }));
    }
    static PyObject* get_is_shutdown(PyObject* self, void*) {
        return PyBool_FromLong(
            object::of(self).with([](auto& queue) { return queue.is_shut_down(); }) ? 1 : 0);
    }

private:
    [[gnu::always_inline]] static PyObject* done(PyObject* self, std::uint64_t n) {
        return guarded([&] {
            return object::of(self).with([&](auto& queue) -> PyObject* {
                queue.task_done(n);
                Py_RETURN_NONE;
            });
        });
    }
};

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// The methods put_many and get_many.
#ifndef CONQ_PYTHON_BATCH_METHODS_HPP
#define CONQ_PYTHON_BATCH_METHODS_HPP

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/status.hpp"
#include "object_ref.hpp"
#include "queue_methods.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// The batch methods of a class of queues.
template <class Native> struct batch_methods {
    using object = queue_object<Native>;
    using one = methods<Native>;

    /// put_many(items, block=True, timeout=None): puts all items, or raises an exception whose
    /// attribute `count` is the number of items that were put.
    static PyObject* put_many(PyObject* self, PyObject* const* given, Py_ssize_t count,
                              PyObject* keywords) {
        static constexpr const char* names[] = {"items", "block", "timeout"};
        PyObject* values[3] = {};
        if (!parse({"put_many", names, 1}, {given, count, keywords}, values)) return nullptr;
        const auto within = parse_waiting(values[1], values[2]);
        if (!within) return nullptr;
        return guarded([&]() -> PyObject* {
            std::vector<object_ref> items = references_of(values[0]);
            std::uint64_t put = 0;
            const object& it = object::of(self);
            const status answer = object::of(self).with(
                [&](auto& queue) { return put_all(queue, items, *within, put); });
            if (answer == status::ok) Py_RETURN_NONE;
            if (PyErr_Occurred() == nullptr) one::fail_put(*it.errors, answer);
            say_count(*it.state, put);
            return nullptr;
        });
    }

    /// get_many(max, block=True, timeout=None): waits for an item, then takes those that are there,
    /// at most `max`.
    static PyObject* get_many(PyObject* self, PyObject* const* given, Py_ssize_t count,
                              PyObject* keywords) {
        static constexpr const char* names[] = {"max", "block", "timeout"};
        PyObject* values[3] = {};
        if (!parse({"get_many", names, 1}, {given, count, keywords}, values)) return nullptr;
        const auto max = parse_max(values[0]);
        if (!max) return nullptr;
        const auto within = parse_waiting(values[1], values[2]);
        if (!within) return nullptr;
        return guarded([&] {
            return object::of(self).with(
                [&](auto& queue) { return take(*object::of(self).errors, queue, *max, *within); });
        });
    }

private:
    static std::optional<std::uint64_t> parse_max(PyObject* value) {
        if (!PyLong_Check(value)) {
            PyErr_Format(PyExc_TypeError, "'max' must be a number of items, not %R",
                         Py_TYPE(value));
            return std::nullopt;
        }
        int overflow = 0;
        const long long max = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow < 0 || (overflow == 0 && max < 1)) {
            PyErr_SetString(PyExc_ValueError, "'max' must be at least 1");
            return std::nullopt;
        }
        return overflow > 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(max);
    }

    static std::vector<object_ref> references_of(PyObject* items) {
        const object_ref all = object_ref::owning(
            PySequence_Fast(items, "put_many() argument 'items' must be an iterable"));
        if (all.get() == nullptr) throw error_is_set{};
        const bool is_list = PyList_Check(all.get());
        const Py_ssize_t size = PySequence_Size(all.get());
        std::vector<object_ref> references;
        references.reserve(static_cast<std::size_t>(size));
        for (Py_ssize_t i = 0; i != size; ++i) {  // no Python code runs in this loop
            references.push_back(object_ref::to(is_list ? PyList_GetItem(all.get(), i)
                                                        : PyTuple_GetItem(all.get(), i)));
        }
        return references;
    }

    template <class Queue>
    static status put_all(Queue& queue, std::vector<object_ref>& items, const waiting_time& within,
                          std::uint64_t& put) {
        const auto rest = [&] {
            return std::move_iterator(items.begin() + static_cast<std::ptrdiff_t>(put));
        };
        const std::move_iterator end(items.end());
        // If an exception ends a batch after some items were put, put_many does not throw it: it
        // returns busy, and Python's error is set.
        const auto go_on = [&] {
            const batch_result some = queue.put_many(rest(), end, conq::now);
            put += some.count;
            return some.status == status::busy && PyErr_Occurred() != nullptr ? status::full
                                                                              : some.status;
        };
        const status answer = one::resolved(go_on);
        if (answer != status::full || !within.is_blocking || PyErr_Occurred() != nullptr) {
            return answer;
        }
        one::look_for_signals();
        const batch_result some = queue.put_many(rest(), end, one::span_of(within));
        put += some.count;
        return some.status;
    }

    // Sets the attribute `count` of the exception that is set.
    static void say_count(const module_state& state, std::uint64_t count) {
        PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
        PyErr_Fetch(&type, &value, &trace);
        PyErr_NormalizeException(&type, &value, &trace);
        const object_ref number = object_ref::owning(PyLong_FromUnsignedLongLong(count));
        if (number.get() == nullptr ||
            PyObject_SetAttr(value, state.names[name_count], number.get()) != 0) {
            PyErr_Clear();
        }
        PyErr_Restore(type, value, trace);
    }

    template <class Queue>
    static PyObject* take(const exceptions& errors, Queue& queue, std::uint64_t max,
                          const waiting_time& within) {
        status why = status::ok;
        std::vector<object_ref> items;
        const auto keep = [&](auto batch) {
            why = batch.state();
            items = batch.release();
            return why;
        };
        static_cast<void>(one::resolved([&] { return keep(queue.take_many(max, conq::now)); }));
        if (why == status::empty && within.is_blocking) {
            one::look_for_signals();
            keep(queue.take_many(max, one::span_of(within)));
        }
        if (items.empty()) return one::fail_get(errors, why);
        PyErr_Clear();  // an error that ended the batch early: the next call will meet it
        object_ref list = object_ref::owning(PyList_New(static_cast<Py_ssize_t>(items.size())));
        if (list.get() == nullptr) return nullptr;
        for (std::size_t i = 0; i != items.size(); ++i) {
            PyList_SetItem(list.get(), static_cast<Py_ssize_t>(i), items[i].release());
        }
        return list.release();
    }
};

}  // namespace conq::python

#endif

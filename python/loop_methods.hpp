// SPDX-License-Identifier: BSL-1.0
// The methods for event loops: aget, aput and ajoin.
#ifndef CONQ_PYTHON_LOOP_METHODS_HPP
#define CONQ_PYTHON_LOOP_METHODS_HPP

#include <Python.h>

#include <utility>

#include "arguments.hpp"
#include "awaitable_call.hpp"
#include "conq/contract/status.hpp"
#include "loop_waiter.hpp"
#include "object_ref.hpp"
#include "queue_methods.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// The methods of a class of queues whose calls are awaited. Each returns a call_object.
template <class Native> struct loop_methods {
    using object = queue_object<Native>;
    using one = methods<Native>;

    /// aget(): gets an item.
    static PyObject* aget(PyObject* self, PyObject*) { return begin(self, nullptr, get_call); }
    /// aput(item): puts an item.
    static PyObject* aput(PyObject* self, PyObject* const* given, Py_ssize_t count,
                          PyObject* keywords) {
        static constexpr const char* names[] = {"item"};
        PyObject* item = nullptr;
        if (!parse({"aput", names, 1}, {given, count, keywords}, &item)) return nullptr;
        return begin(self, item, put_call);
    }
    /// ajoin(): waits until every item is done.
    static PyObject* ajoin(PyObject* self, PyObject*) { return begin(self, nullptr, join_call); }

private:
    static PyObject* begin(PyObject* self, PyObject* item, const awaited_call& call) {
        return call_object::make(object::of(self).state, self, item, call);
    }
    static PyObject* try_get(PyObject* self, PyObject*) {
        return guarded([&] { return one::get_if_there(self); });
    }
    static PyObject* try_put(PyObject* self, PyObject* item) {
        return guarded([&] { return one::put_if_room(self, item); });
    }
    static PyObject* try_join(PyObject* self, PyObject*) {
        if (object::of(self).with([](auto& q) { return q.unfinished(); }) != 0) return nullptr;
        Py_RETURN_NONE;
    }
    static constexpr const waiter_calls* waiting = &waiting_on<Native>::calls;
    static constexpr awaited_call get_call{&try_get, waiting, side::getters};
    static constexpr awaited_call put_call{&try_put, waiting, side::putters};
    static constexpr awaited_call join_call{&try_join, waiting, side::joiners};
};

}  // namespace conq::python

#endif

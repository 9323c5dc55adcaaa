// SPDX-License-Identifier: BSL-1.0
// What aget(), aput() and ajoin() return: a coroutine that ends at its first step if it need not
// wait, and else goes on as the coroutine function that is written in Python.
#ifndef CONQ_PYTHON_AWAITABLE_CALL_HPP
#define CONQ_PYTHON_AWAITABLE_CALL_HPP

#include <Python.h>

#include <utility>

#include "object_ref.hpp"

namespace conq::python {

/// How a call is tried, and by which method of the queue it goes on.
struct awaited_call {
    /// A new reference to the answer; null without an error: it would have to wait.
    PyObject* (*attempt)(PyObject* queue, PyObject* item);
    const char* slow;
};

/// The Python object.
struct call_object {
    PyObject_HEAD PyObject* queue;
    PyObject* item;      ///< that is put, or null
    PyObject* delegate;  ///< the coroutine that goes on, or null
    const awaited_call* call;

    static call_object& of(PyObject* self) noexcept {
        return *reinterpret_cast<call_object*>(self);
    }

    /// A call that has not begun. Null: an error is set.
    static PyObject* make(PyTypeObject* type, PyObject* queue, PyObject* item,
                          const awaited_call& call) {
        PyObject* const made = PyType_GenericAlloc(type, 0);
        if (made == nullptr) return nullptr;
        call_object& it = of(made);
        it.queue = object_ref::to(queue).release();
        it.item = object_ref::to(item).release();
        it.call = &call;
        return made;
    }

    /// am_send
    static PySendResult send(PyObject* self, PyObject* value, PyObject** answer) {
        call_object& it = of(self);
        if (it.delegate == nullptr) {
            if (it.queue == nullptr) {
                PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
                return PYGEN_ERROR;
            }
            *answer = it.call->attempt(it.queue, it.item);
            const bool is_over = *answer != nullptr || PyErr_Occurred() != nullptr;
            if (is_over || !it.go_on()) {
                it.end();
                return *answer != nullptr ? PYGEN_RETURN : PYGEN_ERROR;
            }
        }
        const PySendResult result = PyIter_Send(it.delegate, value, answer);
        return result;
    }
    /// tp_iternext
    static PyObject* next(PyObject* self) { return step(self, Py_None); }
    /// send(value)
    static PyObject* py_send(PyObject* self, PyObject* value) {
        PyObject* const answer = step(self, value);
        if (answer == nullptr && PyErr_Occurred() == nullptr) PyErr_SetNone(PyExc_StopIteration);
        return answer;
    }
    /// throw(...)
    static PyObject* py_throw(PyObject* self, PyObject* arguments) {
        call_object& it = of(self);
        if (it.delegate == nullptr) {
            if (it.queue == nullptr || !it.go_on()) {
                if (PyErr_Occurred() == nullptr) {
                    PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
                }
                return nullptr;
            }
        }
        const object_ref call = object_ref::owning(PyObject_GetAttrString(it.delegate, "throw"));
        return call.get() == nullptr ? nullptr : PyObject_CallObject(call.get(), arguments);
    }
    /// close()
    static PyObject* py_close(PyObject* self, PyObject*) {
        call_object& it = of(self);
        const object_ref delegate = object_ref::to(it.delegate);
        it.end();
        if (delegate.get() == nullptr) Py_RETURN_NONE;
        return PyObject_CallMethod(delegate.get(), "close", nullptr);
    }
    /// am_await, tp_iter
    static PyObject* itself(PyObject* self) { return object_ref::to(self).release(); }

    static int traverse(PyObject* self, visitproc visit, void* arg) {
        Py_VISIT(Py_TYPE(self));
        Py_VISIT(of(self).queue);
        Py_VISIT(of(self).item);
        Py_VISIT(of(self).delegate);
        return 0;
    }
    static int clear(PyObject* self) {
        call_object& it = of(self);
        it.end();
        const object_ref delegate = object_ref::owning(std::exchange(it.delegate, nullptr));
        return 0;
    }
    static void free(PyObject* self) {
        PyTypeObject* const type = Py_TYPE(self);
        PyObject_GC_UnTrack(self);
        clear(self);
        PyObject_GC_Del(self);
        Py_DECREF(type);
    }

private:
    void end() {
        const object_ref used = object_ref::owning(std::exchange(queue, nullptr));
        const object_ref put = object_ref::owning(std::exchange(item, nullptr));
    }
    // False: an error is set.
    bool go_on() {
        const object_ref method = object_ref::owning(PyObject_GetAttrString(queue, call->slow));
        if (method.get() == nullptr) return false;
        delegate = PyObject_CallFunctionObjArgs(method.get(), item, nullptr);
        return delegate != nullptr;
    }
    static PyObject* step(PyObject* self, PyObject* value) {
        PyObject* answer = nullptr;
        const PySendResult result = send(self, value, &answer);
        if (result == PYGEN_NEXT) return answer;
        if (result == PYGEN_ERROR) return nullptr;
        const object_ref returned = object_ref::owning(answer);
        // As an instance: an answer that is a tuple or an exception must not be taken apart.
        const object_ref stop = object_ref::owning(
            PyObject_CallFunctionObjArgs(PyExc_StopIteration, returned.get(), nullptr));
        if (stop.get() != nullptr) PyErr_SetObject(PyExc_StopIteration, stop.get());
        return nullptr;
    }
};

}  // namespace conq::python

#endif

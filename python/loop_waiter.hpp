// SPDX-License-Identifier: BSL-1.0
// Waiting without a thread: a Python object in a queue's room of getters or putters, or among its
// joiners, which calls a Python function when it is woken. Event loops wait by it.
//
// The use: enlist(), look again, and sleep only if that found nothing; at the end leave(), which
// passes on a wake that was given and not needed.
#ifndef CONQ_PYTHON_LOOP_WAITER_HPP
#define CONQ_PYTHON_LOOP_WAITER_HPP

#include <Python.h>

#include "conq/accounting/task_count.hpp"
#include "conq/contract/resumer.hpp"
#include "conq/waiting/waiting_room.hpp"
#include "object_ref.hpp"
#include "platform.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// Whom a waiter waits for.
enum class side : int { getters, putters, joiners };

/// What the core sees of a waiter. Its owner, a Python object, leaves before it ends.
struct loop_waiter : resumer<machine> {
    loop_waiter() noexcept : resumer<machine>(&notify), place(*this), join_place(*this) {}

    waiter<machine> place;
    joiner<machine> join_place;
    PyObject* owner = nullptr;     ///< borrowed
    PyObject* callback = nullptr;  ///< borrowed from the owner
    bool is_enlisted = false;
    bool keeps_owner = false;  ///< a joiner is kept alive until it is resumed or has left

private:
    // On the thread of whoever wakes, which holds the interpreter, but no lock.
    static void notify(resumer<machine>* self) noexcept {
        loop_waiter& me = *static_cast<loop_waiter*>(self);
        const object_ref kept = me.keeps_owner ? object_ref::owning(me.owner) : object_ref();
        me.keeps_owner = false;
        PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
        PyErr_Fetch(&type, &value, &trace);
        const object_ref callback = object_ref::to(me.callback);
        const object_ref answer =
            object_ref::owning(PyObject_CallFunctionObjArgs(callback.get(), nullptr));
        if (answer.get() == nullptr) PyErr_WriteUnraisable(callback.get());
        PyErr_Restore(type, value, trace);
    }
};

/// The calls of a queue that a waiter needs, whatever its class. Return true where nothing waits.
struct waiter_calls {
    bool (*enlist)(PyObject* queue, side which, loop_waiter& who);
    void (*leave)(PyObject* queue, side which, loop_waiter& who);
};

/// Those of a class of queues.
template <class Native> struct waiting_on {
    using object = queue_object<Native>;

    static bool enlist(PyObject* queue, side which, loop_waiter& who) {
        return object::of(queue).with([&](auto& q) {
            who.is_enlisted = true;
            if (which == side::getters) {
                q.enlist_getter(who.place);
            } else if (which == side::putters) {
                q.enlist_putter(who.place);
            } else if (q.enlist_joiner(who.join_place)) {
                who.keeps_owner = true;
                Py_INCREF(who.owner);
            } else {
                who.is_enlisted = false;
            }
            return who.is_enlisted;
        });
    }
    static void leave(PyObject* queue, side which, loop_waiter& who) {
        object::of(queue).with([&](auto& q) {
            if (which == side::getters) {
                q.leave_getter(who.place);
            } else if (which == side::putters) {
                q.leave_putter(who.place);
            } else if (q.leave_joiner(who.join_place) && who.keeps_owner) {
                who.keeps_owner = false;
                Py_DECREF(who.owner);
            }
        });
    }
    static constexpr waiter_calls calls{&enlist, &leave};
};

/// The Python object.
struct waiter_object {
    PyObject_HEAD loop_waiter inside;
    PyObject* queue;
    PyObject* callback;
    const waiter_calls* calls;
    side which;

    static waiter_object& of(PyObject* self) noexcept {
        return *reinterpret_cast<waiter_object*>(self);
    }

    /// A waiter on `queue`, in no room yet. Null: an error is set.
    static PyObject* make(PyTypeObject* type, PyObject* queue, const waiter_calls& calls,
                          side which, PyObject* callback) {
        PyObject* const made = PyType_GenericAlloc(type, 0);
        if (made == nullptr) return nullptr;
        waiter_object& it = of(made);
        std::construct_at(&it.inside);
        it.queue = object_ref::to(queue).release();
        it.callback = object_ref::to(callback).release();
        it.inside.owner = made;
        it.inside.callback = it.callback;
        it.calls = &calls;
        it.which = which;
        return made;
    }

    void leave() {
        if (!inside.is_enlisted) return;
        inside.is_enlisted = false;
        calls->leave(queue, which, inside);
    }

    /// enlist(): whether there is something to wait for.
    static PyObject* py_enlist(PyObject* self, PyObject*) {
        waiter_object& it = of(self);
        return guarded([&] {
            return PyBool_FromLong(it.calls->enlist(it.queue, it.which, it.inside) ? 1 : 0);
        });
    }
    /// leave()
    static PyObject* py_leave(PyObject* self, PyObject*) {
        return guarded([&]() -> PyObject* {
            of(self).leave();
            Py_RETURN_NONE;
        });
    }
    /// was_woken(): since it enlisted.
    static PyObject* py_was_woken(PyObject* self, PyObject*) {
        return PyBool_FromLong(of(self).inside.is_resumed() ? 1 : 0);
    }

    static int traverse(PyObject* self, visitproc visit, void* arg) {
        Py_VISIT(Py_TYPE(self));
        Py_VISIT(of(self).queue);
        Py_VISIT(of(self).callback);
        return 0;
    }
    static int clear(PyObject* self) {
        of(self).leave();
        return 0;
    }
    static void free(PyObject* self) {
        waiter_object& it = of(self);
        PyTypeObject* const type = Py_TYPE(self);
        PyObject_GC_UnTrack(self);
        it.leave();
        std::destroy_at(&it.inside);
        Py_CLEAR(it.queue);
        Py_CLEAR(it.callback);
        PyObject_GC_Del(self);
        Py_DECREF(type);
    }
};

}  // namespace conq::python

#endif

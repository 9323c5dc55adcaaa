// SPDX-License-Identifier: BSL-1.0
// Waiting without a thread: what stands in a queue's room of getters or putters, or among its
// joiners, for a call that an event loop awaits.
#ifndef CONQ_PYTHON_LOOP_WAITER_HPP
#define CONQ_PYTHON_LOOP_WAITER_HPP

#include <Python.h>

#include "conq/accounting/task_count.hpp"
#include "conq/contract/resumer.hpp"
#include "conq/waiting/patience.hpp"
#include "conq/waiting/waiting_room.hpp"
#include "loop_habit.hpp"
#include "platform.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// Whom a waiter waits among.
enum class side : int { getters, putters, joiners };

/// What the core sees of a call that waits. Its owner, a Python object, leaves before it ends.
struct loop_waiter : resumer<machine> {
    /// `function` is called on the thread of whoever wakes, which holds the interpreter, no lock.
    loop_waiter(notify_function function, PyObject* of) noexcept
        : resumer<machine>(function), place(*this), join_place(*this), owner(of) {}

    waiter<machine> place;
    joiner<machine> join_place;
    PyObject* owner;  ///< borrowed
    bool is_enlisted = false;
    bool keeps_owner = false;  ///< a joiner is kept alive until it is resumed or has left
};

/// The calls of a queue that a waiter needs, whatever its class.
struct waiter_calls {
    /// Not of joiners.
    loop_habit& (*habit)(PyObject* queue, side which);
    /// Polls; false: an attempt would be in vain.
    bool (*poll)(PyObject* queue, side which);
    /// False, for a join: there is nothing to wait for.
    bool (*enlist)(PyObject* queue, side which, loop_waiter& who);
    /// Passes on a wake that was given and not needed.
    void (*leave)(PyObject* queue, side which, loop_waiter& who);
};

/// Those of a class of queues.
template <class Native> struct waiting_on {
    using object = queue_object<Native>;

    static loop_habit& habit(PyObject* queue, side which) {
        return object::of(queue).habits[static_cast<int>(which)];
    }
    static bool poll(PyObject* queue, side which) {
        return object::of(queue).with([&](auto& q) {
            return which == side::getters ? q.poll_get(wake_ns) : q.poll_put(wake_ns);
        });
    }
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
    static constexpr waiter_calls calls{&habit, &poll, &enlist, &leave};
};

}  // namespace conq::python

#endif

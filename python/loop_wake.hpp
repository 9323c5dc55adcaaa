// SPDX-License-Identifier: BSL-1.0
// How a call that an event loop awaits is woken: the future that the call has yielded is ended.
#ifndef CONQ_PYTHON_LOOP_WAKE_HPP
#define CONQ_PYTHON_LOOP_WAKE_HPP

#include <Python.h>

#include <cstdint>

#include "loop_waiter.hpp"
#include "module_state.hpp"
#include "object_ref.hpp"
#include "platform.hpp"

namespace conq::python {

/// Ends a future, on its loop's thread. A future that is done already was cancelled: its call will
/// leave, and pass the wake on. False: an error is set.
inline bool end_future(const module_state& state, PyObject* future) {
    const object_ref is_done =
        object_ref::owning(PyObject_CallMethodObjArgs(future, state.names[name_done], nullptr));
    if (is_done.get() == nullptr) return false;
    if (is_done.get() == Py_True) return true;
    const object_ref answer = object_ref::owning(
        PyObject_CallMethodObjArgs(future, state.names[name_set_result], Py_None, nullptr));
    return answer.get() != nullptr;
}

/// What a waker has copied from a loop_waiter, which may be gone by now.
struct loop_wake {
    const module_state& state;
    const waiter_calls* waiting;
    side which;
    unsigned long thread;
    std::uint64_t since;

    /// Ends the future, on its loop's thread. `queue` is the queue, and is not used for a joiner.
    /// If the loop is closed, passes the wake on. False: an error is set.
    [[nodiscard]] bool deliver(PyObject* future, PyObject* queue) const {
        const bool is_of_loop = PyThread_get_thread_ident() == thread;
        if (which != side::joiners) {
            waiting->habit(queue, which)
                .note_wake(!is_of_loop, is_of_loop ? 0 : machine::now() - since);
        }
        if (is_of_loop ? end_future(state, future) : ask_loop(future)) return true;
        if (PyErr_ExceptionMatches(PyExc_RuntimeError) == 0) return false;
        PyErr_Clear();  // the loop is closed, so the call will not look
        if (which != side::joiners) waiting->pass_on(queue, which);
        return true;
    }

private:
    // Asks the future's loop to end it, on the loop's own thread. False: an error is set.
    [[nodiscard]] bool ask_loop(PyObject* future) const {
        const object_ref loop = object_ref::owning(
            PyObject_CallMethodObjArgs(future, state.names[name_get_loop], nullptr));
        if (loop.get() == nullptr) return false;
        const object_ref answer = object_ref::owning(PyObject_CallMethodObjArgs(
            loop.get(), state.names[name_threadsafe], state.end_future, future, nullptr));
        return answer.get() != nullptr;
    }
};

}  // namespace conq::python

#endif

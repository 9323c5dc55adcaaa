// SPDX-License-Identifier: BSL-1.0
// The state of one import of the module. Each interpreter has its own.
#ifndef CONQ_PYTHON_MODULE_STATE_HPP
#define CONQ_PYTHON_MODULE_STATE_HPP

#include <Python.h>

namespace conq::python {

/// The exceptions that a queue raises. Strong references.
struct exceptions {
    PyObject* empty;
    PyObject* full;
    PyObject* shut_down;
};

/// The attributes that the module uses of other objects. module_state::names holds them as interned
/// strings.
enum name : int {
    name_init,
    name_put,
    name_get,
    name_qsize,
    name_count,
    name_create_future,
    name_done,
    name_set_result,
    name_threadsafe,
    name_blocking,
    name_get_loop,
    names_end
};

/// The state. It holds strong references until the module is freed; every queue keeps the module
/// alive.
struct module_state {
    exceptions of_threads;    ///< queue.Empty, queue.Full, queue.ShutDown or a class of our own
    exceptions of_loops;      ///< asyncio.QueueEmpty and so on, once conq.asyncio is imported
    PyTypeObject* call_type;  ///< the class of call_object
    PyObject* running_loop;   ///< asyncio.get_running_loop, once a call has waited
    PyObject* end_future;     ///< the function that a waker on another thread asks a loop to call
    PyObject* names[names_end];
};

/// The definition from which Python makes the module.
extern PyModuleDef module_definition;

}  // namespace conq::python

#endif

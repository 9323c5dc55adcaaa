// SPDX-License-Identifier: BSL-1.0
// What one import of the module holds: an interpreter has its own.
#ifndef CONQ_PYTHON_MODULE_STATE_HPP
#define CONQ_PYTHON_MODULE_STATE_HPP

#include <Python.h>

namespace conq::python {

/// What a queue raises. Strong references.
struct exceptions {
    PyObject* empty;
    PyObject* full;
    PyObject* shut_down;
};

/// Attributes that the module asks others for, as interned strings in module_state::names.
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

/// Strong references, until the module is freed: every queue keeps the module alive.
struct module_state {
    exceptions of_threads;    ///< queue.Empty, queue.Full, queue.ShutDown or one of our own
    exceptions of_loops;      ///< asyncio.QueueEmpty and so on, once conq.asyncio is imported
    PyTypeObject* call_type;  ///< of what is awaited
    PyObject* running_loop;   ///< asyncio.get_running_loop, once a call has waited
    PyObject* end_future;     ///< a function: what another thread's wake asks a loop to call
    PyObject* names[names_end];
};

/// The definition that the module is made from.
extern PyModuleDef module_definition;

}  // namespace conq::python

#endif

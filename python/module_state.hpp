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

/// Strong references, until the module is freed: every queue keeps the module alive.
struct module_state {
    exceptions of_threads;  ///< queue.Empty, queue.Full, queue.ShutDown or one of our own
    exceptions of_loops;    ///< asyncio.QueueEmpty and so on, once conq.asyncio is imported
    PyTypeObject* waiter_type;
    PyTypeObject* call_type;
    PyObject* name_init;  ///< "_init", and so on
    PyObject* name_put;
    PyObject* name_get;
    PyObject* name_qsize;
    PyObject* name_count;  ///< "count", of an exception that ended a batch
};

/// The definition that the module is made from.
extern PyModuleDef module_definition;

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// What one import of the module holds: an interpreter has its own.
#ifndef CONQ_PYTHON_MODULE_STATE_HPP
#define CONQ_PYTHON_MODULE_STATE_HPP

#include <Python.h>

namespace conq::python {

/// Strong references, until the module is freed: every queue keeps the module alive.
struct module_state {
    PyObject* empty;      ///< queue.Empty
    PyObject* full;       ///< queue.Full
    PyObject* shut_down;  ///< queue.ShutDown, or one of our own before Python 3.13
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

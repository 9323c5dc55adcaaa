// SPDX-License-Identifier: BSL-1.0
// What the queues of the module hold: references to Python objects.
#ifndef CONQ_PYTHON_OBJECT_REF_HPP
#define CONQ_PYTHON_OBJECT_REF_HPP

#include <Python.h>

#include <utility>

namespace conq::python {

/// A reference to an object, or none. Its end may run any Python code: never under a lock.
///
/// Threads: those that hold the interpreter.
class object_ref {
public:
    object_ref() noexcept = default;
    object_ref(object_ref&& other) noexcept : object_(other.release()) {}
    object_ref& operator=(object_ref&& other) noexcept {
        object_ref old(std::move(*this));
        object_ = other.release();
        return *this;
    }
    ~object_ref() { Py_XDECREF(object_); }

    /// One that takes over a reference that the caller holds.
    [[nodiscard]] static object_ref owning(PyObject* object) noexcept { return object_ref(object); }
    /// One more reference to an object.
    [[nodiscard]] static object_ref to(PyObject* object) noexcept {
        Py_XINCREF(object);
        return object_ref(object);
    }

    /// The object, or null.
    [[nodiscard]] PyObject* get() const noexcept { return object_; }
    /// Hands the reference over to the caller.
    [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }

private:
    explicit object_ref(PyObject* object) noexcept : object_(object) {}
    PyObject* object_ = nullptr;
};

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// References to Python objects: the items of the module's queues.
#ifndef CONQ_PYTHON_OBJECT_REF_HPP
#define CONQ_PYTHON_OBJECT_REF_HPP

#include <Python.h>

#include <utility>

namespace conq::python {

/// A strong reference to an object, or none. Its end may run any Python code, so it must not end
/// under a lock.
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

    /// Takes over a reference that the caller owns.
    [[nodiscard]] static object_ref owning(PyObject* object) noexcept { return object_ref(object); }
    /// Makes one more reference to an object.
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

// SPDX-License-Identifier: BSL-1.0
#include "arguments.hpp"

#include <chrono>
#include <cmath>
#include <cstring>

#include "conq/contract/limits.hpp"
#include "conq/platform/clock.hpp"

namespace conq::python {
namespace {

// Converts a number to a double. Nothing: an error is set. It is a TypeError that begins with
// `message` if the value is no number, or whatever else the conversion raised.
std::optional<double> number_of(PyObject* value, const char* message) {
    const double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred() != nullptr) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s, not %R", message, Py_TYPE(value));
        }
        return std::nullopt;
    }
    return number;
}

bool set_keyword(const signature& of, PyObject* name, PyObject* value, PyObject** out) {
    for (std::size_t i = 0; i != of.parameters.size(); ++i) {
        if (PyUnicode_CompareWithASCIIString(name, of.parameters[i]) != 0) continue;
        if (out[i] != nullptr) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", of.function,
                         name);
            return false;
        }
        out[i] = value;
        return true;
    }
    PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", of.function,
                 name);
    return false;
}

}  // namespace

bool parse(const signature& of, const call_arguments& call, PyObject** out) {
    const std::size_t most = of.parameters.size();
    if (static_cast<std::size_t>(call.positional) > most) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %zu arguments (%zd given)", of.function,
                     most, call.positional);
        return false;
    }
    for (Py_ssize_t i = 0; i != call.positional; ++i) out[i] = call.given[i];
    const Py_ssize_t named = call.keywords == nullptr ? 0 : PyTuple_Size(call.keywords);
    for (Py_ssize_t i = 0; i != named; ++i) {
        PyObject* const name = PyTuple_GetItem(call.keywords, i);
        if (!set_keyword(of, name, call.given[call.positional + i], out)) return false;
    }
    for (std::size_t i = 0; i != of.required; ++i) {
        if (out[i] != nullptr) continue;
        PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s' (pos %zu)", of.function,
                     of.parameters[i], i + 1);
        return false;
    }
    return true;
}

std::optional<waiting_time> parse_waiting(PyObject* block, PyObject* timeout) {
    if (block != nullptr) {
        const int is_blocking = PyObject_IsTrue(block);
        if (is_blocking < 0) return std::nullopt;
        if (is_blocking == 0) return waiting_time{false, 0};
    }
    if (timeout == nullptr || timeout == Py_None) return waiting_time{true, platform::never};
    const auto seconds =
        number_of(timeout, "'timeout' must be None or a non-negative number of seconds");
    if (!seconds) return std::nullopt;
    if (!(*seconds >= 0)) {
        PyErr_SetString(PyExc_ValueError, "'timeout' must be a non-negative number");
        return std::nullopt;
    }
    return waiting_time{true, platform::span_ns(std::chrono::duration<double>(*seconds))};
}

std::optional<std::uint64_t> parse_maxsize(PyObject* maxsize) {
    int is_too_large = 0;
    if (PyLong_Check(maxsize)) {
        const long long size = PyLong_AsLongLongAndOverflow(maxsize, &is_too_large);
        if (is_too_large != 0 || size <= 0) return 0;
        const auto bound = static_cast<std::uint64_t>(size);
        return bound > limits::maxsize_max ? 0 : bound;
    }
    const auto size = number_of(maxsize, "'maxsize' must be a number of items");
    if (!size) return std::nullopt;
    if (std::isnan(*size)) {
        PyErr_SetString(PyExc_ValueError, "'maxsize' must be a number of items, not nan");
        return std::nullopt;
    }
    if (*size <= 0 || *size > static_cast<double>(limits::maxsize_max)) return 0;
    return static_cast<std::uint64_t>(std::ceil(*size));
}

}  // namespace conq::python

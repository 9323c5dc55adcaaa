// SPDX-License-Identifier: BSL-1.0
// Reads the arguments of a call made by Python's vectorcall, without making a tuple or dictionary.
#ifndef CONQ_PYTHON_ARGUMENTS_HPP
#define CONQ_PYTHON_ARGUMENTS_HPP

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace conq::python {

/// The arguments of a call, as a function of METH_FASTCALL | METH_KEYWORDS receives them.
struct call_arguments {
    PyObject* const* given;
    Py_ssize_t positional;
    PyObject* keywords;  ///< a tuple of names, or null
};

/// The name of a function and its parameters, of which the first `required` must be given.
struct signature {
    const char* function;
    std::span<const char* const> parameters;
    std::size_t required;
};

/// Stores the arguments in `out`, in the order of the parameters. All of `out` must be null at
/// first; what was not given stays null. The references are borrowed. False: TypeError is set.
[[nodiscard]] bool parse(const signature& of, const call_arguments& call, PyObject** out);

/// Whether and how long a call may wait: nanoseconds; 0: not at all; platform::never: without a
/// limit. parse_waiting reads it from `block` and `timeout`, which may be null. Nothing: an error
/// is set.
struct waiting_time {
    bool is_blocking;
    std::uint64_t span_ns;
};
[[nodiscard]] std::optional<waiting_time> parse_waiting(PyObject* block, PyObject* timeout);

/// Converts a maxsize, as Python's queue takes it, to the core's bound; 0: no bound. Nothing: an
/// error is set.
[[nodiscard]] std::optional<std::uint64_t> parse_maxsize(PyObject* maxsize);

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// The arguments of a call by Python's vectorcall, without a tuple or dictionary.
#ifndef CONQ_PYTHON_ARGUMENTS_HPP
#define CONQ_PYTHON_ARGUMENTS_HPP

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace conq::python {

/// What a call was given, as METH_FASTCALL | METH_KEYWORDS hands it over.
struct call_arguments {
    PyObject* const* given;
    Py_ssize_t positional;
    PyObject* keywords;  ///< a tuple of names, or null
};

/// A function's name and its parameters, of which the first `required` must be given.
struct signature {
    const char* function;
    std::span<const char* const> parameters;
    std::size_t required;
};

/// Fills `out`, which is null at first, in the order of the parameters. False: TypeError is set.
[[nodiscard]] bool parse(const signature& of, const call_arguments& call, PyObject** out);

/// How long a call may wait: nanoseconds, 0 for not at all, platform::never for no limit. Nothing:
/// an error is set. `block` and `timeout` may be null.
struct waiting_time {
    bool is_blocking;
    std::uint64_t span_ns;
};
[[nodiscard]] std::optional<waiting_time> parse_waiting(PyObject* block, PyObject* timeout);

/// A maxsize as Python's queue takes it, as the core's bound: 0 for none. Nothing: an error is set.
[[nodiscard]] std::optional<std::uint64_t> parse_maxsize(PyObject* maxsize);

}  // namespace conq::python

#endif

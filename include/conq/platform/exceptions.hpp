// SPDX-License-Identifier: BSL-1.0
// The only header that throws and catches. In a program compiled without exceptions
// (-fno-exceptions) nothing is caught; instead of a throw, the program prints the same message and
// aborts.
#ifndef CONQ_PLATFORM_EXCEPTIONS_HPP
#define CONQ_PLATFORM_EXCEPTIONS_HPP

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "conq/platform/config.hpp"

#if defined(__cpp_exceptions)
#define CONQ_HAS_EXCEPTIONS 1  ///< Whether this program has exceptions.
#else
#define CONQ_HAS_EXCEPTIONS 0
#endif

namespace conq::platform {

/// Throws `error`. Without exceptions: prints its message on standard error and aborts.
template <class Error> [[noreturn]] CONQ_COLD void throw_or_abort(const Error& error) {
#if CONQ_HAS_EXCEPTIONS
    throw error;
#else
    std::fprintf(stderr, "%s\n", error.what());
    std::abort();
#endif
}

/// Returns what `call()` returns; if it throws, what `on_failure(std::exception_ptr)` returns.
template <class Call, class OnFailure> auto call_or(Call&& call, OnFailure&& on_failure) {
#if CONQ_HAS_EXCEPTIONS
    try {
        return call();
    } catch (...) {
        return on_failure(std::current_exception());
    }
#else
    static_cast<void>(on_failure);
    return call();
#endif
}

/// Returns what `call()` returns. If it throws, calls `clean_up()` and rethrows.
template <class Call, class CleanUp> auto call_cleanly(Call&& call, CleanUp&& clean_up) {
#if CONQ_HAS_EXCEPTIONS
    try {
        return call();
    } catch (...) {
        clean_up();
        throw;
    }
#else
    static_cast<void>(clean_up);
    return call();
#endif
}

/// Calls `call()`. If it throws, the exception is swallowed if `is_forgiven()`, else rethrown.
template <class Call, class IsForgiven> void call_forgiving(Call&& call, IsForgiven&& is_forgiven) {
#if CONQ_HAS_EXCEPTIONS
    try {
        call();
    } catch (...) {
        if (!is_forgiven()) throw;
    }
#else
    static_cast<void>(is_forgiven);
    call();
#endif
}

/// Calls `use(message)` with the message of `failure`: its what(), or "unknown" if it is null or
/// not a std::exception. `use` must not throw.
template <class Use> void use_message([[maybe_unused]] const std::exception_ptr& failure, Use use) {
#if CONQ_HAS_EXCEPTIONS
    try {
        if (failure != nullptr) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return use(error.what());
    } catch (...) {
    }
#endif
    use("unknown");
}

/// Whether `failure` says that memory was short.
inline bool is_out_of_memory([[maybe_unused]] const std::exception_ptr& failure) noexcept {
#if CONQ_HAS_EXCEPTIONS
    try {
        if (failure != nullptr) std::rethrow_exception(failure);
    } catch (const std::bad_alloc&) {
        return true;
    } catch (...) {
    }
#endif
    return false;
}

}  // namespace conq::platform

#endif

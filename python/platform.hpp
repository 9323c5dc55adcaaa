// SPDX-License-Identifier: BSL-1.0
// The platform of the queues on which Python threads wait. A thread gives up the interpreter before
// it sleeps, and takes it back after it was woken, before it looks at anything.
#ifndef CONQ_PYTHON_PLATFORM_HPP
#define CONQ_PYTHON_PLATFORM_HPP

#include <Python.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"
#include "conq/platform/native.hpp"

namespace conq::python {

/// Thrown when Python's error indicator is set. The method of the module then returns null.
struct error_is_set {};

/// While an object of this type lives, its thread does not hold the interpreter. A second one on
/// the same thread does nothing.
///
/// Once the interpreter ends, a thread that wants it back never gets it. CPython before 3.14 ends
/// such a thread by unwinding its stack, which would run destructors that touch Python. Here the
/// thread sleeps instead until the process ends, as CPython makes it do from 3.14 on.
class without_interpreter {
public:
    without_interpreter() noexcept : state_(depth()++ == 0 ? PyEval_SaveThread() : nullptr) {}
    without_interpreter(const without_interpreter&) = delete;
    without_interpreter& operator=(const without_interpreter&) = delete;
    ~without_interpreter() {
        if (--depth() != 0) return;
        try {
            PyEval_RestoreThread(state_);
        } catch (...) {  // CPython ends this thread by unwinding its stack
            for (;;) ::pause();
        }
    }

private:
    static int& depth() noexcept {
        static thread_local int count = 0;
        return count;
    }
    PyThreadState* const state_;
};

/// The native platform, with a sleep that gives up the interpreter.
///
/// Threads: those that hold the interpreter. No thread holds a lock of the core while it gives up
/// the interpreter or runs Python code. So no thread that holds the interpreter waits for such a
/// lock in vain.
struct machine : conq::platform::native {
    /// A thread that polls lets the others run meanwhile: see is_guest.
    using away = without_interpreter;
    /// Short: an answer takes a few hundred nanoseconds, and comes in one cache line.
    static constexpr int longest_pause = 4;

    /// See native.
    static void yield() noexcept {
        const without_interpreter away;
        conq::platform::native::yield();
    }
    /// See native.
    static void sleep(std::uint64_t span_ns) noexcept {
        const without_interpreter away;
        conq::platform::native::sleep(span_ns);
    }
    /// See native. The main thread, which runs Python's signal handlers, ends its sleep from time
    /// to time to look for a signal: one that came just before the sleep did not interrupt it.
    static conq::platform::sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                          conq::platform::instant_ns deadline) {
        using conq::platform::sleep_end;
        const without_interpreter away;
        if (::getpid() != ::gettid()) {
            return conq::platform::native::wait(word, expected, deadline);
        }
        const conq::platform::instant_ns look = now() + look_ns;
        if (deadline <= look) return conq::platform::native::wait(word, expected, deadline);
        const sleep_end end = conq::platform::native::wait(word, expected, look);
        return end == sleep_end::timed_out ? sleep_end::interrupted : end;
    }
    static constexpr std::uint64_t look_ns = 1'000'000'000;
    /// Runs Python's signal handlers. Throws error_is_set if one of them raised.
    static void interrupted() {
        if (PyErr_CheckSignals() != 0) throw error_is_set{};
    }
};

}  // namespace conq::python

#endif

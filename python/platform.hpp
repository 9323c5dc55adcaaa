// SPDX-License-Identifier: BSL-1.0
// The platform of queues that Python threads wait on: a thread that sleeps gives up the
// interpreter, and one that was woken takes it again before it looks at anything.
#ifndef CONQ_PYTHON_PLATFORM_HPP
#define CONQ_PYTHON_PLATFORM_HPP

#include <Python.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "conq/platform/clock.hpp"
#include "conq/platform/native.hpp"

namespace conq::python {

/// Thrown where Python's error indicator is set: the binding returns null.
struct error_is_set {};

/// While it lives, this thread does not hold the interpreter. One inside another does nothing.
///
/// Once the interpreter ends, a thread that wants it back never gets it. CPython before 3.14 ends
/// such a thread by unwinding its stack, which would run destructors that touch Python; here it
/// sleeps until the process ends, as it does from 3.14 on.
class without_interpreter {
public:
    without_interpreter() noexcept : state_(depth()++ == 0 ? PyEval_SaveThread() : nullptr) {}
    without_interpreter(const without_interpreter&) = delete;
    without_interpreter& operator=(const without_interpreter&) = delete;
    ~without_interpreter() {
        if (--depth() != 0) return;
        try {
            PyEval_RestoreThread(state_);
        } catch (...) {  // the unwinding that ends a thread
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
/// Threads: those that hold the interpreter. No lock of the core is held where the interpreter is
/// given up or Python code runs, so a lock of the core is never waited for in vain.
struct machine : conq::platform::native {
    /// One who polls lets the others run meanwhile.
    using away = without_interpreter;
    /// Short: an answer takes a few hundred nanoseconds, and comes in one line.
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
    /// See native. The main thread, which runs Python's signal handlers, looks for one from time to
    /// time: a signal that came in the instant before its sleep has not ended that.
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
    /// Runs Python's signal handlers. Throws error_is_set if one raised.
    static void interrupted() {
        if (PyErr_CheckSignals() != 0) throw error_is_set{};
    }
};

}  // namespace conq::python

#endif

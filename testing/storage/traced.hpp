// SPDX-License-Identifier: BSL-1.0
// Strikes a process at its N-th system call.
#ifndef CONQ_TESTING_STORAGE_TRACED_HPP
#define CONQ_TESTING_STORAGE_TRACED_HPP

#include <cstdint>
#include <functional>

namespace conq::testing {

/// What happens to it.
enum class strike : std::uint8_t {
    kill,        ///< SIGKILL before the call, whichever it is.
    interrupt,   ///< The call, if it may be, is interrupted by a signal: EINTR. It is not made.
    io_error,    ///< The call, if it is one on files, comes to EIO. It is not made.
    short_write  ///< Half of a write is written.
};

/// What came of it.
struct traced_end {
    bool was_struck = false;  ///< Else the process has ended before.
    int status = 0;           ///< As of waitpid.
};

/// Runs `body` in a process of its own, which ends by _exit(0) after it, and strikes it at the
/// `at`-th call that the strike can hit, counted from 1 over all its threads. One at a time, and
/// while this process has no other children.
traced_end run_traced(const std::function<void()>& body, strike how, std::uint64_t at);

/// Whether this system lets a process be traced, and we know its registers.
bool can_trace(strike how);

}  // namespace conq::testing

#endif

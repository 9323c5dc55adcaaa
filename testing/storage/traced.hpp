// SPDX-License-Identifier: BSL-1.0
// Kills a process at its N-th system call, or makes that call fail.
#ifndef CONQ_TESTING_STORAGE_TRACED_HPP
#define CONQ_TESTING_STORAGE_TRACED_HPP

#include <cstdint>
#include <functional>

namespace conq::testing {

/// What happens to the process.
enum class strike : std::uint8_t {
    kill,        ///< SIGKILL before the call, whatever it is.
    interrupt,   ///< A call that a signal can interrupt fails with EINTR. It is not made.
    io_error,    ///< A call on files fails with EIO. It is not made.
    short_write  ///< Only half of a write is written.
};

/// What became of the process.
struct traced_end {
    bool was_struck = false;  ///< If not, the process ended before.
    int status = 0;           ///< As waitpid gives it.
};

/// Runs `body` in a new process, which then ends by _exit(0), and strikes the process at the
/// `at`-th call that the strike can hit, counted from 1 over all its threads. Run one at a time,
/// and only while this process has no other children.
traced_end run_traced(const std::function<void()>& body, strike how, std::uint64_t at);

/// Whether this system lets a process be traced, and this code knows the registers of its
/// processor.
bool can_trace(strike how);

}  // namespace conq::testing

#endif

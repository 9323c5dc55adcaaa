// SPDX-License-Identifier: BSL-1.0
#include "testing/storage/traced.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <iterator>

namespace conq::testing {
namespace {

#ifdef __x86_64__
constexpr bool knows_registers = true;

void set_register(pid_t thread, std::size_t offset, long value) {
    ::ptrace(PTRACE_POKEUSER, thread, offset, value);
}
void skip_call(pid_t thread) {
    set_register(thread, offsetof(user_regs_struct, orig_rax), -1);
}
void set_answer(pid_t thread, int error) {
    set_register(thread, offsetof(user_regs_struct, rax), -error);
}
void set_length(pid_t thread, std::uint64_t length) {
    set_register(thread, offsetof(user_regs_struct, rdx), static_cast<long>(length));
}
#else
constexpr bool knows_registers = false;
void skip_call(pid_t) {}
void set_answer(pid_t, int) {}
void set_length(pid_t, std::uint64_t) {}
#endif

struct call {
    std::uint64_t number, arguments[6];
};

// The system call that the thread is about to make; false if it is not about to make one.
bool stands_before(pid_t thread, call& out) {
    __ptrace_syscall_info about{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof about, &about) <= 0) return false;
    if (about.op != PTRACE_SYSCALL_INFO_ENTRY) return false;
    out.number = about.entry.nr;
    std::copy(std::begin(about.entry.args), std::end(about.entry.args), out.arguments);
    return true;
}

bool can_hit(strike how, const call& which) {
    const auto is_one_of = [&](std::initializer_list<long> some) {
        return std::find(some.begin(), some.end(), static_cast<long>(which.number)) != some.end();
    };
    switch (how) {
        case strike::kill:
            return true;
        case strike::interrupt:  // on a local disk no sync is interrupted, nor is a wake
            return is_one_of(
                       {SYS_openat, SYS_pread64, SYS_pwrite64, SYS_ftruncate, SYS_fallocate}) ||
                   (is_one_of({SYS_fcntl}) && which.arguments[1] == F_OFD_SETLKW);
        case strike::io_error:  // SQLite takes an error of its own locks for "busy"
            return is_one_of({SYS_openat, SYS_pread64, SYS_pwrite64, SYS_ftruncate, SYS_fallocate,
                              SYS_fdatasync, SYS_fsync, SYS_unlink}) ||
                   (is_one_of({SYS_fcntl}) && which.arguments[1] >= F_OFD_GETLK &&
                    which.arguments[1] <= F_OFD_SETLKW);
        case strike::short_write:
            return is_one_of({SYS_pwrite64}) && which.arguments[2] > 1;
    }
    return false;
}

pid_t start(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(127);
    ::raise(SIGSTOP);
    body();
    ::_exit(0);
}

// Follows the process and its threads until it is gone.
class tracer {
public:
    tracer(pid_t child, strike how, std::uint64_t at) : child_(child), how_(how), at_(at) {}

    traced_end follow() {
        int status = 0;
        if (::waitpid(child_, &status, 0) != child_ || !WIFSTOPPED(status)) return {false, status};
        ::ptrace(PTRACE_SETOPTIONS, child_, nullptr,
                 PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
        ::ptrace(PTRACE_SYSCALL, child_, nullptr, nullptr);
        for (;;) {
            const pid_t thread = ::waitpid(-1, &status, __WALL);
            if (thread < 0 && errno == EINTR) continue;
            if (thread < 0) return end_;  // no threads are left
            if (!WIFSTOPPED(status)) {
                if (thread == child_) end_.status = status;
                continue;
            }
            const int signal = WSTOPSIG(status);
            if (signal == (SIGTRAP | 0x80)) stop_at_call(thread);
            const bool is_ours =
                signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP;
            ::ptrace(PTRACE_SYSCALL, thread, nullptr, is_ours ? 0L : long{signal});
        }
    }

private:
    void stop_at_call(pid_t thread) {
        call which{};
        if (!stands_before(thread, which)) {
            if (thread == failing_) set_answer(thread, how_ == strike::interrupt ? EINTR : EIO);
            if (thread == failing_) failing_ = 0;
            return;
        }
        if (end_.was_struck || !can_hit(how_, which) || ++calls_ != at_) return;
        end_.was_struck = true;
        if (how_ == strike::kill) {
            ::kill(child_, SIGKILL);
        } else if (how_ == strike::short_write) {
            set_length(thread, which.arguments[2] / 2);
        } else {
            skip_call(thread);
            failing_ = thread;
        }
    }

    const pid_t child_;
    const strike how_;
    const std::uint64_t at_;
    std::uint64_t calls_ = 0;
    pid_t failing_ = 0;  // the thread whose call is not made and has not returned yet
    traced_end end_;
};

}  // namespace

traced_end run_traced(const std::function<void()>& body, strike how, std::uint64_t at) {
    const pid_t child = start(body);
    if (child < 0) std::abort();
    return tracer(child, how, at).follow();
}

bool can_trace(strike how) {
    if (how != strike::kill && !knows_registers) return false;
    return run_traced([] { ::getppid(); }, strike::kill, 1).was_struck;
}

}  // namespace conq::testing

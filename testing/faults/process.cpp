// SPDX-License-Identifier: BSL-1.0
#include "testing/faults/process.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace conq::testing {

namespace {

// Nothing may leave the body: the child would unwind into the test framework, run the remaining
// tests as a twin of this program, and remove what belongs to the parent.
int code_of(const std::function<int()>& body) noexcept {
    try {
        return body();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "a child process has thrown: %s\n", failure.what());
    } catch (...) {
        std::fprintf(stderr, "a child process has thrown something\n");
    }
    return child_process::has_thrown;
}

}  // namespace

child_process::child_process(const std::function<int()>& body) {
    std::fflush(nullptr);
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("fork");
    if (id_ != 0) return;
    const int code = code_of(body);
    std::fflush(nullptr);
    ::_exit(code);
}

child_process::~child_process() {
    kill();
    while (!has_ended_) wait(0);
}

void child_process::stop() const noexcept {
    send(SIGSTOP);
}
void child_process::resume() const noexcept {
    send(SIGCONT);
}
void child_process::kill() const noexcept {
    send(SIGKILL);
}

void child_process::send(int signal) const noexcept {
    if (!has_ended_) ::kill(id_, signal);
}

bool child_process::wait_until_stopped() {
    has_stopped_ = false;
    while (!has_stopped_ && !has_ended_) wait(WUNTRACED);
    return has_stopped_;
}

bool child_process::has_ended() {
    while (!has_ended_ && wait(WNOHANG)) {
    }
    return has_ended_;
}

int child_process::exit_code() {
    while (!has_ended_) wait(0);
    return code_;
}

bool child_process::wait(int options) {
    int state = 0;
    if (::waitpid(id_, &state, options) != id_) return false;
    if (WIFSTOPPED(state)) {
        has_stopped_ = true;
    } else {
        has_ended_ = true;
        code_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    }
    return true;
}

// The host thread sleeps in the kernel until the other process has ended (CLONE_VFORK). Meanwhile
// the process uses the host's thread-local variables, so the C library and the sanitizers take it
// for the host thread. __clone is the clone of glibc; it bypasses ThreadSanitizer, which takes each
// clone for a fork.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...) noexcept;  // NOLINT: glibc's name

stoppable_thread::stoppable_thread(std::function<void()> body)
    : body_(std::move(body)), stack_(std::size_t{1} << 20), host_([this] {
          std::byte* const top = stack_.data() + stack_.size();
          if (__clone(enter, top, CLONE_VM | CLONE_FILES | CLONE_VFORK | SIGCHLD, this) < 0)
              std::abort();
      }) {
    id_.wait(0);
}

stoppable_thread::~stoppable_thread() {
    while (wait_until_stopped()) resume();
    host_.join();
}

int stoppable_thread::enter(void* self) {
    auto& me = *static_cast<stoppable_thread*>(self);
    me.id_.store(static_cast<pid_t>(::syscall(SYS_getpid)));
    me.id_.notify_one();
    me.body_();
    return 0;
}

void stoppable_thread::stop_itself() noexcept {
    ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGSTOP);
}

bool stoppable_thread::wait_until_stopped() noexcept {
    int state = 0;
    while (!has_ended_) {
        if (::waitpid(id_.load(), &state, WUNTRACED) < 0) continue;
        if (WIFSTOPPED(state)) return true;
        has_ended_ = true;
    }
    return false;
}

void stoppable_thread::resume() const noexcept {
    ::kill(id_.load(), SIGCONT);
}

namespace {

bool write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.flush();
    return file.good();
}

// The folder in which groups with a quota can be made: of cgroup v1, or of v2 if it delegates cpu.
const char* const roots[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup"};

}  // namespace

cpu_quota::cpu_quota(int percent) {
    const std::string name = "/conq-test-" + std::to_string(::getpid());
    const std::string quota = std::to_string(percent * 1000);
    for (const char* root : roots) {
        const std::string folder = root + name;
        if (::mkdir(folder.c_str(), 0755) != 0) continue;
        if (write_text(folder + "/cpu.cfs_quota_us", quota) ||
            write_text(folder + "/cpu.max", quota + " 100000")) {
            folder_ = folder;
            return;
        }
        ::rmdir(folder.c_str());
    }
}

cpu_quota::~cpu_quota() {
    if (is_possible()) ::rmdir(folder_.c_str());
}

bool cpu_quota::enter() const {
    return write_text(folder_ + "/cgroup.procs", std::to_string(::getpid()));
}

std::uint64_t cpu_quota::throttled_count() const {
    std::ifstream file(folder_ + "/cpu.stat");
    std::string name;
    for (std::uint64_t value = 0; file >> name >> value;) {
        if (name == "nr_throttled") return value;
    }
    return 0;
}

}  // namespace conq::testing

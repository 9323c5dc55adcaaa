// SPDX-License-Identifier: BSL-1.0
// Processes that a test can stop and limit.
#ifndef CONQ_TESTING_FAULTS_PROCESS_HPP
#define CONQ_TESTING_FAULTS_PROCESS_HPP

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace conq::testing {

/// A copy of this process that runs `body` and ends with its return value as the exit code. If the
/// body throws, it says so on standard error and ends with the code `has_thrown`. Make it while
/// this process has only one thread.
class child_process {
public:
    static constexpr int has_thrown = 113;  ///< unlike what bodies return, or a signal gives

    explicit child_process(const std::function<int()>& body);
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process();  ///< kills the process if it has not ended

    /// Stops all threads of the process, wherever they are; `resume` lets them go on.
    void stop() const noexcept;
    void resume() const noexcept;
    /// Kills the process (SIGKILL).
    void kill() const noexcept;
    /// Waits until the process has stopped, by itself or by `stop`. False: it has ended instead.
    [[nodiscard]] bool wait_until_stopped();
    /// Whether the process has ended.
    [[nodiscard]] bool has_ended();
    /// Waits until the process has ended. Returns its exit code, or 128 + the signal that killed
    /// it.
    [[nodiscard]] int exit_code();

private:
    void send(int signal) const noexcept;  // unless it has ended: the number may be another's then
    bool wait(int options);                // notes a change of state; whether there was one

    pid_t id_;
    bool has_stopped_ = false, has_ended_ = false;
    int code_ = 0;
};

/// A process that shares the memory of this one, a producer for example. SIGSTOP stops it alone,
/// wherever it is. To the program it is a thread like any other. Its body must not throw. Threads:
/// belongs to one thread; the body runs as another.
class stoppable_thread {
public:
    explicit stoppable_thread(std::function<void()> body);
    stoppable_thread(const stoppable_thread&) = delete;
    stoppable_thread& operator=(const stoppable_thread&) = delete;
    ~stoppable_thread();  ///< resumes it as often as it stops, until it ends

    /// For the body: stops the process until `resume`.
    static void stop_itself() noexcept;

    /// Waits until the process has stopped itself. False: it has ended instead.
    [[nodiscard]] bool wait_until_stopped() noexcept;
    void resume() const noexcept;

private:
    static int enter(void* self);

    std::function<void()> body_;
    std::vector<std::byte> stack_;
    std::atomic<pid_t> id_{0};
    bool has_ended_ = false;
    std::thread host_;  // last: it uses the other members
};

/// A control group with a quota of processor time, if this machine lets the test make one.
class cpu_quota {
public:
    /// Makes a group whose quota is this many percent of one core.
    explicit cpu_quota(int percent);
    cpu_quota(const cpu_quota&) = delete;
    cpu_quota& operator=(const cpu_quota&) = delete;
    ~cpu_quota();  ///< the processes in it must have ended

    [[nodiscard]] bool is_possible() const noexcept { return !folder_.empty(); }
    /// Puts the calling process under the quota.
    [[nodiscard]] bool enter() const;
    /// How often the quota made the group wait, as the kernel reports it.
    [[nodiscard]] std::uint64_t throttled_count() const;

private:
    std::string folder_;
};

}  // namespace conq::testing

#endif

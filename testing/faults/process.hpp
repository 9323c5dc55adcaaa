// SPDX-License-Identifier: BSL-1.0
// Processes that a test stops and limits.
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

/// A copy of this program that runs `body` and ends with its answer as the exit code. Make it while
/// this process has one thread.
class child_process {
public:
    explicit child_process(const std::function<int()>& body);
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process();  ///< kills it, if it has not ended

    /// Stops all its threads, wherever they are; `resume` lets them go on.
    void stop() const noexcept;
    void resume() const noexcept;
    /// Kills it (SIGKILL).
    void kill() const noexcept;
    /// Waits until it has stopped, by itself or by `stop`. False: it has ended.
    [[nodiscard]] bool wait_until_stopped();
    /// Whether it has ended.
    [[nodiscard]] bool has_ended();
    /// Waits until it has ended. Its exit code, or 128 + the signal that killed it.
    [[nodiscard]] int exit_code();

private:
    bool wait(int options);  // whether there was news; takes it in

    pid_t id_;
    bool has_stopped_ = false, has_ended_ = false;
    int code_ = 0;
};

/// A producer, say, that is a process of its own in the memory of this one: SIGSTOP stops it and
/// nobody else, wherever it stands. To the program it is a thread like others. It must not throw.
/// Threads: belongs to one; the body is another.
class stoppable_thread {
public:
    explicit stoppable_thread(std::function<void()> body);
    stoppable_thread(const stoppable_thread&) = delete;
    stoppable_thread& operator=(const stoppable_thread&) = delete;
    ~stoppable_thread();  ///< lets it go on, however often it stops, and waits for its end

    /// For the body: stops it, until `resume`.
    static void stop_itself() noexcept;

    /// Waits until it has stopped itself. False: it has ended.
    [[nodiscard]] bool wait_until_stopped() noexcept;
    void resume() const noexcept;

private:
    static int enter(void* self);

    std::function<void()> body_;
    std::vector<std::byte> stack_;
    std::atomic<pid_t> id_{0};
    bool has_ended_ = false;
    std::thread host_;  // last: it uses the others
};

/// A control group with a quota of processor time, if this machine lets us make one.
class cpu_quota {
public:
    /// So many percent of one core.
    explicit cpu_quota(int percent);
    cpu_quota(const cpu_quota&) = delete;
    cpu_quota& operator=(const cpu_quota&) = delete;
    ~cpu_quota();  ///< the processes in it have ended

    [[nodiscard]] bool is_possible() const noexcept { return !folder_.empty(); }
    /// Puts the calling process under the quota.
    [[nodiscard]] bool enter() const;
    /// How often it was made to wait, as the kernel tells it.
    [[nodiscard]] std::uint64_t throttled_count() const;

private:
    std::string folder_;
};

}  // namespace conq::testing

#endif

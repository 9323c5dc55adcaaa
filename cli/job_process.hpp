// SPDX-License-Identifier: BSL-1.0
// Runs one job as a process: starts it, takes its output, sees how it ended.
#ifndef CONQ_CLI_JOB_PROCESS_HPP
#define CONQ_CLI_JOB_PROCESS_HPP

#include <signal.h>
#include <spawn.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/printer.hpp"
#include "cli/spool.hpp"
#include "cli/start_gate.hpp"
#include "cli/time_limit.hpp"
#include "cli/word_list.hpp"

namespace conq::cli {

/// The jobs that run, so that all of them can be signalled. Any thread.
class running_jobs {
public:
    /// Adds a job that has started. Signals it at once if signal_all() was called before.
    void add(pid_t group);
    /// Removes a job that has ended, and reaps it here, so that no signal can reach another process
    /// that gets its number.
    resources reap(pid_t group);
    /// Sends a signal to the process group of every job: now to those that run, and later to those
    /// that start.
    void signal_all(int signal);

private:
    std::mutex mutex_;
    std::vector<pid_t> groups_;
    int pending_signal_ = 0;
};

/// What to run.
struct process_request {
    std::uint64_t number = 0;                ///< of the job, in the order of the input
    word_list arguments;                     ///< the program's name first
    const word_list* input = nullptr;        ///< standard input; null: /dev/null
    char delimiter = '\n';                   ///< between the words of the input
    std::vector<std::string> variables{};    ///< NAME=value, in addition to our environment
    std::chrono::milliseconds time_limit{};  ///< zero: none
    /// Called once with the process if it does not end at once.
    std::function<void(pid_t)> on_slow{};
    std::function<void()> on_started{};             ///< called once it runs, or cannot be run
    std::chrono::steady_clock::time_point begin{};  ///< set by run(): when it was started
    /// Whether output that finds no room may be printed as it comes; if not, the job fails.
    bool may_print = true;
};

/// Runs jobs. Any thread; each call runs one process to its end.
class process_runner {
public:
    /// How much of each of a job's streams is kept in memory; the rest goes to the spool.
    static constexpr std::size_t memory_bytes_max = 65'536;

    /// `program`: the path to run, or empty if it is looked up for each job.
    process_runner(std::string program, running_jobs& running, start_gate& gate, spool& overflow,
                   printer& out);
    ~process_runner();
    process_runner(const process_runner&) = delete;
    process_runner& operator=(const process_runner&) = delete;

    /// Runs the process. Afterwards `output` holds its output, except for what was already printed.
    /// If the system lacks what the process needs, this waits until another job ends; the outcome
    /// is `not_started` if no other job runs, or the gate was closed meanwhile.
    outcome run(process_request& request, job_output& output);

private:
    struct process;
    outcome start(process_request& request, process& into);
    int spawn(const char* path, char* const* arguments, char* const* variables,
              process& into) const;
    void take_output(process& from, job_output& output);
    void take_rest(process& from, job_output& output);
    void take_some(process& from, std::size_t stream, job_output& output);
    void keep(process& from, std::size_t stream, const char* bytes, std::size_t size,
              job_output& output);
    static void handle_stop(process& job, int signal);
    static void watch_end(process& of);
    static void note_slow(process& of);
    static siginfo_t next_change(process& of);
    outcome wait_for_end(process& of);

    std::string program_;
    running_jobs& running_;
    start_gate& gate_;
    spool& overflow_;
    printer& printer_;
    int null_input_;
    posix_spawnattr_t attributes_;
};

/// What to do about a system call that failed for a lack of open files, processes or memory; empty
/// if it failed for another reason.
std::string mend_of_lack(int code);

/// The path of a command as execvp would find it; empty if there is none. `code` becomes 127 if it
/// was not found, 126 if it cannot be run.
std::string find_program(const std::string& name, int& code);

}  // namespace conq::cli

#endif

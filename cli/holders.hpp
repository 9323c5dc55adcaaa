// SPDX-License-Identifier: BSL-1.0
// The processes that have a queue open: those of conq, and the jobs that they run.
#ifndef CONQ_CLI_HOLDERS_HPP
#define CONQ_CLI_HOLDERS_HPP

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "conq/jobs.hpp"

namespace conq::cli {

/// A process that has the queue open.
struct holder {
    pid_t id = 0;
    std::string name{};
    std::string job{};            ///< the number of the job that it belongs to; empty: of none
    bool is_left_behind = false;  ///< it belongs to a job whose conq has ended
};

/// All such processes that we are allowed to inspect, except this one.
std::vector<holder> holders_of(const std::string& queue_path);
/// Kills those that are left behind (SIGKILL). Returns how many.
std::size_t end_left_behind(const std::string& queue_path);
/// Notes that this process does the job: see job_lease::runs_as.
void note_process(job_lease& lease, pid_t process) noexcept;
/// The environment variable of jobs, as NAME=value, which shows that they belong to this process.
std::string holder_variable();

}  // namespace conq::cli

#endif

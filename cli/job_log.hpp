// SPDX-License-Identifier: BSL-1.0
// --joblog: a line for each run of a job that has ended, in GNU parallel's format.
#ifndef CONQ_CLI_JOB_LOG_HPP
#define CONQ_CLI_JOB_LOG_HPP

#include <mutex>
#include <string>

#include "cli/job_record.hpp"

namespace conq::cli {

/// The file of the log. Any thread. Each line is written at once, when its run has ended.
class job_log {
public:
    /// Opens the file to append lines, and writes the names of the columns if it is empty. With an
    /// empty path there is no file. Throws own_error if the file cannot be written.
    explicit job_log(const std::string& path);
    job_log(const job_log&) = delete;
    job_log& operator=(const job_log&) = delete;
    ~job_log();

    [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }
    /// Adds a line. Returns false once, if the disk is full or broken; then nothing more is
    /// written.
    [[nodiscard]] bool add(const job_record& job);

private:
    bool write(const std::string& line);

    int file_ = -1;
    std::mutex mutex_;
};

}  // namespace conq::cli

#endif

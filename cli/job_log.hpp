// SPDX-License-Identifier: BSL-1.0
// A line for each job that has ended, in GNU parallel's format.
#ifndef CONQ_CLI_JOB_LOG_HPP
#define CONQ_CLI_JOB_LOG_HPP

#include <mutex>
#include <string>

#include "cli/job_record.hpp"

namespace conq::cli {

/// The file. Any thread; each line goes out by one write, when its job has ended.
class job_log {
public:
    /// Appends to the file, with the names of the columns if it is empty; no file for an empty
    /// path. Throws own_error if it cannot be written.
    explicit job_log(const std::string& path);
    job_log(const job_log&) = delete;
    job_log& operator=(const job_log&) = delete;
    ~job_log();

    [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }
    /// False, once: the disk is full or broken; nothing more will be written.
    [[nodiscard]] bool add(const job_record& job);

private:
    bool write(const std::string& line);

    int file_ = -1;
    std::mutex mutex_;
};

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// Runs a job, and runs it again if it fails. Writes each run to the log.
#ifndef CONQ_CLI_JOB_ATTEMPTS_HPP
#define CONQ_CLI_JOB_ATTEMPTS_HPP

#include <functional>
#include <memory>
#include <utility>

#include "cli/command_template.hpp"
#include "cli/job_feed.hpp"
#include "cli/job_log.hpp"
#include "cli/job_process.hpp"
#include "cli/job_record.hpp"
#include "cli/options.hpp"
#include "cli/printer.hpp"
#include "cli/spool.hpp"

namespace conq::cli {

/// What --tag prints before each line: the items, on one line, and a tab.
std::unique_ptr<line_tag> tag_of(const word_list& items);

/// What job_attempts needs. All of it must outlive the job_attempts.
struct attempt_tools {
    const run_options& options;
    const command_template& command;
    process_runner& processes;
    job_log& log;
    spool& overflow;
    printer& out;
    int interrupt;                      ///< once it is readable, no more runs begin
    std::function<void()> on_log_full;  ///< the log could not be written: errno says why
};

/// Runs jobs. Any thread; each call runs one job to its end.
class job_attempts {
public:
    explicit job_attempts(attempt_tools with) : with_(std::move(with)) {}
    /// Returns how the job went. Afterwards `output` holds what its last run wrote, except for what
    /// was already printed.
    job_record run(const job& each, job_output& output) const;
    /// Discards an output that nobody will see, and frees its space in the spool.
    void drop(job_output& output) const;

private:
    void run_once(const job& each, job_record& record, job_output& output) const;
    [[nodiscard]] bool wait_before_retry(unsigned tries) const;

    const attempt_tools with_;
};

}  // namespace conq::cli

#endif

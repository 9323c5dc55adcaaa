// SPDX-License-Identifier: BSL-1.0
// Where the output of a job goes: to standard output, into files or into a record.
#ifndef CONQ_CLI_JOB_RESULTS_HPP
#define CONQ_CLI_JOB_RESULTS_HPP

#include <string>

#include "cli/job_record.hpp"
#include "cli/options.hpp"
#include "cli/printer.hpp"
#include "cli/spool.hpp"
#include "cli/word_list.hpp"

namespace conq::cli {

/// Sends the output of jobs where the options of a run say. Any thread.
class job_results {
public:
    /// How many bytes of a stream a queue stores, and how many --json shows.
    static constexpr std::size_t stored_bytes_max = 1 << 20, shown_bytes_max = 16 << 20;

    /// Makes the folder of -o. Throws own_error.
    job_results(const run_options& options, spool& overflow);

    /// -o: writes the output into files, and leaves `output` empty. Throws own_error.
    void to_files(const job_record& record, job_output& output) const;
    /// The record that a queue stores.
    [[nodiscard]] std::string stored(const job_record& record, const word_list& items,
                                     const job_output& output) const;
    /// --json: replaces the output by one line of JSON. `stored`: the record that a queue has
    /// stored, or empty.
    void to_line(const job_record& record, const word_list& items, job_output& output,
                 const std::string& stored) const;

private:
    [[nodiscard]] output_text text_of(const job_output::stream& from, std::size_t most) const;
    void to_file(const std::string& path, const job_output::stream& from) const;
    void release(job_output& output) const;

    const run_options& options_;
    spool& overflow_;
};

/// Makes the output of a job that ran elsewhere or before from its record; with --json, one line of
/// JSON. False: the text is no such record.
bool replay(const run_options& options, const std::string& stored, std::uint64_t sequence,
            job_output& output);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// What is known of a job that has ended, and the JSON of it.
#ifndef CONQ_CLI_JOB_RECORD_HPP
#define CONQ_CLI_JOB_RECORD_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/outcome.hpp"
#include "cli/word_list.hpp"
#include "conq/jobs/engine.hpp"

namespace conq::cli {

/// How a job went: its last run.
struct job_record {
    std::uint64_t sequence = 1;  ///< in the order of the input, from 1
    job_id id = 0;               ///< with a queue
    unsigned tries = 0;          ///< how often it was run
    std::chrono::system_clock::time_point begin{};
    std::chrono::duration<double> took{};
    outcome ended{};
    std::string command{};  ///< quoted for a shell; only for a log

    /// The code that the job ended with, or that stands for what became of it; 0 if a signal did.
    [[nodiscard]] int exit_code() const noexcept;
    /// The signal that it died of; 0: none.
    [[nodiscard]] int signal() const noexcept;
};

/// A job's output, or the begin of it.
struct output_text {
    std::string bytes{};
    std::uint64_t all_bytes = 0;  ///< how many it was
};

/// One object, without a newline: docs/command.md, --json.
std::string as_json(const job_record& record, const word_list& items, const output_text& out,
                    const output_text& err);

/// What such an object holds of the job's output.
struct recorded_output {
    std::string out, err;
};
/// Takes it out of the object; none if the text is no such object.
std::optional<recorded_output> output_of_json(const std::string& text);
/// The same object for another place in an input.
std::string with_sequence(const std::string& text, std::uint64_t sequence);

}  // namespace conq::cli

#endif

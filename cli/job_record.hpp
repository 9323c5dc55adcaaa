// SPDX-License-Identifier: BSL-1.0
// What is known about a job that has ended, and its JSON.
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

/// How a job went: what is known about its last run.
struct job_record {
    std::uint64_t sequence = 1;  ///< in the order of the input, from 1
    job_id id = 0;               ///< its number in the queue, if there is one
    unsigned tries = 0;          ///< how often it was run
    std::chrono::system_clock::time_point begin{};
    std::chrono::duration<double> took{};
    outcome ended{};
    std::string command{};  ///< quoted for a shell; only for a log

    /// The exit code of the job, or the code that stands for how it ended; 0 if a signal ended it.
    [[nodiscard]] int exit_code() const noexcept;
    /// The signal that the job died of; 0: none.
    [[nodiscard]] int signal() const noexcept;
};

/// One stream of a job's output, or its beginning.
struct output_text {
    std::string bytes{};
    std::uint64_t all_bytes = 0;  ///< how many bytes the whole stream has
};

/// The JSON object, without a newline. docs/command.md describes it at --json.
std::string as_json(const job_record& record, const word_list& items, const output_text& out,
                    const output_text& err);

/// What such a JSON object holds of the job's output.
struct recorded_output {
    std::string out, err;
};
/// Takes the output out of the object; none if the text is no such object.
std::optional<recorded_output> output_of_json(const std::string& text);
/// The same object with another place in the input.
std::string with_sequence(const std::string& text, std::uint64_t sequence);

}  // namespace conq::cli

#endif

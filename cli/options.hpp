// SPDX-License-Identifier: BSL-1.0
// The words after `conq run`: options and the command.
#ifndef CONQ_CLI_OPTIONS_HPP
#define CONQ_CLI_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/columns.hpp"

namespace conq::cli {

struct run_options {
    std::size_t jobs = 1;                     ///< -j
    std::string shell_line;                   ///< -s; empty: none
    bool keeps_order = false;                 ///< -k
    std::size_t items_per_job = 1;            ///< -n
    char delimiter = '\n';                    ///< -0, -d
    std::string placeholder = "{}";           ///< -I
    column_style columns{};                   ///< --colsep, --csv, --tsv
    bool has_header = false;                  ///< --header :
    std::string input_path;                   ///< -a; empty: standard input
    bool keeps_empty = false;                 ///< --keep-empty
    bool feeds_stdin = false;                 ///< --stdin
    std::string queue_path;                   ///< -q; empty: none
    bool retries_failed = false;              ///< --retry-failed
    bool forces = false;                      ///< --force
    bool replays = false;                     ///< --replay
    bool keeps_outputs = false;               ///< --keep
    bool ends_orphans = false;                ///< --orphans kill
    bool is_dry_run = false;                  ///< --dry-run
    bool shows_records = false;               ///< --json
    bool tags = false;                        ///< --tag
    std::string output_folder;                ///< -o; empty: none
    std::chrono::milliseconds start_delay{};  ///< --delay
    bool works = false;                       ///< conq work: takes items from the queue, not input
    bool follows = false;                     ///< --follow: works until the queue is shut down
    std::chrono::milliseconds time_limit{};   ///< -t; zero: none
    unsigned retries = 0;                     ///< --retries
    std::chrono::milliseconds backoff{};      ///< --backoff: before the first retry
    std::uint64_t halt_failures = 0;          ///< --halt N; 0: never
    unsigned halt_percent = 0;                ///< --halt N%
    std::string job_log_path;                 ///< --joblog
    bool wants_help = false;                  ///< --help
    std::vector<std::string> command;         ///< CMD [ARG...]
    std::string shown_words;                  ///< all words of this call, quoted for a shell
    bool has_items = false;                   ///< whether there was a :::
    std::vector<std::string> items;           ///< the words after :::

    /// Whether the output of jobs is printed as it is.
    [[nodiscard]] bool prints_output() const { return !shows_records && output_folder.empty(); }
};

/// Reads the words after `run`. The first word that is neither an option nor an option's value
/// begins the command. Throws usage_error.
run_options parse_run_options(const std::vector<std::string>& words);

/// Reads the words after `work`: the options of run that are not about input, and --follow. The
/// command may be missing. Throws usage_error.
run_options parse_work_options(const std::vector<std::string>& words);

/// The text of `conq run --help`, and of `conq work --help`.
std::string run_help();
std::string work_help();
/// The options of both as lines, as option_table() makes them.
std::string run_option_table();
std::string work_option_table();

}  // namespace conq::cli

#endif

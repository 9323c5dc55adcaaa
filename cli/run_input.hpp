// SPDX-License-Identifier: BSL-1.0
// What a run begins with: its input, and its command.
#ifndef CONQ_CLI_RUN_INPUT_HPP
#define CONQ_CLI_RUN_INPUT_HPP

#include <cstdint>
#include <string>

#include "cli/command_template.hpp"
#include "cli/options.hpp"

namespace conq::cli {

/// The file to read items from, open. Throws own_error.
int open_input(const run_options& options);
/// How much is to be read, where that can be known: the rest of a file. 0: unknown.
std::uint64_t bytes_to_read(int input);
/// The command that is run for each item.
command_template template_of(const run_options& options);
/// What is said of so many empty items.
std::string skipped_line(std::uint64_t count);

}  // namespace conq::cli

#endif

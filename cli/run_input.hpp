// SPDX-License-Identifier: BSL-1.0
// What a run begins with: its input, and its command.
#ifndef CONQ_CLI_RUN_INPUT_HPP
#define CONQ_CLI_RUN_INPUT_HPP

#include <cstdint>
#include <string>

#include "cli/command_template.hpp"
#include "cli/options.hpp"

namespace conq::cli {

/// Opens the file to read items from. Throws own_error.
int open_input(const run_options& options);
/// How many bytes are to be read, if the input is a file and so this is known. 0: unknown.
std::uint64_t bytes_to_read(int input);
/// The command that is run for each item.
command_template template_of(const run_options& options);
/// The message about this many skipped empty items.
std::string skipped_line(std::uint64_t count);

}  // namespace conq::cli

#endif

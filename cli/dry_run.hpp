// SPDX-License-Identifier: BSL-1.0
// conq run --dry-run.
#ifndef CONQ_CLI_DRY_RUN_HPP
#define CONQ_CLI_DRY_RUN_HPP

#include "cli/options.hpp"

namespace conq::cli {

/// Prints the command of each job of this input, quoted for a shell. Returns the exit code. Throws
/// own_error.
int print_commands(const run_options& options, int input);

}  // namespace conq::cli

#endif

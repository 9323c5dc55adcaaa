// SPDX-License-Identifier: BSL-1.0
// conq run: runs a job for each item of the input.
#ifndef CONQ_CLI_RUN_HPP
#define CONQ_CLI_RUN_HPP

#include "cli/options.hpp"

namespace conq::cli {

/// Runs all jobs and returns the exit code. Throws usage_error and own_error.
int run(const run_options& options);

}  // namespace conq::cli

#endif

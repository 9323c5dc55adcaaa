// SPDX-License-Identifier: BSL-1.0
// --header: the first item of the input names the columns.
#ifndef CONQ_CLI_HEADER_HPP
#define CONQ_CLI_HEADER_HPP

#include <string>
#include <vector>

#include "cli/options.hpp"

namespace conq::cli {

/// Reads the first item of `input`, and no byte of the next one. Returns the names of the columns;
/// if items have no columns, a single name, for the whole item; if the input is empty, no names.
/// Throws own_error.
std::vector<std::string> read_header(int input, const run_options& options);

/// Replaces {name}, {name.}, {name/}, {name//} and {name/.} in the command by {2}, {2.} …, so that
/// a queue that stores the command needs no header. Throws usage_error for a name that no column
/// has, or more than one.
run_options with_columns_numbered(run_options options, const std::vector<std::string>& names);

}  // namespace conq::cli

#endif

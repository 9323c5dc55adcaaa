// SPDX-License-Identifier: BSL-1.0
// --header: the first item of the input names the columns.
#ifndef CONQ_CLI_HEADER_HPP
#define CONQ_CLI_HEADER_HPP

#include <string>
#include <vector>

#include "cli/options.hpp"

namespace conq::cli {

/// Reads the first item of `input`, and no byte of the next one: the names of the columns, or the
/// one name of all items if they have no columns. None if the input is empty. Throws own_error.
std::vector<std::string> read_header(int input, const run_options& options);

/// {name}, {name.}, {name/}, {name//}, {name/.} in the command become {2}, {2.} …, so that a
/// queue that stores the command needs no header. Throws usage_error for a name that
/// there is not, or that two columns have.
run_options with_columns_numbered(run_options options, const std::vector<std::string>& names);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// The options of a verb as lines, for completions: what --help says, to be read by a program.
#ifndef CONQ_CLI_OPTION_TABLE_HPP
#define CONQ_CLI_OPTION_TABLE_HPP

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace conq::cli {

/// Whether the words after a verb ask for the table, and for nothing else.
bool asks_for_table(const std::vector<std::string>& words);
/// A line for each option: its names with spaces between, a tab, what its value is called or
/// nothing, a tab, and what it does.
std::string option_table(const CLI::App& app);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// What --help says of a verb, and its options as lines, for completions.
#ifndef CONQ_CLI_OPTION_TABLE_HPP
#define CONQ_CLI_OPTION_TABLE_HPP

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace conq::cli {

/// The help of a verb. `about`: blocks with empty lines between, how it is called first; the blocks
/// that are indented are examples, and come next; then what else it says, and the options.
std::string help_text(std::string_view about, const CLI::App& app);

/// Whether the words after a verb ask for the table, and for nothing else.
bool asks_for_table(const std::vector<std::string>& words);
/// A line for each option: its names with spaces between, a tab, what its value is called or
/// nothing, a tab, and what it does.
std::string option_table(const CLI::App& app);

}  // namespace conq::cli

#endif

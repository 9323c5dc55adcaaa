// SPDX-License-Identifier: BSL-1.0
// The help of a verb, and a table of its options for completions.
#ifndef CONQ_CLI_OPTION_TABLE_HPP
#define CONQ_CLI_OPTION_TABLE_HPP

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace conq::cli {

/// The help of a verb. `about` consists of blocks with empty lines in between. The first block says
/// how the verb is called, and comes first. The indented blocks are examples, and come next. Then
/// come the other blocks, and the options.
std::string help_text(std::string_view about, const CLI::App& app);

/// Whether the words after a verb ask for the table, and for nothing else.
bool asks_for_table(const std::vector<std::string>& words);
/// A line for each option: its names with spaces in between, a tab, the name of its value or
/// nothing, a tab, and what the option does.
std::string option_table(const CLI::App& app);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// Suggests what an unknown word may have been meant to be.
#ifndef CONQ_CLI_SPELLING_HPP
#define CONQ_CLI_SPELLING_HPP

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace conq::cli {

/// " (did you mean X?)" with the nearest known word, counted in letters that are missing, needless,
/// wrong or swapped; empty if none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// What is wrong with the words that a parser has refused: the first word that it does not know,
/// with a suggestion, or else the parser's own message.
std::string parse_fault(const CLI::App& app, const CLI::ParseError& error,
                        const std::vector<std::string>& words);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// What a word that is not known may have been meant to be.
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

/// " (did you mean X?)" with the known word that is nearest, by letters that are missing, needless,
/// wrong or swapped; empty if none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// What is wrong with the words that a parser has refused: the first of them that it does not
/// know, with a suggestion, or what it says itself.
std::string parse_fault(const CLI::App& app, const CLI::ParseError& error,
                        const std::vector<std::string>& words);

}  // namespace conq::cli

#endif

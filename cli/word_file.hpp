// SPDX-License-Identifier: BSL-1.0
// Words as a file in memory, to be read from its begin.
#ifndef CONQ_CLI_WORD_FILE_HPP
#define CONQ_CLI_WORD_FILE_HPP

#include "cli/word_list.hpp"

namespace conq::cli {

/// Where delimiters stand: between two words, or after each, so that an empty last one counts.
enum class word_ends { between, after_each };

/// A descriptor, closed by exec, of a file in memory that holds the words; -1 if there is no room
/// for it, and errno says why. Any thread.
int open_words(const word_list& words, char delimiter, word_ends ends);

}  // namespace conq::cli

#endif

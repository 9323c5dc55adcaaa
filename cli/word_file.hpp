// SPDX-License-Identifier: BSL-1.0
// Words as a file in memory, which is read from its beginning.
#ifndef CONQ_CLI_WORD_FILE_HPP
#define CONQ_CLI_WORD_FILE_HPP

#include "cli/word_list.hpp"

namespace conq::cli {

/// Where delimiters stand: between words, or after each word, so that an empty last word counts.
enum class word_ends { between, after_each };

/// A descriptor, closed by exec, of a file in memory that holds the words; -1 if there is no room
/// for it, and errno says why. Any thread.
int open_words(const word_list& words, char delimiter, word_ends ends);

}  // namespace conq::cli

#endif

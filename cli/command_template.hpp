// SPDX-License-Identifier: BSL-1.0
// The command with its placeholders.
#ifndef CONQ_CLI_COMMAND_TEMPLATE_HPP
#define CONQ_CLI_COMMAND_TEMPLATE_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/word_list.hpp"

namespace conq::cli {

/// The words of a command, some of which hold a placeholder. Immutable; any thread.
class command_template {
public:
    /// `appends`: whether items go to the end if no word holds the placeholder.
    command_template(std::vector<std::string> words, std::string placeholder, bool appends);

    /// The arguments of a job: a word that holds the placeholder comes once for each item, with
    /// every placeholder in it replaced.
    [[nodiscard]] word_list filled(const word_list& items) const;

    /// What the kernel counts of the arguments: for the words without a placeholder, and for each
    /// item of so many bytes.
    [[nodiscard]] std::size_t fixed_bytes() const;
    [[nodiscard]] std::size_t bytes_of(std::size_t item_bytes) const;

    /// The longest argument that an item of so many bytes makes; 0 if no argument holds it.
    [[nodiscard]] std::size_t longest_with(std::size_t item_bytes) const;

    /// Whether the program itself depends on the item.
    [[nodiscard]] bool varies_program() const { return holds(words_.front()); }
    [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }
    [[nodiscard]] const std::string& placeholder() const noexcept { return placeholder_; }

private:
    [[nodiscard]] bool holds(const std::string& word) const {
        return word.find(placeholder_) != std::string::npos;
    }
    [[nodiscard]] std::size_t replaced_bytes(const std::string& word, std::size_t item_bytes) const;
    void add_replaced(word_list& to, std::string_view word, std::string_view item) const;

    std::vector<std::string> words_;
    std::string placeholder_;
    bool appends_;
};

/// What to say of a command that is not found and looks like a line for a shell: one word, with a
/// space or a character that shells know in it. Empty if it does not.
std::string shell_line_hint(const command_template& command);

/// A word as a POSIX shell would take it back, for messages and --dry-run.
std::string shell_quoted(std::string_view word);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// The command with its placeholders.
#ifndef CONQ_CLI_COMMAND_TEMPLATE_HPP
#define CONQ_CLI_COMMAND_TEMPLATE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/columns.hpp"
#include "cli/word_list.hpp"

namespace conq::cli {

/// The numbers of a job: its place in the input, and its slot among the jobs that run at once. Both
/// count from 1.
struct job_numbers {
    std::uint64_t sequence = 1;
    std::uint64_t slot = 1;
};

/// The words of a command, some of which hold placeholders. Immutable; any thread.
///
/// The placeholders are those of GNU parallel: {} is the item, {.} the item without its last
/// extension, {/} what follows its last /, {//} its folder (. if it names none), {/.} is {/}
/// without its extension, {#} is the job's place in the input and {%} its slot. If items have
/// columns, {1} is the first column, and {1.} {1/} {1//} {1/.} are the same parts of that column.
class command_template {
public:
    /// `placeholder` stands for the item; if it is not {}, it is the only placeholder. `appends`:
    /// whether items are appended to the command if no word holds a placeholder. If items have
    /// columns, the columns are appended.
    command_template(std::vector<std::string> words, const std::string& placeholder, bool appends,
                     column_style columns = {});
    /// sh -c `text`, with the item as $1. Text is not searched for placeholders.
    static command_template of_shell(const std::string& text, bool appends,
                                     column_style columns = {});

    /// The arguments of a job. A word that holds the item is repeated for each of the items, with
    /// every placeholder in it replaced.
    [[nodiscard]] word_list filled(const word_list& items, job_numbers numbers) const;

    /// Why an item does not fit the command: it lacks a column that the command names, or a quote
    /// is not closed. Empty if it fits.
    [[nodiscard]] std::string fault_of(std::string_view item) const;

    /// How many bytes the kernel counts for the arguments: for the words without an item, and for
    /// each item of `item_bytes`. Never too few; exact if {} is the only placeholder.
    [[nodiscard]] std::size_t fixed_bytes() const;
    [[nodiscard]] std::size_t bytes_of(std::size_t item_bytes) const;

    /// The length of the longest argument that an item of `item_bytes` makes; 0 if no argument
    /// holds the item.
    [[nodiscard]] std::size_t longest_with(std::size_t item_bytes) const;

    /// Whether the program itself depends on the item or the numbers.
    [[nodiscard]] bool varies_program() const { return !words_.front().is_literal(); }
    /// The word that names the program, if that does not vary.
    [[nodiscard]] const std::string& program() const { return words_.front().written; }
    /// What to say if the program is not found and the command looks like a line for a shell: one
    /// word with a space in it, or a character that has a meaning to shells. Empty if it does not.
    [[nodiscard]] std::string shell_line_hint() const;

private:
    enum class part_kind { text, item, stem, name, folder, name_stem, sequence, slot };
    struct part {
        part_kind kind;
        std::string text{};      // for text
        std::size_t column = 0;  // 0: the whole item
    };
    struct word {
        std::string written;
        std::vector<part> parts;  // at least one
        bool holds_item = false;

        [[nodiscard]] bool is_literal() const {
            return parts.size() == 1 && parts.front().kind == part_kind::text;
        }
        [[nodiscard]] std::size_t bytes(std::size_t item_bytes) const;
    };
    struct placeholder_name {
        std::string_view name;
        part_kind kind;
        [[nodiscard]] bool holds_item() const {
            return kind != part_kind::sequence && kind != part_kind::slot;
        }
    };
    static const placeholder_name placeholder_names[];

    command_template() = default;
    struct item_parts {
        std::string_view whole;
        std::vector<std::string> columns;  // if items have columns
    };
    static word parse(std::string_view text, std::span<const placeholder_name> names,
                      bool has_columns);
    static void add(word_list& to, const word& from, const item_parts& item, job_numbers numbers);

    std::vector<word> words_;
    bool appends_ = false;
    column_style columns_{};
    std::size_t columns_needed_ = 0;
};

/// A word, quoted so that a POSIX shell reads the same word, for messages and --dry-run.
std::string shell_quoted(std::string_view word);
/// All words, quoted, with spaces in between.
std::string quoted(const word_list& words);

}  // namespace conq::cli

#endif

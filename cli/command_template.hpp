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

/// What a job is called: its place in the input, and which of the jobs at once it is, both from 1.
struct job_numbers {
    std::uint64_t sequence = 1;
    std::uint64_t slot = 1;
};

/// The words of a command, some of which hold placeholders. Immutable; any thread.
///
/// Placeholders are those of GNU parallel: {} is the item, {.} without its last extension, {/} what
/// stands behind its last /, {//} its folder (. if it names none), {/.} is {/} without extension,
/// {#} and {%} are the job's numbers. Where items have columns, {1} is the first one, and {1.} {1/}
/// {1//} {1/.} what these say of it.
class command_template {
public:
    /// `placeholder` stands for the item; if it is not {}, it is the only one. `appends`: whether
    /// items go to the end if no word holds a placeholder.
    /// Where items have columns, these are what goes to the end.
    command_template(std::vector<std::string> words, const std::string& placeholder, bool appends,
                     column_style columns = {});
    /// sh -c `text`, for which the item is $1: no placeholder is looked for.
    static command_template of_shell(const std::string& text, bool appends,
                                     column_style columns = {});

    /// The arguments of a job: a word that holds the item comes once for each of them, with every
    /// placeholder in it replaced.
    [[nodiscard]] word_list filled(const word_list& items, job_numbers numbers) const;

    /// Why an item does not fit the command: it has not the column that is asked for, or an open
    /// quote. Empty if it does.
    [[nodiscard]] std::string fault_of(std::string_view item) const;

    /// What the kernel counts of the arguments: for the words without an item, and for each item of
    /// so many bytes. Not less, and with {} alone not more.
    [[nodiscard]] std::size_t fixed_bytes() const;
    [[nodiscard]] std::size_t bytes_of(std::size_t item_bytes) const;

    /// The longest argument that an item of so many bytes makes; 0 if no argument holds it.
    [[nodiscard]] std::size_t longest_with(std::size_t item_bytes) const;

    /// Whether the program itself depends on the item or the numbers.
    [[nodiscard]] bool varies_program() const { return !words_.front().is_literal(); }
    /// The word of the program, if that does not vary.
    [[nodiscard]] const std::string& program() const { return words_.front().written; }
    /// What to say if it is not found and looks like a line for a shell: one word, with a space or
    /// a character that shells know in it. Empty if it does not.
    [[nodiscard]] std::string shell_line_hint() const;

private:
    enum class part_kind { text, item, stem, name, folder, name_stem, sequence, slot };
    struct part {
        part_kind kind;
        std::string text{};      // of text
        std::size_t column = 0;  // 0: of the whole item
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
        std::vector<std::string> columns;  // where items have them
    };
    static word parse(std::string_view text, std::span<const placeholder_name> names,
                      bool has_columns);
    static void add(word_list& to, const word& from, const item_parts& item, job_numbers numbers);

    std::vector<word> words_;
    bool appends_ = false;
    column_style columns_{};
    std::size_t columns_needed_ = 0;
};

/// A word as a POSIX shell would take it back, for messages and --dry-run.
std::string shell_quoted(std::string_view word);
/// All of them, with spaces in between.
std::string quoted(const word_list& words);

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
#include "cli/command_template.hpp"

#include <algorithm>
#include <utility>

namespace conq::cli {

command_template::command_template(std::vector<std::string> words, std::string placeholder,
                                   bool appends)
    : words_(std::move(words)), placeholder_(std::move(placeholder)) {
    const bool has_place = std::any_of(words_.begin(), words_.end(),
                                       [this](const std::string& word) { return holds(word); });
    appends_ = appends && !has_place;
}

word_list command_template::filled(const word_list& items) const {
    word_list arguments;
    for (const std::string& word : words_) {
        if (!holds(word)) {
            arguments.add(word);
            continue;
        }
        for (std::size_t i = 0; i < items.size(); ++i) add_replaced(arguments, word, items[i]);
    }
    for (std::size_t i = 0; appends_ && i < items.size(); ++i) arguments.add(items[i]);
    return arguments;
}

std::size_t command_template::fixed_bytes() const {
    std::size_t bytes = sizeof(char*);
    for (const std::string& word : words_) {
        if (!holds(word)) bytes += word.size() + 1 + sizeof(char*);
    }
    return bytes;
}

std::size_t command_template::bytes_of(std::size_t item_bytes) const {
    std::size_t bytes = appends_ ? item_bytes + 1 + sizeof(char*) : 0;
    for (const std::string& word : words_) {
        if (holds(word)) bytes += replaced_bytes(word, item_bytes) + 1 + sizeof(char*);
    }
    return bytes;
}

std::size_t command_template::longest_with(std::size_t item_bytes) const {
    std::size_t longest = appends_ ? item_bytes : 0;
    for (const std::string& word : words_) {
        if (holds(word)) longest = std::max(longest, replaced_bytes(word, item_bytes));
    }
    return longest;
}

std::size_t command_template::replaced_bytes(const std::string& word,
                                             std::size_t item_bytes) const {
    std::size_t bytes = word.size();
    for (std::size_t at = word.find(placeholder_); at != std::string::npos;
         at = word.find(placeholder_, at + placeholder_.size())) {
        bytes = bytes - placeholder_.size() + item_bytes;
    }
    return bytes;
}

void command_template::add_replaced(word_list& to, std::string_view word,
                                    std::string_view item) const {
    std::size_t at = 0;
    for (;;) {
        const std::size_t found = word.find(placeholder_, at);
        to.append(word.substr(at, found - at));
        if (found == std::string_view::npos) return to.finish();
        to.append(item);
        at = found + placeholder_.size();
    }
}

std::string shell_line_hint(const command_template& command) {
    if (command.words().size() != 1) return {};
    const std::string& line = command.words().front();
    std::string rest = line;
    for (std::size_t at = rest.find(command.placeholder()); at != std::string::npos;
         at = rest.find(command.placeholder())) {
        rest.erase(at, command.placeholder().size());
    }
    constexpr std::string_view blanks = " \t\n", special = "|&;<>()$`\\\"'*?[#~=%!{}";
    const bool has_special = rest.find_first_of(special) != rest.npos;
    if (!has_special && rest.find_first_of(blanks) == rest.npos) return {};
    return "the words of a command are given apart (conq run " + (has_special ? "CMD ARG" : line) +
           "), and a shell's line as: conq run sh -c 'LINE' sh {}";
}

std::string shell_quoted(std::string_view word) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./,:=@%+").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

}  // namespace conq::cli

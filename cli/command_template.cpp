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

std::vector<std::string> command_template::filled(const std::vector<std::string>& items) const {
    std::vector<std::string> arguments;
    arguments.reserve(words_.size() + items.size());
    for (const std::string& word : words_) {
        if (!holds(word)) {
            arguments.push_back(word);
            continue;
        }
        for (const std::string& item : items) arguments.push_back(replaced(word, item));
    }
    if (appends_) arguments.insert(arguments.end(), items.begin(), items.end());
    return arguments;
}

std::string command_template::replaced(const std::string& word, const std::string& item) const {
    std::string result;
    std::size_t at = 0;
    for (;;) {
        const std::size_t found = word.find(placeholder_, at);
        if (found == std::string::npos) return result.append(word, at);
        result.append(word, at, found - at).append(item);
        at = found + placeholder_.size();
    }
}

std::string shell_quoted(const std::string& word) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./,:=@%+").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
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

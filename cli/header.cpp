// SPDX-License-Identifier: BSL-1.0
#include "cli/header.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "cli/columns.hpp"
#include "cli/item_reader.hpp"
#include "cli/message.hpp"

namespace conq::cli {
namespace {

// Reads byte by byte, for what follows is left to the reader of items. False: the input has ended.
bool read_item(int input, char delimiter, std::string& into) {
    char byte = 0;
    bool has_any = false;
    for (;;) {
        const ssize_t got = ::read(input, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            throw own_error(fmt::format("cannot read the input: {}", std::strerror(errno)));
        }
        if (got == 0) return has_any;
        has_any = true;
        if (byte == delimiter) return true;
        into += byte;
        if (into.size() > argument_bytes_max) {
            throw own_error(fmt::format(
                "--header: the first item, {}, is too long: is the delimiter right (-0, -d)?",
                shown(into)));
        }
    }
}

// A brace, a name and one of these are meant as a column.
constexpr std::string_view endings[] = {"}", ".}", "/}", "//}", "/.}"};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The name in a text that begins like {name}; empty if it does not.
std::string_view meant_name(std::string_view text) {
    std::size_t end = 1;
    while (end < text.size() &&
           (is_letter(text[end]) || (end > 1 && text[end] >= '0' && text[end] <= '9'))) {
        ++end;
    }
    const auto rest = text.substr(std::min(end, text.size()));
    const bool is_meant =
        end > 1 && std::any_of(std::begin(endings), std::end(endings),
                               [&](std::string_view each) { return rest.starts_with(each); });
    return is_meant ? text.substr(1, end - 1) : std::string_view();
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& each : names) text += (text.empty() ? "" : ", ") + shown(each);
    return text;
}

// Finds the column that a text names behind a brace.
class naming {
public:
    naming(const std::vector<std::string>& names, bool has_columns)
        : names_(names), has_columns_(has_columns) {}

    struct found {
        std::string text;      // what it is replaced by
        std::size_t size = 0;  // how much of the text is replaced; 0: nothing
    };
    [[nodiscard]] found at_brace(std::string_view text) const {
        for (std::size_t i = 0; i < names_.size(); ++i) {
            const std::string& name = names_[i];
            if (!is_name(name) || !text.substr(1).starts_with(name)) continue;
            for (const std::string_view end : endings) {
                if (!text.substr(1 + name.size()).starts_with(end)) continue;
                check_single(name);
                const std::string number = has_columns_ ? std::to_string(i + 1) : "";
                return {'{' + number + std::string(end), 1 + name.size() + end.size()};
            }
        }
        const std::string_view meant = meant_name(text);
        if (meant.empty()) return {};
        throw usage_error(fmt::format(
            "{{{}}}: the input has no such column: its header names {}; write {{1}} for the first "
            "column, and leave out --header if the first line is an item",
            meant, listed(names_)));
    }

private:
    // False for what stands in {}, {.}, {#}, {2} …
    static bool is_name(std::string_view name) {
        return !name.empty() && std::any_of(name.begin(), name.end(), [](char c) {
            return is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
        });
    }
    void check_single(const std::string& name) const {
        if (std::count(names_.begin(), names_.end(), name) == 1) return;
        throw usage_error(
            fmt::format("{{{}}}: two columns have this name: write the number of the one that is "
                        "meant, as {{2}}",
                        name));
    }

    const std::vector<std::string>& names_;
    const bool has_columns_;
};

}  // namespace

std::vector<std::string> read_header(int input, const run_options& options) {
    const char delimiter = options.has_items ? '\0' : options.delimiter;
    std::string text;
    bool is_there = read_item(input, delimiter, text);
    if (!is_there) return {};
    const bool is_csv = options.columns.how == column_style::kind::csv;
    while (is_there && is_csv && is_open(text)) {
        text += delimiter;
        is_there = read_item(input, delimiter, text);
    }
    constexpr std::string_view mark = "\xef\xbb\xbf";  // spreadsheets begin files with it
    if (text.starts_with(mark)) text.erase(0, mark.size());
    if (text.ends_with('\r')) text.pop_back();
    return columns_of(text, options.columns);
}

run_options with_columns_numbered(run_options options, const std::vector<std::string>& names) {
    const naming columns(names, bool(options.columns));
    const auto numbered = [&](std::string_view text) {
        std::string out;
        while (!text.empty()) {
            auto found = text.front() == '{' ? columns.at_brace(text) : naming::found{};
            out += found.size == 0 ? std::string(1, text.front()) : found.text;
            text.remove_prefix(std::max<std::size_t>(1, found.size));
        }
        return out;
    };
    for (std::string& word : options.command) word = numbered(word);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool is_there = options.shell_line.find('{' + names[i] + '}') != std::string::npos;
        if (names[i].empty() || !is_there) continue;
        throw usage_error(
            fmt::format("-s {}: columns are not replaced in a line for sh: write \"${}\" for {}",
                        shown(options.shell_line), i + 1, shown(names[i])));
    }
    options.columns.names = names;
    return options;
}

}  // namespace conq::cli

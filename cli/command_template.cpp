// SPDX-License-Identifier: BSL-1.0
#include "cli/command_template.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace conq::cli {
namespace {

// The most digits that a job's number can have.
constexpr std::size_t number_bytes_max = std::numeric_limits<std::uint64_t>::digits10 + 1;

std::string_view name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// Without the last extension, which begins at the last point if that is in the path's last name.
std::string_view without_extension(std::string_view path) {
    const std::size_t point = path.rfind('.');
    const bool is_in_name = point != path.npos && path.find('/', point) == path.npos;
    return is_in_name ? path.substr(0, point) : path;
}

// As dirname(1) does it: slashes at the end do not count.
std::string_view folder_of(std::string_view path) {
    const auto without_slashes = [](std::string_view of) {
        while (of.size() > 1 && of.back() == '/') of.remove_suffix(1);
        return of;
    };
    path = without_slashes(path);
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return without_slashes(path.substr(0, slash + 1));
}

// A placeholder with a column's number, as {2/}: its name without the number, {/}, and the number.
struct numbered {
    std::string name;
    std::size_t column = 0, size = 0;  // 0: there is none
};

numbered numbered_at(std::string_view text) {
    constexpr std::size_t digits_most = 4;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    const std::size_t close = text.find('}');
    if (!text.starts_with('{') || end == 1 || end > digits_most + 1) return {};
    if (close == std::string_view::npos || text[1] == '0') return {};
    return {'{' + std::string(text.substr(end, close + 1 - end)),
            std::stoul(std::string(text.substr(1, end - 1))), close + 1};
}

}  // namespace

// No name is the beginning of another one.
const command_template::placeholder_name command_template::placeholder_names[] = {
    {"{}", part_kind::item},     {"{.}", part_kind::stem},       {"{/}", part_kind::name},
    {"{//}", part_kind::folder}, {"{/.}", part_kind::name_stem}, {"{#}", part_kind::sequence},
    {"{%}", part_kind::slot},
};

command_template::command_template(std::vector<std::string> words, const std::string& placeholder,
                                   bool appends, column_style columns)
    : columns_(std::move(columns)) {
    const placeholder_name own{placeholder, part_kind::item};
    const std::span<const placeholder_name> all(placeholder_names);
    const auto names = placeholder == all.front().name ? all : std::span(&own, 1);
    for (const std::string& each : words) {
        words_.push_back(parse(each, names, bool(columns_)));
        for (const part& one : words_.back().parts) {
            columns_needed_ = std::max(columns_needed_, one.column);
        }
    }
    appends_ = appends && std::all_of(words_.begin(), words_.end(),
                                      [](const word& each) { return each.is_literal(); });
}

command_template command_template::of_shell(const std::string& text, bool appends,
                                            column_style columns) {
    command_template made;
    made.columns_ = std::move(columns);
    for (const std::string& each :
         {std::string("sh"), std::string("-c"), text, std::string("conq")}) {
        made.words_.push_back({each, {{part_kind::text, each}}});
    }
    made.appends_ = appends;
    return made;
}

command_template::word command_template::parse(std::string_view text,
                                               std::span<const placeholder_name> names,
                                               bool has_columns) {
    word made{.written = std::string(text), .parts = {}};
    std::string literal;
    const auto end_literal = [&] {
        if (!literal.empty()) made.parts.push_back({part_kind::text, std::move(literal)});
        literal.clear();
    };
    while (!text.empty()) {
        const auto found = std::find_if(
            names.begin(), names.end(),
            [text](const placeholder_name& each) { return text.starts_with(each.name); });
        if (found == names.end() && has_columns) {
            const numbered which = numbered_at(text);
            const auto of_item = std::find_if(names.begin(), names.end(), [&](const auto& each) {
                return each.name == which.name && each.holds_item();
            });
            if (of_item != names.end()) {
                end_literal();
                made.parts.push_back({of_item->kind, {}, which.column});
                made.holds_item = true;
                text.remove_prefix(which.size);
                continue;
            }
        }
        if (found == names.end()) {
            literal += text.front();
            text.remove_prefix(1);
            continue;
        }
        end_literal();
        made.parts.push_back({found->kind});
        made.holds_item = made.holds_item || found->holds_item();
        text.remove_prefix(found->name.size());
    }
    end_literal();
    if (made.parts.empty()) made.parts.push_back({part_kind::text});
    return made;
}

word_list command_template::filled(const word_list& items, job_numbers numbers) const {
    word_list arguments;
    std::vector<item_parts> all;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto& each = all.emplace_back(item_parts{items[i], {}});
        if (columns_) each.columns = columns_of(items[i], columns_);
    }
    for (const word& each : words_) {
        if (!each.holds_item) add(arguments, each, {}, numbers);
        for (std::size_t i = 0; each.holds_item && i < all.size(); ++i) {
            add(arguments, each, all[i], numbers);
        }
    }
    for (std::size_t i = 0; appends_ && i < all.size(); ++i) {
        if (!columns_) arguments.add(all[i].whole);
        for (const std::string& column : all[i].columns) arguments.add(column);
    }
    return arguments;
}

std::string command_template::fault_of(std::string_view item) const {
    if (!columns_) return {};
    if (columns_.how == column_style::kind::csv && is_open(item)) return "a quote is not closed";
    if (columns_needed_ < 2) return {};
    const std::size_t count = columns_of(item, columns_).size();
    if (count >= columns_needed_) return {};
    const std::string name = columns_needed_ <= columns_.names.size()
                                 ? " (" + columns_.names[columns_needed_ - 1] + ")"
                                 : "";
    return "it has no column " + std::to_string(columns_needed_) + name + ", but " +
           std::to_string(count) + ": is the separator right (--colsep, --csv, --tsv)?";
}

std::size_t command_template::fixed_bytes() const {
    std::size_t bytes = sizeof(char*);
    for (const word& each : words_) {
        if (!each.holds_item) bytes += each.bytes(0) + 1 + sizeof(char*);
    }
    return bytes;
}

std::size_t command_template::bytes_of(std::size_t item_bytes) const {
    const std::size_t appended = columns_ ? item_bytes + 1 : 1;  // the most words it can be
    std::size_t bytes = appends_ ? item_bytes + appended * (1 + sizeof(char*)) : 0;
    for (const word& each : words_) {
        if (each.holds_item) bytes += each.bytes(item_bytes) + 1 + sizeof(char*);
    }
    return bytes;
}

std::size_t command_template::longest_with(std::size_t item_bytes) const {
    std::size_t longest = appends_ ? item_bytes : 0;
    for (const word& each : words_) {
        if (each.holds_item) longest = std::max(longest, each.bytes(item_bytes));
    }
    return longest;
}

std::size_t command_template::word::bytes(std::size_t item_bytes) const {
    std::size_t bytes = 0;
    for (const part& each : parts) {
        switch (each.kind) {
            case part_kind::text:
                bytes += each.text.size();
                break;
            case part_kind::sequence:
            case part_kind::slot:
                bytes += number_bytes_max;
                break;
            case part_kind::folder:
                bytes += std::max<std::size_t>(item_bytes, 1);
                break;
            default:
                bytes += item_bytes;
        }
    }
    return bytes;
}

void command_template::add(word_list& to, const word& from, const item_parts& whole,
                           job_numbers numbers) {
    for (const part& each : from.parts) {
        const std::string_view item =
            each.column == 0 ? whole.whole : std::string_view(whole.columns[each.column - 1]);
        switch (each.kind) {
            case part_kind::text:
                to.append(each.text);
                break;
            case part_kind::item:
                to.append(item);
                break;
            case part_kind::stem:
                to.append(without_extension(item));
                break;
            case part_kind::name:
                to.append(name_of(item));
                break;
            case part_kind::folder:
                to.append(folder_of(item));
                break;
            case part_kind::name_stem:
                to.append(without_extension(name_of(item)));
                break;
            case part_kind::sequence:
                to.append(std::to_string(numbers.sequence));
                break;
            case part_kind::slot:
                to.append(std::to_string(numbers.slot));
                break;
        }
    }
    to.finish();
}

std::string command_template::shell_line_hint() const {
    if (words_.size() != 1) return {};
    const word& line = words_.front();
    constexpr std::string_view blanks = " \t\n", special = "|&;<>()$`\\\"'*?[#~=%!{}";
    const auto has_any = [&line](std::string_view of) {
        return std::any_of(line.parts.begin(), line.parts.end(), [of](const part& each) {
            return each.text.find_first_of(of) != std::string::npos;
        });
    };
    if (!has_any(special) && !has_any(blanks)) return {};
    return "the words of a command are given apart (conq run " +
           (has_any(special) ? "CMD ARG" : line.written) +
           "), and a shell's line as: conq run -s 'LINE', with \"$1\" for the item";
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

std::string quoted(const word_list& words) {
    std::string line;
    for (std::size_t i = 0; i < words.size(); ++i) {
        line += (i == 0 ? "" : " ") + shell_quoted(words[i]);
    }
    return line;
}

}  // namespace conq::cli

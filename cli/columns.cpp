// SPDX-License-Identifier: BSL-1.0
#include "cli/columns.hpp"

namespace conq::cli {
namespace {

std::vector<std::string> separated(std::string_view item, std::string_view separator) {
    std::vector<std::string> columns;
    for (;;) {
        const std::size_t end = item.find(separator);
        columns.emplace_back(item.substr(0, end));
        if (end == std::string_view::npos) return columns;
        item.remove_prefix(end + separator.size());
    }
}

struct csv_row {
    std::vector<std::string> columns{1};
    bool is_open = false;  // whether a quote is still open at its end
};

csv_row row_of(std::string_view item) {
    if (item.ends_with('\r')) item.remove_suffix(1);
    csv_row row;
    bool is_begin = true;  // of a column; only there a quote opens
    for (std::size_t i = 0; i < item.size(); ++i) {
        const bool is_quote = item[i] == '"', is_first = is_begin;
        is_begin = false;
        if (is_quote && row.is_open && i + 1 < item.size() && item[i + 1] == '"') {
            row.columns.back() += item[++i];
        } else if (is_quote && (row.is_open || is_first)) {
            row.is_open = !row.is_open;
        } else if (item[i] == ',' && !row.is_open) {
            row.columns.emplace_back();
            is_begin = true;
        } else {
            row.columns.back() += item[i];
        }
    }
    return row;
}

}  // namespace

std::vector<std::string> columns_of(std::string_view item, const column_style& style) {
    if (style.how == column_style::kind::csv) return row_of(item).columns;
    if (style.how == column_style::kind::separated) return separated(item, style.separator);
    return {std::string(item)};
}

bool is_open(std::string_view item) {
    return row_of(item).is_open;
}

}  // namespace conq::cli

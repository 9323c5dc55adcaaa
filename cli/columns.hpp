// SPDX-License-Identifier: BSL-1.0
// The columns of an item: --colsep, --csv, --tsv.
#ifndef CONQ_CLI_COLUMNS_HPP
#define CONQ_CLI_COLUMNS_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conq::cli {

/// How items are split into columns.
struct column_style {
    enum class kind : std::uint8_t { none, separated, csv };
    kind how = kind::none;
    std::string separator{};           ///< for `separated`: at least one byte
    std::vector<std::string> names{};  ///< from --header, for messages

    [[nodiscard]] explicit operator bool() const noexcept { return how != kind::none; }
};

/// The columns of an item: at least one. `csv` follows RFC 4180: commas separate columns; text
/// between quotes may hold commas, line ends, and quotes if each is written twice; a carriage
/// return at the end of the item is left out.
std::vector<std::string> columns_of(std::string_view item, const column_style& style);

/// Whether a quote of a CSV item is still open, so that the item continues on the next line.
bool is_open(std::string_view item);

}  // namespace conq::cli

#endif

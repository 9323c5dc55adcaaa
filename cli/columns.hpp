// SPDX-License-Identifier: BSL-1.0
// The columns of an item: --colsep, --csv, --tsv.
#ifndef CONQ_CLI_COLUMNS_HPP
#define CONQ_CLI_COLUMNS_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conq::cli {

/// How items are divided.
struct column_style {
    enum class kind : std::uint8_t { none, separated, csv };
    kind how = kind::none;
    std::string separator{};           ///< of `separated`: at least one byte
    std::vector<std::string> names{};  ///< of --header, for messages

    [[nodiscard]] explicit operator bool() const noexcept { return how != kind::none; }
};

/// The columns of an item: at least one. With csv as RFC 4180 has it: by commas; what stands
/// between quotes may hold commas, line ends, and quotes twice; a carriage return at the end is
/// left out.
std::vector<std::string> columns_of(std::string_view item, const column_style& style);

/// Whether a quote of an item of CSV is not closed yet, so that it goes on behind the line's end.
bool is_open(std::string_view item);

}  // namespace conq::cli

#endif

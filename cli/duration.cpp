// SPDX-License-Identifier: BSL-1.0
#include "cli/duration.hpp"

#include <charconv>
#include <system_error>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

struct unit {
    std::string_view name;
    double ms;
};
constexpr unit units[] = {{"ms", 1},    {"s", 1e3},    {"m", 60e3},
                          {"h", 3.6e6}, {"d", 86.4e6}, {"", 1e3}};

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view option, const std::string& text) {
    constexpr double longest_ms = 365 * 86.4e6;
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    for (const unit& each : units) {
        if (error != std::errc() || std::string_view(read, end) != each.name) continue;
        const double ms = number * each.ms;
        if (ms >= 1 && ms <= longest_ms) {
            return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(ms));
        }
    }
    throw usage_error(
        fmt::format("{} {}: give a length of time, such as 250ms, 1.5s, 5m, 1h or 2d, from 1ms to "
                    "365d; a number alone is seconds",
                    option, shown(text)));
}

std::string shown_duration(std::chrono::milliseconds span) {
    const auto ms = span.count();
    if (ms < 1000) return fmt::format("{}ms", ms);
    if (ms % 60'000 != 0) return fmt::format("{}s", static_cast<double>(ms) / 1000);
    return ms % 3'600'000 != 0 ? fmt::format("{}m", ms / 60'000)
                               : fmt::format("{}h", ms / 3'600'000);
}

}  // namespace conq::cli

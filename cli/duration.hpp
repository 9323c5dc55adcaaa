// SPDX-License-Identifier: BSL-1.0
// Lengths of time as people write them: 250ms, 1.5s, 5m, 1h, 2d; a number alone is seconds.
#ifndef CONQ_CLI_DURATION_HPP
#define CONQ_CLI_DURATION_HPP

#include <chrono>
#include <string>
#include <string_view>

namespace conq::cli {

/// Reads the value of an option. Throws a usage_error that names the option unless the value is a
/// length of time from 1 ms to 365 days.
std::chrono::milliseconds parse_duration(std::string_view option, const std::string& text);

/// A length of time, written as such an option takes it: "250ms", "1.5s", "5m".
std::string shown_duration(std::chrono::milliseconds span);

}  // namespace conq::cli

#endif

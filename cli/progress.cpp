// SPDX-License-Identifier: BSL-1.0
#include "cli/progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace conq::cli {
namespace {

std::string as_time(double seconds) {
    const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3'600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3'600, whole / 60 % 60);
}

}  // namespace

std::string resume_hint(double elapsed_s, bool has_queue) {
    constexpr double long_s = 60;
    if (has_queue || elapsed_s < long_s) return {};
    return "with -q FILE it could be stopped, or killed, and would go on where it was";
}

std::string progress_line(const progress& now) {
    const double rate = static_cast<double>(now.ended) / std::max(now.elapsed_s, 0.001);
    std::string line = fmt::format("{} done, {} failed, {} running, {:.1f}/s", now.ended,
                                   now.failed, now.running, rate);
    if (now.bytes_all == 0) return line + ", more to read";
    if (now.bytes == 0) return line;
    const auto all = static_cast<double>(now.bytes_all);
    const auto done = std::min(static_cast<double>(now.bytes), all);
    return line + fmt::format(", {:.0f} %, {} left", 100 * done / all,
                              as_time(now.elapsed_s * (all - done) / done));
}

bool is_dumb_terminal() {
    const char* const term = std::getenv("TERM");
    return term != nullptr && std::string_view(term) == "dumb";
}

}  // namespace conq::cli

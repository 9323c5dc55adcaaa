// SPDX-License-Identifier: BSL-1.0
#include "testing/history/operation.hpp"

#include <cstdio>

namespace conq::testing {
namespace {

constexpr const char* call_names[] = {"put",         "get",      "task_done",
                                      "join",        "shutdown", "shutdown(immediate)",
                                      "set_maxsize", "stop",     "other"};
constexpr const char* form_prefixes[] = {"", "try_", "", "", ""};
constexpr const char* form_suffixes[] = {"", "", "_for", "", "_for"};

const char* said(const operation& op) {
    if (op.said == answer::refused) return "refused (logic_error)";
    if (op.said == answer::maybe) return "no answer";
    return to_string(static_cast<status>(op.said));
}

// The text between the parentheses.
std::string arguments(const operation& op) {
    std::string text;
    const auto add = [&](const std::string& each) { text += (text.empty() ? "" : ", ") + each; };
    if (op.what == call::put || op.what == call::done || op.what == call::resize) {
        add(std::to_string(op.value));
    }
    if (has_deadline(op.how)) add(std::to_string(op.span_ns) + " ns");
    if (has_token(op.how)) add("stop");
    return text;
}

}  // namespace

std::string to_string(const operation& op, std::uint64_t origin_ns) {
    const auto kind = static_cast<std::size_t>(op.what), how = static_cast<std::size_t>(op.how);
    std::string name = std::string(form_prefixes[how]) + call_names[kind] + form_suffixes[how];
    if (op.what != call::shutdown_now) name += "(" + arguments(op) + ")";
    std::string result = said(op);
    if (op.what == call::get && op.said == answer::ok) result = std::to_string(op.value);
    const std::string end = op.end_ns == no_end ? "..." : std::to_string(op.end_ns - origin_ns);
    char line[200];
    std::snprintf(line, sizeof line, "thread %-3u %-28s [%llu, %s] ns  %s", op.thread, name.c_str(),
                  static_cast<unsigned long long>(op.begin_ns - origin_ns), end.c_str(),
                  result.c_str());
    return line;
}

}  // namespace conq::testing

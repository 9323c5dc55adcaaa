// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/url.hpp"

#include <charconv>
#include <stdexcept>

namespace conq::jobs {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::invalid_argument("conq: " + std::string(text) + ": " + why);
}

std::string decoded(std::string_view text, std::string_view whole) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned value = 0;
        const char* const from = text.data() + i + 1;
        const bool is_there = i + 2 < text.size();
        if (!is_there || std::from_chars(from, from + 2, value, 16).ptr != from + 2) {
            refuse(whole, "a % is followed by two hexadecimal digits; % itself is %25");
        }
        if (value == 0) refuse(whole, "%00 is not possible in a path");
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

job_span parse_span(std::string_view text, std::string_view whole) {
    struct unit {
        std::string_view name;
        double ms;
    };
    constexpr unit units[] = {{"ms", 1},     {"s", 1e3},     {"m", 60e3},
                              {"h", 3600e3}, {"d", 86400e3}, {"", 1e3}};
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const unit& each : units) {
        const double ms = number * each.ms;
        if (error != std::errc() || rest != each.name) continue;
        if (ms < 10 || ms > 30 * 86400e3) break;
        return job_span(static_cast<job_span::rep>(ms));
    }
    refuse(whole, "lease takes a span from 10ms to 30d, as 250ms, 1.5s, 5m, 1h, 2d");
}

void set(queue_url& url, std::string_view key, const std::string& value, std::string_view whole) {
    if (key == "lease") {
        url.lease = parse_span(value, whole);
    } else if (key == "durability") {
        if (value == "process") {
            url.level = durability::process;
        } else if (value == "batch") {
            url.level = durability::batch;
        } else if (value == "power") {
            url.level = durability::power;
        } else {
            refuse(whole, "durability is process, batch or power");
        }
    } else if (key == "owner") {
        url.is_family = value == "family";
        if (!url.is_family && value != "process") refuse(whole, "owner is process or family");
    } else if (key == "time_limit") {
        url.are_limits_advisory = value == "advisory";
        if (!url.are_limits_advisory && value != "enforced") {
            refuse(whole, "time_limit is enforced or advisory");
        }
    } else {
        refuse(whole, "unknown key " + std::string(key) +
                          ": known are durability, lease, owner, time_limit");
    }
}

// The end of the scheme: two or more letters, digits, + - . and then a colon. npos if there is
// none.
std::size_t scheme_end(std::string_view text) {
    const std::size_t end =
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    const bool is_scheme = end != std::string_view::npos && end > 1 && text[end] == ':';
    return is_scheme ? end : std::string_view::npos;
}

}  // namespace

queue_url parse_url(std::string_view text) {
    queue_url url;
    const std::size_t colon = scheme_end(text);
    if (colon == std::string_view::npos) {
        url.path = text;
        if (text.empty()) refuse("\"\"", "a queue is named by a path or by sqlite:PATH");
        return url;
    }
    const std::string_view scheme = text.substr(0, colon);
    url.is_memory = scheme == "memory";
    if (!url.is_memory && scheme != "sqlite") {
        refuse(text, "unknown scheme " + std::string(scheme) +
                         ": known are memory, sqlite; a path with a colon begins with ./");
    }
    std::string_view rest = text.substr(colon + 1);
    const std::size_t question = rest.find('?');
    url.path = decoded(rest.substr(0, question), text);
    if (url.is_memory != url.path.empty()) {
        refuse(text, url.is_memory ? "memory: takes no path" : "sqlite: is followed by a path");
    }
    if (question == std::string_view::npos) return url;
    rest.remove_prefix(question + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) refuse(text, "an option is KEY=VALUE");
        set(url, pair.substr(0, equals), decoded(pair.substr(equals + 1), text), text);
        rest.remove_prefix(pair.size() == rest.size() ? pair.size() : pair.size() + 1);
    }
    return url;
}

}  // namespace conq::jobs

// SPDX-License-Identifier: BSL-1.0
#include "cli/queue_name.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "cli/holders.hpp"
#include "cli/message.hpp"
#include "src/jobs/url.hpp"

namespace conq::cli {
namespace {

std::string url_of(std::string_view path, std::string_view options) {
    std::string url = "sqlite:";
    for (const char each : path) {
        if (each == '%' || each == '?') {
            url += each == '%' ? "%25" : "%3F";
        } else {
            url += each;
        }
    }
    if (!options.empty()) url += '?' + std::string(options);
    return url;
}

// The URL of @NAME, with its ?options if there are any: a file in the folder in which, by the XDG
// Base Directory Specification, programs keep the state of a user.
std::string url_of_name(const std::string& text) {
    const std::size_t end = std::min(text.find('?'), text.size());
    const std::string name = text.substr(1, end - 1);
    const bool is_plain = std::ranges::all_of(name, [](char each) {
        return std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '-' || each == '_';
    });
    if (name.empty() || !is_plain) {
        throw usage_error(
            fmt::format("-q {}: a name has letters, digits, - and _; the file of that "
                        "name is ./{}",
                        shown_name(text), text));
    }
    const char* const state = std::getenv("XDG_STATE_HOME");
    const char* const home = std::getenv("HOME");
    const bool has_state = state != nullptr && state[0] == '/';  // or it is to be ignored
    if (!has_state && (home == nullptr || home[0] == '\0')) {
        throw usage_error(
            fmt::format("-q {}: neither XDG_STATE_HOME nor HOME says where it is: name "
                        "a file",
                        shown_name(text)));
    }
    const auto folder =
        (has_state ? std::filesystem::path(state) : std::filesystem::path(home) / ".local/state") /
        "conq";
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) {
        throw own_error(
            fmt::format("cannot make {}: {}", shown_name(folder.string()), failed.message()));
    }
    const std::string options = text.substr(std::min(end + 1, text.size()));
    return url_of((folder / name).string(), options);
}

}  // namespace

queue_name::queue_name(const std::string& given) {
    const std::string text = given.starts_with('@') ? url_of_name(given) : given;
    try {
        const jobs::queue_url parts = jobs::parse_url(text);
        if (parts.is_memory) {
            throw usage_error(fmt::format("-q {}: such a queue ends with its program: name a file",
                                          shown_name(text)));
        }
        path_ = parts.path;
    } catch (const std::invalid_argument& error) {
        constexpr std::string_view who = "conq: ";
        throw usage_error("-q " + std::string(error.what()).substr(who.size()));
    }
    const std::size_t question = text.find('?');
    if (path_ != text && question != std::string::npos) options_ = text.substr(question + 1);
}

std::string queue_name::url(std::string_view more) const {
    std::string options = options_;
    while (!more.empty()) {
        const std::string each(more.substr(0, more.find('&')));
        more.remove_prefix(std::min(more.size(), each.size() + 1));
        const std::string key = '&' + each.substr(0, each.find('=') + 1);
        if (('&' + options_).find(key) != std::string::npos) continue;
        options += (options.empty() ? "" : "&") + each;
    }
    return url_of(path_, options);
}

void queue_name::require() const {
    if (::access(path_.c_str(), F_OK) == 0) return;
    throw own_error(fmt::format("{}: {}: conq put and conq run -q make a queue", shown_name(path_),
                                std::strerror(errno)));
}

std::vector<std::string> queue_name::variables(job_id id) const {
    std::error_code failed;
    const auto whole = std::filesystem::absolute(path_, failed);
    const std::string path = failed ? path_ : whole.string();
    return {fmt::format("CONQ_ID={}", id), holder_variable(),
            "CONQ_QUEUE=" + (options_.empty() ? path : url_of(path, options_))};
}

}  // namespace conq::cli

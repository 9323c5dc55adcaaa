// SPDX-License-Identifier: BSL-1.0
// Messages of the command to people: lines on standard error that begin with "conq: ".
#ifndef CONQ_CLI_MESSAGE_HPP
#define CONQ_CLI_MESSAGE_HPP

#include <fmt/core.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace conq::cli {

/// Wrong use. The message says what is wrong and how to mend it. Exit code 2.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Something that the command itself could not do. Exit code 1 unless it names another.
struct own_error : std::runtime_error {
    explicit own_error(const std::string& text, int code = 1)
        : std::runtime_error(text), exit_code(code) {}
    int exit_code;
};

/// The text without the name of the program at its beginning. Errors of the library begin with that
/// name, but complain() puts it before each message anyway.
inline std::string_view without_name(std::string_view text) noexcept {
    constexpr std::string_view name = "conq: ";
    return text.substr(text.starts_with(name) ? name.size() : 0);
}

/// Prints the message on standard error. If that fails there is nobody to tell, and the exit code
/// has to do.
inline void complain(std::string_view text) noexcept {
    text = without_name(text);
    std::fprintf(stderr, "conq: %.*s\n", static_cast<int>(text.size()), text.data());
}

/// An item in a message: its beginning, with control characters as \xNN.
inline std::string shown(std::string_view item, std::size_t longest = 60) {
    std::string text = "'";
    for (const char c : item.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            text += fmt::format("\\x{:02x}", byte);
        } else {
            text += c;
        }
    }
    text += "'";
    if (item.size() > longest) text += fmt::format("... ({} bytes)", item.size());
    return text;
}

/// The name of a file or program in a message: in full, for the user needs it to mend things.
inline std::string shown_name(std::string_view name) {
    return shown(name, 4'096);
}

}  // namespace conq::cli

#endif

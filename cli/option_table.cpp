// SPDX-License-Identifier: BSL-1.0
#include "cli/option_table.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace conq::cli {

std::string help_text(std::string_view about, const CLI::App& app) {
    std::string usage, examples, rest;
    while (!about.empty()) {
        const std::string_view block = about.substr(0, about.find("\n\n"));
        std::string& part = usage.empty() ? usage : block.starts_with("  ") ? examples : rest;
        part += block.substr(0, block.find_last_not_of('\n') + 1);
        part += "\n\n";
        about.remove_prefix(std::min(block.size() + 2, about.size()));
    }
    const std::string options = app.help();
    return usage + examples + rest + options.substr(options.find("Options:"));
}

bool asks_for_table(const std::vector<std::string>& words) {
    return words.size() == 1 && words.front() == "--options";
}

std::string option_table(const CLI::App& app) {
    std::string table;
    for (const CLI::Option* const each : app.get_options()) {
        std::string names;
        for (const std::string& name : each->get_snames()) names += " -" + name;
        for (const std::string& name : each->get_lnames()) names += " --" + name;
        if (names.empty()) continue;  // a word, which has no name
        const bool has_value = each->get_items_expected_max() > 0;
        std::string about = each->get_description();
        std::replace(about.begin(), about.end(), '\n', ' ');
        table +=
            names.substr(1) + '\t' + (has_value ? each->get_type_name() : "") + '\t' + about + '\n';
    }
    return table;
}

}  // namespace conq::cli

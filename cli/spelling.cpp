// SPDX-License-Identifier: BSL-1.0
#include "cli/spelling.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

// By how many letters two words differ; a swap of two neighbouring letters counts once.
std::size_t distance(std::string_view one, std::string_view other) {
    const std::size_t width = other.size() + 1;
    std::vector<std::size_t> cost((one.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return cost[i * width + j];
    };
    for (std::size_t i = 0; i <= one.size(); ++i) {
        for (std::size_t j = 0; j < width; ++j) {
            if (i == 0 || j == 0) {
                at(i, j) = i + j;
                continue;
            }
            const std::size_t wrong = one[i - 1] == other[j - 1] ? 0 : 1;
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + wrong});
            const bool is_swap =
                i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            if (is_swap) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
        }
    }
    return cost.back();
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    constexpr std::size_t longest = 64;
    if (word.size() > longest) return {};
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& each : known) {
        const std::size_t away = distance(word, each);
        if (away < best_distance && away < each.size()) {
            best = &each;
            best_distance = away;
        }
    }
    return best == nullptr ? std::string() : fmt::format(" (did you mean {}?)", *best);
}

std::string parse_fault(const CLI::App& app, const CLI::ParseError& error,
                        const std::vector<std::string>& words) {
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return error.what();
    const std::vector<std::string> extra = app.remaining();
    const auto first = std::find_if(words.begin(), words.end(), [&](const std::string& each) {
        return std::find(extra.begin(), extra.end(), each) != extra.end();
    });
    if (first == words.end()) return error.what();
    if (!first->starts_with('-')) return shown(*first) + " is a word too many";
    const std::string name = first->substr(0, first->find('='));
    std::vector<std::string> known;
    for (const CLI::Option* const each : app.get_options()) {
        for (const std::string& one : each->get_lnames()) known.push_back("--" + one);
    }
    return shown(name) + " is no option" + suggestion(name, known);
}

}  // namespace conq::cli

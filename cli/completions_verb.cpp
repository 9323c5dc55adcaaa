// SPDX-License-Identifier: BSL-1.0
// conq completions: prints the scripts with which shells complete the words of conq.
#include <string>
#include <vector>

#include "cli/completions/scripts.hpp"
#include "cli/message.hpp"
#include "cli/option_table.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"

namespace conq::cli {
namespace {

std::string verb_table() {
    std::string table = "run\trun a command for each line of standard input\n";
    for (const verb& each : verbs()) table += fmt::format("{}\t{}\n", each.name, each.about);
    return table;
}

constexpr const char* usage =
    "Usage: conq completions bash | zsh | fish | verbs\n\n"
    "  conq completions bash > ~/.local/share/bash-completion/completions/conq\n"
    "  conq completions zsh > ~/.zsh/completions/_conq      (a folder of fpath)\n"
    "  conq completions fish > ~/.config/fish/completions/conq.fish\n\n"
    "Prints the script by which a shell completes the words of conq.\n\n"
    "Other programs may ask the same: conq completions verbs prints the verbs, and conq VERB\n"
    "--options prints the options of a verb: names, value and description, separated by tabs.\n";

}  // namespace

int completions_main(const std::vector<std::string>& words) {
    const std::string word = words.size() == 1 ? words.front() : "";
    if (asks_for_table(words)) return 0;  // it has no options
    if (word == "--help" || word == "-h") {
        print_data(usage);
    } else if (word == "verbs") {
        print_data(verb_table());
    } else if (word == "bash") {
        print_data(bash_completions);
    } else if (word == "zsh") {
        print_data(zsh_completions);
    } else if (word == "fish") {
        print_data(fish_completions);
    } else {
        throw usage_error("conq completions: for which shell? Give bash, zsh or fish");
    }
    return 0;
}

}  // namespace conq::cli

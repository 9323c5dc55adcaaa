// SPDX-License-Identifier: BSL-1.0
// The command conq.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "cli/message.hpp"
#include "cli/option_table.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"
#include "cli/spelling.hpp"
#include "cli/verbs.hpp"

namespace {

std::string overview() {
    std::string text =
        "Usage: conq run [OPTION...] CMD [ARG...]    run CMD for each line of standard input\n"
        "       conq VERB -q FILE ...                work with a queue that is kept in FILE\n"
        "       conq help VERB | conq VERB --help    show how to use a verb\n"
        "       conq --version\n\n"
        "  ls *.png | conq run optipng {}\n\n"
        "Verbs:\n";
    for (const conq::cli::verb& each : conq::cli::verbs()) {
        text += fmt::format("  {:<11} {}\n", each.name, each.about);
    }
    return text;
}

// Prints help and the like. If it cannot be written, that is an error, too.
void print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) != 0) {
        throw conq::cli::own_error(
            fmt::format("cannot write standard output: {}", std::strerror(errno)));
    }
}

int main_run(const std::vector<std::string>& words) {
    if (conq::cli::asks_for_table(words)) {
        print(conq::cli::run_option_table());
        return 0;
    }
    const conq::cli::run_options options = conq::cli::parse_run_options(words);
    if (options.wants_help) {
        print(conq::cli::run_help());
        return 0;
    }
    if (!options.has_items && options.input_path.empty() && ::isatty(STDIN_FILENO) == 1) {
        std::fputs(
            "conq: standard input is a terminal: pipe items into it, name a file (-a), "
            "or list them behind :::\n\n",
            stderr);
        std::fputs(conq::cli::run_help().c_str(), stderr);
        return 2;
    }
    return conq::cli::run(options);
}

// Takes the number of each standard file that is closed, so that no file of ours gets it. Reading
// and writing there fail as before.
void reserve_standard_files() {
    for (int file = 0; file <= 2; ++file) {
        if (::fcntl(file, F_GETFD) < 0) ::open("/", O_PATH | O_CLOEXEC);
    }
}

int dispatch(std::vector<std::string> words) {
    if (words.empty()) {
        std::fputs(overview().c_str(), stderr);
        return 2;
    }
    const std::string verb = words.front();
    words.erase(words.begin());
    if (verb == "run") return main_run(words);
    for (const conq::cli::verb& each : conq::cli::verbs()) {
        if (verb == each.name) return each.main(words);
    }
    if (verb == "--version") {
        print("conq " CONQ_VERSION "\n");
        return 0;
    }
    const auto is_help = [](const std::string& word) {
        return word == "--help" || word == "-h" || word == "help";
    };
    if (is_help(verb)) {
        const bool is_of_a_verb = !words.empty() && !is_help(words.front());
        if (is_of_a_verb) return dispatch({words.front(), "--help"});
        print(overview());
        return 0;
    }
    if (verb.starts_with('-')) {
        throw conq::cli::usage_error(
            fmt::format("{}: options follow the verb, as in conq run -j 4 CMD: see conq --help",
                        conq::cli::shown(verb)));
    }
    std::vector<std::string> known{"run", "help"};
    for (const conq::cli::verb& each : conq::cli::verbs()) known.emplace_back(each.name);
    throw conq::cli::usage_error(fmt::format("{} is no command of conq{}: see conq --help",
                                             conq::cli::shown(verb),
                                             conq::cli::suggestion(verb, known)));
}

}  // namespace

int main(int argc, char** argv) {
    reserve_standard_files();
    ::signal(SIGPIPE, SIG_IGN);  // then a closed pipe is an error of write like others
    ::signal(SIGCHLD, SIG_DFL);  // if it was ignored we would not learn how jobs end
    try {
        return dispatch({argv + 1, argv + argc});
    } catch (const conq::cli::usage_error& error) {
        conq::cli::complain(error.what());
        return 2;
    } catch (const conq::cli::own_error& error) {
        conq::cli::complain(error.what());
        return error.exit_code;
    } catch (const std::exception& error) {
        conq::cli::complain(error.what());
        return 1;
    }
}

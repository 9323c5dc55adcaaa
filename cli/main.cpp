// SPDX-License-Identifier: BSL-1.0
// The command conq.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/message.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"

namespace {

constexpr const char* overview =
    "Usage: conq run [OPTION...] CMD [ARG...]    a job for each line of standard input\n"
    "       conq help run | conq run --help      how\n"
    "       conq --version\n\n"
    "  ls *.png | conq run optipng {}\n";

int main_run(const std::vector<std::string>& words) {
    const conq::cli::run_options options = conq::cli::parse_run_options(words);
    if (options.wants_help) {
        std::fputs(conq::cli::run_help().c_str(), stdout);
        return 0;
    }
    if (options.input_path.empty() && ::isatty(STDIN_FILENO) == 1) {
        std::fputs(
            "conq: standard input is a terminal: pipe items into it, or name a file (-a)\n\n",
            stderr);
        std::fputs(conq::cli::run_help().c_str(), stderr);
        return 2;
    }
    return conq::cli::run(options);
}

// A standard file that is closed stays so for everybody who uses it, but its number is taken: no
// file of ours may get it.
void reserve_standard_files() {
    for (int file = 0; file <= 2; ++file) {
        if (::fcntl(file, F_GETFD) < 0) ::open("/", O_PATH | O_CLOEXEC);
    }
}

int dispatch(std::vector<std::string> words) {
    if (words.empty()) {
        std::fputs(overview, stderr);
        return 2;
    }
    const std::string verb = words.front();
    words.erase(words.begin());
    if (verb == "run") return main_run(words);
    if (verb == "--version") {
        std::puts("conq " CONQ_VERSION);
        return 0;
    }
    if (verb == "--help" || verb == "-h" || verb == "help") {
        const bool about_run = !words.empty() && words.front() == "run";
        std::fputs(about_run ? conq::cli::run_help().c_str() : overview, stdout);
        return 0;
    }
    throw conq::cli::usage_error(fmt::format(
        "{} is no command of conq: there is conq run; see conq --help", conq::cli::shown(verb)));
}

}  // namespace

int main(int argc, char** argv) {
    reserve_standard_files();
    try {
        return dispatch({argv + 1, argv + argc});
    } catch (const conq::cli::usage_error& error) {
        fmt::print(stderr, "conq: {}\n", error.what());
        return 2;
    } catch (const conq::cli::own_error& error) {
        fmt::print(stderr, "conq: {}\n", error.what());
        return error.exit_code;
    } catch (const std::exception& error) {
        fmt::print(stderr, "conq: {}\n", error.what());
        return 1;
    }
}

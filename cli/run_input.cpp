// SPDX-License-Identifier: BSL-1.0
#include "cli/run_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "cli/message.hpp"
#include "cli/word_file.hpp"
#include "cli/word_list.hpp"

namespace conq::cli {
namespace {

// The words after ::: as an input.
int listed_input(const std::vector<std::string>& items) {
    word_list words;
    for (const std::string& each : items) words.add(each);
    const int file = open_words(words, '\0', word_ends::after_each);
    if (file >= 0) return file;
    throw own_error(fmt::format("cannot keep the items that are listed: {}", std::strerror(errno)));
}

}  // namespace

int open_input(const run_options& options) {
    if (options.has_items || options.works) return listed_input(options.items);
    if (options.input_path.empty() || options.input_path == "-") return STDIN_FILENO;
    const int file = ::open(options.input_path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) return file;
    throw own_error(fmt::format("cannot read {}: {}: -a takes a file that you may read",
                                shown_name(options.input_path), std::strerror(errno)));
}

command_template template_of(const run_options& options) {
    const bool appends = !options.feeds_stdin;
    if (!options.shell_line.empty()) {
        return command_template::of_shell(options.shell_line, appends, options.columns);
    }
    return {options.command, options.placeholder, appends, options.columns};
}

std::uint64_t bytes_to_read(int input) {
    struct stat about{};
    if (::fstat(input, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    const off_t at = ::lseek(input, 0, SEEK_CUR);
    return at >= 0 && about.st_size > at ? static_cast<std::uint64_t>(about.st_size - at) : 0;
}

std::string skipped_line(std::uint64_t count) {
    return fmt::format("{} empty items were skipped (--keep-empty keeps them)", count);
}

}  // namespace conq::cli

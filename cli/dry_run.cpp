// SPDX-License-Identifier: BSL-1.0
#include "cli/dry_run.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "cli/command_template.hpp"
#include "cli/job_feed.hpp"
#include "cli/message.hpp"
#include "cli/run_input.hpp"

namespace conq::cli {

int print_commands(const run_options& options, int input) {
    const command_template command = template_of(options);
    job_feed feed(options, command, input, ::eventfd(0, EFD_CLOEXEC));
    int code = 0;
    while (const auto next = feed.next()) {
        if (const auto bad = bad_item(*next, options, command)) {
            complain(failure_line(*next, *bad));
            code = 123;
            continue;
        }
        const std::string line =
            quoted(command.filled(next->items, {.sequence = next->number + 1, .slot = 1})) + '\n';
        if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
            throw own_error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
        }
    }
    if (std::fflush(stdout) != 0) {
        throw own_error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
    }
    if (feed.skipped() != 0) complain(skipped_line(feed.skipped()));
    return code;
}

}  // namespace conq::cli

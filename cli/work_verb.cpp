// SPDX-License-Identifier: BSL-1.0
// conq work: runs a command for each item in a queue.
#include <string>
#include <vector>

#include "cli/durable_run.hpp"
#include "cli/message.hpp"
#include "cli/option_table.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"

namespace conq::cli {

int work_main(const std::vector<std::string>& words) {
    if (asks_for_table(words)) {
        print_data(work_option_table());
        return 0;
    }
    const run_options options = parse_work_options(words);
    if (options.wants_help) {
        print_data(work_help());
        return 0;
    }
    queue_name(options.queue_path).require();
    const bool has_command = !options.command.empty() || !options.shell_line.empty();
    return run(has_command ? options : with_stored_command(options));
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
#include "cli/durable_run.hpp"

#include <string_view>

#include "cli/command_template.hpp"
#include "cli/message.hpp"

namespace conq::cli {
namespace {

// Jobs of a killed conq are given back when the processes that it had started have ended, not by
// time: no item runs twice at once.
std::string url_of(const std::string& path) {
    std::string url = "sqlite:";
    for (const char each : path) {
        if (each == '%' || each == '?') {
            url += each == '%' ? "%25" : "%3F";
        } else {
            url += each;
        }
    }
    return url + "?lease=30d&owner=family";
}

// What makes two runs do the same with an item.
std::string command_text(const run_options& options) {
    std::string text = options.feeds_stdin ? "--stdin " : "";
    if (options.placeholder != "{}") text += "-I " + shell_quoted(options.placeholder) + " ";
    if (!options.shell_line.empty()) text += "-s " + shell_quoted(options.shell_line) + " ";
    for (const std::string& each : options.command) text += shell_quoted(each) + " ";
    text.pop_back();
    return text;
}

}  // namespace

durable_run::durable_run(const run_options& options)
    : retries_failed_(options.retries_failed), queue_(url_of(options.queue_path)) {
    const std::string command = command_text(options);
    const std::string stored = queue_.remember("command", command, options.forces);
    if (stored == command) return;
    throw usage_error(
        fmt::format("-q {}: this queue is for the command\n  {}\nand not for\n  {}\nname another "
                    "queue, or go on with the new command (--force): what is done stays done",
                    shown_name(options.queue_path), stored, command));
}

void durable_run::identify(job& each) {
    each.occurrence = seen_.count(each.items[0]);
}

started_job durable_run::start(const job& each) {
    const std::string_view item = each.items[0];
    const job_options options{.max_crashes = 1'000'000,
                              .key = fmt::format("{} {}", each.occurrence, item)};
    return queue_.take_this(item, options, retries_failed_);
}

void durable_run::record(job_lease& lease, const outcome& ended, bool is_ours) {
    if (ended.how == outcome::kind::ok) {
        static_cast<void>(lease.done());
    } else if (is_ours) {
        static_cast<void>(lease.release());
    } else {
        const char* const what = ended.how == outcome::kind::died ? "signal" : "exit code";
        static_cast<void>(lease.fail(
            ended.message.empty() ? fmt::format("{} {}", what, ended.detail) : ended.message));
    }
}

void durable_run::skip(job_state state) noexcept {
    (state == job_state::done ? done_ : failed_).fetch_add(1);
}

}  // namespace conq::cli

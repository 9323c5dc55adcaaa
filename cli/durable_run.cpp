// SPDX-License-Identifier: BSL-1.0
#include "cli/durable_run.hpp"

#include <span>
#include <string_view>

#include "cli/command_template.hpp"
#include "cli/holders.hpp"
#include "cli/message.hpp"
#include "cli/verb_line.hpp"

namespace conq::cli {
namespace {

// The words that decide what a run does with an item: as a text for people, and as words to parse
// again.
struct command_words {
    std::string text;
    std::string words;  // each followed by a NUL

    void add(const std::string& word) {
        text += (text.empty() ? "" : " ") + shell_quoted(word);
        words += word + '\0';
    }
};

command_words words_of(const run_options& options) {
    command_words out;
    if (options.feeds_stdin) out.add("--stdin");
    if (options.placeholder != "{}") {
        out.add("-I");
        out.add(options.placeholder);
    }
    if (options.columns.how == column_style::kind::csv) out.add("--csv");
    if (options.columns.how == column_style::kind::separated) {
        out.add("--colsep");
        out.add(options.columns.separator);
    }
    if (!options.shell_line.empty()) {
        out.add("-s");
        out.add(options.shell_line);
    }
    out.words += std::string("--") + '\0';
    for (const std::string& each : options.command) out.add(each);
    return out;
}

}  // namespace

run_options with_stored_command(const run_options& options) {
    job_queue queue(queue_name(options.queue_path).url());
    const std::string stored = queue.remember("words", "");
    if (stored.empty()) {
        throw usage_error(
            fmt::format("{}: no command is stored with this queue: conq work -q FILE CMD",
                        shown_name(options.queue_path)));
    }
    std::vector<std::string> words{"-q", options.queue_path};
    for (std::size_t at = 0; at < stored.size();) {
        const std::size_t end = stored.find('\0', at);
        words.push_back(stored.substr(at, end - at));
        at = end + 1;
    }
    const run_options of_command = parse_work_options(words);
    run_options out = options;
    out.feeds_stdin = of_command.feeds_stdin;
    out.placeholder = of_command.placeholder;
    out.columns = of_command.columns;
    out.shell_line = of_command.shell_line;
    out.command = of_command.command;
    return out;
}

durable_run::durable_run(const run_options& options)
    : retries_failed_(options.retries_failed),
      time_limit_(options.time_limit),
      name_(options.queue_path),
      queue_(name_.url(family_lease)) {
    if (!options.works) refuse_if_shut_down();
    const command_words command = words_of(options);
    const std::string stored = queue_.remember("command", command.text, options.forces);
    if (stored == command.text) {
        queue_.remember("words", command.words, true);
        if (options.keeps_outputs) queue_.keep_outputs(true);
        if (options.works) tell_of_pause(queue_, name_);  // conq run ignores a pause
        const std::size_t ended = options.ends_orphans ? end_left_behind(name_.path()) : 0;
        if (ended != 0) {
            complain(fmt::format("{} processes were killed that a killed conq had left", ended));
        }
        return;
    }
    throw usage_error(
        fmt::format("-q {}: this queue is for the command\n  {}\nand not for\n  {}\nname another "
                    "queue, or go on with the new command (--force): what is done stays done",
                    shown_name(options.queue_path), stored, command.text));
}

// As conq put does. Puts no jobs, which adds nothing, but tells at once whether jobs could be
// added.
void durable_run::refuse_if_shut_down() {
    std::vector<job_id> none;
    if (queue_.put_many(std::span<const jobs::new_job>(), none) != status::shut_down) return;
    throw own_error(fmt::format("{} is shut down and takes no items: conq reopen lifts that, and "
                                "conq work runs what is in it",
                                shown_name(name_.path())),
                    exit_codes::shut_down);
}

void durable_run::identify(job& each) {
    each.occurrence = seen_.count(each.items[0]);
}

started_job durable_run::start(const job& each) {
    const std::string_view item = each.items[0];
    const job_options options{.max_attempts = 1,  // so that conq work does the same
                              .max_crashes = 1'000'000,
                              .time_limit = time_limit_,
                              .key = fmt::format("{} {}", each.occurrence, item)};
    return queue_.take_this(item, options, retries_failed_);
}

std::vector<std::string> durable_run::variables(const job_lease& lease) const {
    return name_.variables(lease.id());
}

namespace {

std::string reason_of(const outcome& ended) {
    if (!ended.message.empty()) return ended.message;
    return fmt::format("{} {}", ended.how == outcome::kind::died ? "signal" : "exit code",
                       ended.detail);
}

}  // namespace

std::string durable_run::put_off(job_lease& lease, const outcome& ended) {
    if (!ended.may_be_retried() || lease.is_last_attempt()) return {};
    const std::chrono::duration<double> delay = lease.backoff();
    const std::uint32_t attempt = lease.attempt();
    if (lease.retry(reason_of(ended)) != status::ok) {
        return "the lease was lost while it ran, so this attempt is not counted";
    }
    return fmt::format("attempt {} of it, again in {:.1f}s", attempt, delay.count());
}

bool durable_run::record(job_lease& lease, const outcome& ended, bool is_ours,
                         const std::string& output) {
    if (ended.how == outcome::kind::ok) return lease.done({}, output) == status::ok;
    if (is_ours) return lease.release() == status::ok;
    return lease.fail(reason_of(ended), output) == status::ok;
}

std::uint64_t durable_run::others(std::uint64_t items) {
    constexpr std::uint64_t few = 20'000;
    if (queue_.newest() > few + 10 * items) return 0;
    const job_stats all = queue_.stats();
    const std::uint64_t count = all.unfinished() + all.done + all.dead + all.cancelled;
    return count > items ? count - items : 0;
}

bool durable_run::is_all_elsewhere() {
    const job_stats all = queue_.stats();
    return all.running != 0 && all.running == all.unfinished() && all.running_here == 0;
}

void durable_run::skip(job_state state) noexcept {
    (state == job_state::done ? done_ : failed_).fetch_add(1);
}

}  // namespace conq::cli

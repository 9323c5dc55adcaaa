// SPDX-License-Identifier: BSL-1.0
#include "cli/run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "cli/command_template.hpp"
#include "cli/item_reader.hpp"
#include "cli/job_process.hpp"
#include "cli/message.hpp"
#include "cli/outcome.hpp"
#include "cli/printer.hpp"
#include "cli/signals.hpp"
#include "cli/spool.hpp"
#include "conq/queue.hpp"
#include "conq/workers.hpp"

namespace conq::cli {
namespace {

struct job {
    std::uint64_t number;
    std::vector<item> items;
};

// The file to read items from.
int open_input(const run_options& options) {
    if (options.input_path.empty()) return STDIN_FILENO;
    const int file = ::open(options.input_path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) return file;
    throw own_error(fmt::format("cannot read {}: {}: -a takes a file that you may read",
                                shown_name(options.input_path), std::strerror(errno)));
}

// The program's path, found once for all jobs; empty if it depends on the item.
std::string resolve(const command_template& command) {
    if (command.varies_program()) return {};
    const std::string& name = command.words().front();
    int code = 0;
    std::string path = find_program(name, code);
    if (!path.empty()) return path;
    std::string text = code == 126
                           ? fmt::format("{} is no program that can be run", shown_name(name))
                           : fmt::format("{} is not found", shown_name(name));
    if (command.words().size() == 1 && name.find_first_of(" |&;<>()$`\"'*?") != name.npos) {
        text += fmt::format(
            ": the words of a command are given apart (conq run {}), and a shell's line as: "
            "conq run sh -c 'LINE' sh {{}}",
            name.find_first_of("|&;<>()$`\"'*?") == name.npos ? name : "CMD ARG");
    }
    throw own_error(text, code);
}

// Enough jobs ahead that no worker waits for the reader; fewer where each holds many items.
std::size_t queue_capacity(const run_options& options, std::size_t job_threads) {
    return options.items_per_job >= 64 ? job_threads : std::max<std::size_t>(16, 2 * job_threads);
}

// A run: the reader (this thread) -> bounded_queue -> workers -> printer.
class runner {
public:
    explicit runner(const run_options& options)
        : options_(options),
          command_(options.command, options.placeholder, !options.feeds_stdin),
          job_threads_(options.jobs != 0 ? options.jobs
                                         : std::max(1u, std::thread::hardware_concurrency())),
          input_(open_input(options)),
          interrupt_(::eventfd(0, EFD_CLOEXEC)),
          printer_(options.keeps_order, spool_, tally_, [this] { stop_intake(); }),
          queue_(queue_capacity(options, job_threads_)) {}

    int run() {
        const std::string program = resolve(command_);
        ::signal(SIGPIPE, SIG_IGN);
        const bool shows_progress = ::isatty(STDERR_FILENO) == 1;
        const signal_thread signals({
            .drain = [this](int signal) { drain(signal); },
            .terminate = [this](int signal) { terminate(signal); },
            .kill = [this] { kill(); },
            .tick = shows_progress ? [this] { tick(); } : std::function<void()>{},
        });
        process_runner processes(program, running_, spool_, printer_,
                                 [this](const std::string& why) { spool_is_full(why); });
        workers pool(queue_, worker_options{.threads = job_threads_, .name = "conq-job"},
                     [&](job& each) { run_job(processes, each); });
        try {
            read_items();
        } catch (const own_error& error) {
            tally_.add_own_error();
            printer_.say(error.what());
        }
        has_read_all_ = true;
        queue_.shutdown();
        pool.join();
        if (shows_progress) printer_.show_progress("");
        sum_up();
        return tally_.exit_code();
    }

private:
    void read_items() {
        const std::size_t bytes_max =
            options_.feeds_stdin ? std::string().max_size() / 2 : argument_bytes_max;
        item_reader reader(input_, interrupt_, options_.delimiter, options_.keeps_empty, bytes_max);
        job next{0, {}};
        const auto put = [&] {
            printer_.wait_for_window(next.number);
            const std::uint64_t number = next.number;
            if (queue_.put(std::exchange(next, job{number + 1, {}})) != status::ok) return false;
            return true;
        };
        for (bool goes_on = true; goes_on;) {
            auto each = reader.next();
            if (!each || has_stopped_intake_) break;
            items_read_.fetch_add(1);
            next.items.push_back(std::move(*each));
            if (next.items.size() == options_.items_per_job) goes_on = put();
        }
        if (!next.items.empty() && !has_stopped_intake_) put();
        skipped_ = reader.skipped();
    }

    void run_job(process_runner& processes, job& each) {
        items_started_.fetch_add(each.items.size());
        job_output output;
        const outcome ended = run_process(processes, each, output);
        if (ended.how != outcome::kind::ok) {
            output.streams[1].spooled.empty()
                ? static_cast<void>(output.streams[1].memory += failure_line(each, ended))
                : printer_.say(failure_line(each, ended));
        }
        printer_.finish(each.number, std::move(output));
        tally_.add(ended);
    }

    outcome run_process(process_runner& processes, const job& each, job_output& output) {
        std::vector<std::string> items;
        for (const item& one : each.items) {
            if (one.is_too_long) {
                return {outcome::kind::failed, 0, "too long for an argument: use --stdin"};
            }
            items.push_back(one.bytes);
        }
        process_request request{each.number, command_.filled(items)};
        if (options_.feeds_stdin) {
            std::string& input = request.input.emplace();
            for (std::size_t i = 0; i < items.size(); ++i) {
                if (i != 0) input += options_.delimiter;
                input += items[i];
            }
        }
        return processes.run(request, output);
    }

    static std::string failure_line(const job& each, const outcome& ended) {
        std::string why = ended.message;
        if (why.empty() && ended.how == outcome::kind::died) {
            why = fmt::format("died of signal {} ({})", ended.detail, ::strsignal(ended.detail));
        } else if (why.empty()) {
            why = fmt::format("exit code {}", ended.detail);
        }
        std::string which = shown(each.items.front().bytes);
        if (each.items.size() > 1) which += fmt::format(" and {} more", each.items.size() - 1);
        return fmt::format("conq: job {}, {}: {}\n", each.number + 1, which, why);
    }

    // No more items are taken; what waits in the queue is run.
    void stop_intake() {
        has_stopped_intake_ = true;
        eventfd_write(interrupt_, 1);
    }

    void drain(int signal) {
        tally_.set_interrupted(signal == SIGTERM ? 143 : 130);
        stop_intake();
        queue_.shutdown(immediate);
        printer_.give_up();
        if (signal == SIGTERM) return;
        printer_.say(fmt::format(
            "interrupted: {} done, {} running, {} items read and not started, no more are taken; "
            "once more ends the running jobs",
            tally_.ended(), running_.count(), items_read_.load() - items_started_.load()));
    }

    void terminate(int signal) {
        if (signal == SIGTERM) tally_.set_interrupted(143);
        printer_.say(fmt::format("terminating {} running jobs", running_.count()));
        running_.signal_all(SIGTERM);
    }

    void kill() {
        printer_.say(fmt::format("killing {} running jobs", running_.count()));
        running_.signal_all(SIGKILL);
    }

    void spool_is_full(const std::string& why) {
        if (was_full_.exchange(true)) return;
        tally_.add_own_error();
        stop_intake();
        printer_.say(fmt::format("{}: no more items are taken, those that were go on", why));
    }

    void tick() {
        const double elapsed_s =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
        const std::uint64_t ended = tally_.ended();
        const double rate = static_cast<double>(ended) / std::max(elapsed_s, 0.001);
        std::string line = fmt::format("{} done, {} failed, {} running, {:.1f}/s", ended,
                                       tally_.failed(), running_.count(), rate);
        const std::uint64_t total =
            (items_read_.load() + options_.items_per_job - 1) / options_.items_per_job;
        if (!has_read_all_) {
            line += ", more to read";
        } else if (ended != 0) {
            line += fmt::format(", {} left, about {:.0f} s", total - ended,
                                static_cast<double>(total - ended) / rate);
        }
        printer_.show_progress(line);
    }

    void sum_up() {
        const std::uint64_t not_started = items_read_.load() - items_started_.load();
        if (skipped_ != 0) {
            printer_.say(
                fmt::format("{} empty items were skipped (--keep-empty keeps them)", skipped_));
        }
        if (tally_.failed() != 0) {
            printer_.say(fmt::format("{} of {} jobs failed", tally_.failed(), tally_.ended()));
        }
        if (has_stopped_intake_) {
            printer_.say(fmt::format(
                "{} jobs ended, {} items were read and not started, the rest was not read",
                tally_.ended(), not_started));
        }
    }

    const run_options& options_;
    const command_template command_;
    const std::size_t job_threads_;
    const int input_, interrupt_;
    spool spool_;
    tally tally_;
    running_jobs running_;
    printer printer_;
    bounded_queue<job> queue_;
    std::atomic<std::uint64_t> items_read_{0}, items_started_{0};
    std::atomic<bool> has_read_all_{false}, has_stopped_intake_{false}, was_full_{false};
    std::uint64_t skipped_ = 0;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

int print_commands(const run_options& options) {
    const command_template command(options.command, options.placeholder, !options.feeds_stdin);
    const int never = ::eventfd(0, EFD_CLOEXEC);
    item_reader reader(open_input(options), never, options.delimiter, options.keeps_empty,
                       std::string().max_size() / 2);
    std::vector<std::string> items;
    const auto print = [&] {
        std::string line;
        for (const std::string& word : command.filled(items)) {
            if (!line.empty()) line += ' ';
            line += shell_quoted(word);
        }
        line += '\n';
        if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
            throw own_error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
        }
        items.clear();
    };
    while (auto each = reader.next()) {
        items.push_back(std::move(each->bytes));
        if (items.size() == options.items_per_job) print();
    }
    if (!items.empty()) print();
    if (std::fflush(stdout) != 0) {
        throw own_error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
    }
    return 0;
}

}  // namespace

int run(const run_options& options) {
    if (options.command.empty()) {
        throw usage_error("there is no command: conq run [OPTION...] CMD [ARG...]");
    }
    return options.is_dry_run ? print_commands(options) : runner(options).run();
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
#include "cli/run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/byte_budget.hpp"
#include "cli/command_template.hpp"
#include "cli/item_reader.hpp"
#include "cli/job_process.hpp"
#include "cli/message.hpp"
#include "cli/outcome.hpp"
#include "cli/printer.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/spool.hpp"
#include "cli/word_list.hpp"
#include "conq/queue.hpp"
#include "conq/workers.hpp"

namespace conq::cli {
namespace {

// Jobs that wait in the queue hold at most this much, or one job, so that memory stays flat.
constexpr std::size_t queued_bytes_max = 256 * 1024;

struct job {
    std::uint64_t number = 0;
    word_list items;
    std::uint64_t input_bytes = 0;  // of the input that it stands for, with delimiters
    std::size_t unfit_bytes = 0;    // not 0: the size of its only item, which is no argument
    byte_budget::charge queued{};
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

// What the kernel grants to arguments and environment together (man 2 execve), less the
// environment, and some room for the path of a script.
std::size_t arguments_bytes_max() {
    constexpr std::size_t kernel_max = 6 * 1024 * 1024, spare = 16'384;
    const long said = ::sysconf(_SC_ARG_MAX);
    std::size_t bytes = std::min(kernel_max, said > 0 ? static_cast<std::size_t>(said) : 131'072);
    for (char** each = environ; *each != nullptr; ++each) {
        bytes -= std::min(bytes, std::strlen(*each) + 1 + sizeof(char*));
    }
    return bytes - std::min(bytes, spare);
}

// How much is to be read, where that can be known: the rest of a file. 0: unknown.
std::uint64_t bytes_to_read(int input) {
    struct stat about{};
    if (::fstat(input, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    const off_t at = ::lseek(input, 0, SEEK_CUR);
    return at >= 0 && about.st_size > at ? static_cast<std::uint64_t>(about.st_size - at) : 0;
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
          spool_([this](const std::string& why) { spool_is_full(why); }),
          printer_(options.keeps_order, spool_, tally_, [this] { stop_intake(); }),
          input_bytes_all_(bytes_to_read(input_)),
          queue_(std::max<std::size_t>(16, 2 * job_threads_)) {}

    int run() {
        const std::string program = resolve(command_);
        ::signal(SIGPIPE, SIG_IGN);
        const bool shows_progress = ::isatty(STDERR_FILENO) == 1;
        const signal_thread signals({
            .drain = [this](int signal) { drain(signal); },
            .terminate = [this](int signal) { terminate(signal); },
            .kill = [this] { kill(); },
            .abandon = [this] { abandon(); },
            .tick = shows_progress ? [this] { tick(); } : std::function<void()>{},
        });
        process_runner processes(program, running_, spool_, printer_);
        try {
            workers pool(queue_, worker_options{.threads = job_threads_, .name = "conq-job"},
                         [&](job& each) { run_job(processes, each); });
            read_items();
            queue_.shutdown();
            pool.join();
        } catch (const std::system_error& error) {
            throw own_error(fmt::format("cannot start {} threads: {}: run fewer jobs at once (-j)",
                                        job_threads_, error.what()));
        }
        printer_.end_progress();
        sum_up();
        return tally_.exit_code();
    }

private:
    void read_items() {
        try {
            put_items();
        } catch (const own_error& error) {
            tally_.add_own_error();
            printer_.say(error.what());
        }
    }

    void put_items() {
        const std::size_t bytes_max =
            options_.feeds_stdin ? std::string().max_size() / 2 : argument_bytes_max;
        item_reader reader(input_, interrupt_, options_.delimiter, options_.keeps_empty, bytes_max);
        const std::size_t room =
            arguments_bytes_max() - std::min(command_.fixed_bytes(), arguments_bytes_max());
        job next;
        std::size_t next_bytes = 0;  // as the kernel counts them
        const auto put = [&] {
            next.input_bytes = reader.bytes() - input_bytes_put_;
            input_bytes_put_ += next.input_bytes;
            put_job(std::exchange(next, job{.number = next.number + 1, .items = {}}));
            next_bytes = 0;
        };
        while (!has_stopped_intake_) {
            const auto each = reader.next();
            if (!each || has_stopped_intake_) break;
            const bool is_unfit = !options_.feeds_stdin &&
                                  (each->size > each->bytes.size() || !fits_argument(each->bytes));
            const std::size_t bytes = command_.bytes_of(each->bytes.size());
            if (!next.items.empty() && (is_unfit || next_bytes + bytes > room)) put();
            items_read_.fetch_add(1);
            next.items.add(each->bytes);
            next_bytes += bytes;
            if (is_unfit) next.unfit_bytes = each->size;
            if (is_unfit || next.items.size() == options_.items_per_job) put();
        }
        if (!next.items.empty() && !has_stopped_intake_) put();
        skipped_ = reader.skipped();
        if (!has_stopped_intake_) input_bytes_all_ = reader.bytes();
    }

    // Waits for room of each kind. A queue that is shut down takes none: it counts as not started.
    void put_job(job&& each) {
        printer_.wait_for_window(each.number);
        each.queued = budget_.take(each.items.bytes());
        static_cast<void>(queue_.put(std::move(each)));
    }

    void run_job(process_runner& processes, job& each) {
        jobs_running_.fetch_add(1);
        items_started_.fetch_add(each.items.size());
        each.queued.end();
        job_output output;
        const outcome ended = run_process(processes, each, output);
        if (ended.how != outcome::kind::ok) output.note = failure_line(each, ended);
        printer_.finish(each.number, std::move(output));
        tally_.add(ended);
        jobs_running_.fetch_sub(1);
        input_bytes_done_.fetch_add(each.input_bytes);
    }

    outcome run_process(process_runner& processes, const job& each, job_output& output) {
        if (each.unfit_bytes != 0) return {outcome::kind::failed, 0, unfit_argument};
        process_request request{.number = each.number,
                                .arguments = command_.filled(each.items),
                                .input = options_.feeds_stdin ? &each.items : nullptr,
                                .delimiter = options_.delimiter};
        return processes.run(request, output);
    }

    static std::string failure_line(const job& each, const outcome& ended) {
        std::string why = ended.message;
        if (why.empty() && ended.how == outcome::kind::died) {
            why = fmt::format("died of signal {} ({})", ended.detail, ::strsignal(ended.detail));
        } else if (why.empty()) {
            why = fmt::format("exit code {}", ended.detail);
        }
        std::string which = shown(each.items[0]);
        if (each.items.size() > 1) which += fmt::format(" and {} more", each.items.size() - 1);
        if (each.unfit_bytes > argument_bytes_max) {
            which += fmt::format(", of {} bytes in all", each.unfit_bytes);
        }
        return fmt::format("conq: job {}, {}: {}\n", each.number + 1, which, why);
    }

    // No more items are taken; what waits in the queue is not started. Any thread, never waits.
    void stop_intake() {
        has_stopped_intake_ = true;
        eventfd_write(interrupt_, 1);
        queue_.shutdown(immediate);
    }

    void drain(int signal) {
        tally_.set_interrupted(signal == SIGTERM ? 143 : 130);
        stop_intake();
        if (signal == SIGTERM) return;
        printer_.announce(fmt::format(
            "interrupted: {} done, {} running, {} items read and not started, no more are taken; "
            "once more ends the running jobs",
            tally_.ended(), jobs_running_.load(), items_read_.load() - items_started_.load()));
    }

    void terminate(int signal) {
        if (signal == SIGTERM) tally_.set_interrupted(143);
        running_.signal_all(SIGTERM);
        printer_.announce(fmt::format("terminating {} running jobs", jobs_running_.load()));
    }

    void kill() {
        running_.signal_all(SIGKILL);
        printer_.announce(fmt::format("killing {} running jobs", jobs_running_.load()));
    }

    // Nothing runs any more, or cannot be killed: it is our output that nobody takes.
    void abandon() {
        tally_.add_own_error();
        printer_.announce("the output of jobs cannot be written, and is lost");
        std::_Exit(tally_.exit_code());
    }

    void spool_is_full(const std::string& why) {
        tally_.add_own_error();
        stop_intake();
        printer_.announce(fmt::format("{}: no more items are taken, running jobs go on", why));
    }

    void tick() {
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
        printer_.show_progress(progress_line({.elapsed_s = elapsed.count(),
                                              .ended = tally_.ended(),
                                              .failed = tally_.failed(),
                                              .running = jobs_running_.load(),
                                              .bytes = input_bytes_done_,
                                              .bytes_all = input_bytes_all_}));
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
    std::atomic<std::uint64_t> items_read_{0}, items_started_{0};
    std::atomic<std::uint64_t> input_bytes_done_{0}, input_bytes_all_;
    std::atomic<std::size_t> jobs_running_{0};
    std::atomic<bool> has_stopped_intake_{false};
    std::uint64_t input_bytes_put_ = 0, skipped_ = 0;
    byte_budget budget_{queued_bytes_max};
    bounded_queue<job> queue_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

int print_commands(const run_options& options) {
    const command_template command(options.command, options.placeholder, !options.feeds_stdin);
    const int never = ::eventfd(0, EFD_CLOEXEC);
    item_reader reader(open_input(options), never, options.delimiter, options.keeps_empty,
                       std::string().max_size() / 2);
    word_list items;
    const auto print = [&] {
        std::string line;
        const word_list words = command.filled(items);
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (i != 0) line += ' ';
            line += shell_quoted(words[i]);
        }
        line += '\n';
        if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
            throw own_error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
        }
        items = {};
    };
    while (auto each = reader.next()) {
        items.add(each->bytes);
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

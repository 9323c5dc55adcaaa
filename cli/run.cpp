// SPDX-License-Identifier: BSL-1.0
#include "cli/run.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "cli/byte_budget.hpp"
#include "cli/command_template.hpp"
#include "cli/dry_run.hpp"
#include "cli/durable_run.hpp"
#include "cli/header.hpp"
#include "cli/holders.hpp"
#include "cli/job_attempts.hpp"
#include "cli/job_feed.hpp"
#include "cli/job_log.hpp"
#include "cli/job_process.hpp"
#include "cli/job_results.hpp"
#include "cli/job_slots.hpp"
#include "cli/later_jobs.hpp"
#include "cli/message.hpp"
#include "cli/outcome.hpp"
#include "cli/pace.hpp"
#include "cli/printer.hpp"
#include "cli/progress.hpp"
#include "cli/run_input.hpp"
#include "cli/signals.hpp"
#include "cli/spool.hpp"
#include "cli/start_gate.hpp"
#include "cli/word_list.hpp"
#include "conq/queue.hpp"
#include "conq/workers.hpp"

namespace conq::cli {
namespace {

// Jobs that wait in the queue hold at most this many bytes, or are a single job: memory stays flat.
constexpr std::size_t queued_bytes_max = 256 * 1024;

// The program's path, found once for all jobs; empty if it depends on the item.
std::string resolve(const command_template& command) {
    if (command.varies_program()) return {};
    const std::string& name = command.program();
    int code = 0;
    std::string path = find_program(name, code);
    if (!path.empty()) return path;
    std::string text = code == 126
                           ? fmt::format("{} is no program that can be run", shown_name(name))
                           : fmt::format("{} is not found", shown_name(name));
    if (const std::string hint = command.shell_line_hint(); code == 127 && !hint.empty()) {
        text += ": " + hint;
    }
    throw own_error(text, code);
}

// A run: the reader (this thread) -> bounded_queue -> workers -> printer.
class runner {
public:
    runner(const run_options& options, int input)
        : options_(options),
          command_(template_of(options)),
          job_threads_(options.jobs),
          log_(options.job_log_path),
          input_(input),
          interrupt_(::eventfd(0, EFD_CLOEXEC)),
          spool_([this](const std::string& why) { spool_is_full(why); }),
          results_(options, spool_),
          printer_(options.keeps_order, spool_, tally_, [this] { stop_intake(); }),
          feed_(options_, command_, input_, interrupt_),
          input_bytes_all_(bytes_to_read(input_)),
          queue_(std::max<std::size_t>(16, 2 * job_threads_)) {}

    int run() {
        const std::string program = resolve(command_);
        // After resolve(): a command that does not exist must not be stored with the queue.
        if (!options_.queue_path.empty()) durable_.emplace(options_);
        const bool shows_progress = ::isatty(STDERR_FILENO) == 1;
        const signal_thread signals({
            .drain = [this](int signal) { drain(signal); },
            .terminate = [this](int signal) { terminate(signal); },
            .kill = [this] { kill(); },
            .abandon = [this] { abandon(); },
            .stuck_write = [this] { return printer_.stuck_write(); },
            .tick = shows_progress ? [this] { tick(); } : std::function<void()>{},
        });
        process_runner processes(program, running_, gate_, spool_, printer_);
        attempts_.emplace(attempt_tools{.options = options_,
                                        .command = command_,
                                        .processes = processes,
                                        .log = log_,
                                        .overflow = spool_,
                                        .out = printer_,
                                        .interrupt = interrupt_,
                                        .on_log_full = [this] { log_is_full(); }});
        try {
            later_jobs later([&](job& each) {
                const job_slots::held slot(slots_);
                each.slot = slot.number();
                return run_durable(each);
            });
            later_ = &later;
            workers pool(queue_, worker_options{.threads = job_threads_, .name = "conq-job"},
                         [&](job& each) { run_or_put_off(each); });
            if (options_.works) {
                take_items();
            } else {
                read_items();
            }
            queue_.shutdown();
            pool.join();
            if (!later.empty()) tell_of_jobs_elsewhere();
            later.join();
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
            while (!has_stopped_intake_) {
                auto next = feed_.next();
                if (!next) break;
                put_job(std::move(*next));
            }
            if (!has_stopped_intake_) input_bytes_all_ = feed_.bytes();
        } catch (const own_error& error) {
            tally_.add_own_error();
            printer_.say(error.what());
        } catch (const store_error& error) {
            fail_store(error);
        }
    }

    // conq work: runs jobs for the items in the queue, until none is unfinished or the queue is
    // shut down.
    void take_items() {
        std::vector<std::jthread> takers;
        for (std::size_t i = 0; i < job_threads_; ++i) {
            takers.emplace_back([&] {
                while (take_one()) {
                }
            });
        }
        try {
            if (!options_.follows && join_queue()) work_stop_.request_stop();
        } catch (const store_error& error) {
            fail_store(error);
        }
    }

    // Waits until nothing is unfinished; false: stopped. If all that is left is held elsewhere,
    // says so once: a lease of conq get lasts for minutes.
    bool join_queue() {
        using std::chrono::milliseconds;
        constexpr milliseconds longest = std::chrono::minutes(1);  // each look reads all jobs
        bool has_told = false;
        for (milliseconds span{250};; span = std::min(2 * span, longest)) {
            const status answer = durable_->join_for(span, work_stop_.get_token());
            if (answer != status::timed_out) return answer == status::ok;
            if (has_told || !durable_->is_all_elsewhere()) continue;
            has_told = true;
            tell_of_jobs_elsewhere();
        }
    }

    void tell_of_jobs_elsewhere() {
        printer_.announce(fmt::format(
            "waiting for items that run elsewhere (conq doctor -q {} names the processes; "
            "--orphans kill ends what a killed conq has left)",
            shell_quoted(options_.queue_path)));
    }

    // Runs the job of the next item. False: there is none, or no more jobs are to begin.
    bool take_one() {
        try {
            job_lease lease = durable_->take(work_stop_.get_token());
            if (!lease) return false;
            const job_slots::held slot(slots_);
            job each{.number = jobs_taken_.fetch_add(1)};
            each.slot = slot.number();
            each.items.add(*lease);
            const std::size_t longest = command_.longest_with(lease->size());
            const bool has_nul = lease->find('\0') != std::string::npos;
            if (longest > argument_bytes_max || (longest != 0 && has_nul)) {
                each.unfit_bytes = lease->size();
            }
            if (!run_in_turn(each, &lease)) return false;
        } catch (const store_error& error) {
            fail_store(error);
        }
        return !has_stopped_intake_;
    }

    // The queue's file has failed. What was recorded stays, and nothing else is begun.
    void fail_store(const store_error& error) {
        tally_.add_own_error();
        stop_intake();
        printer_.announce(error.what());
    }

    // Puts a job into the queue of this run; first waits for room of each kind. If the queue is
    // shut down it does not take the job, which counts as not started.
    void put_job(job&& each) {
        printer_.wait_for_window(each.number);
        if (durable_) durable_->identify(each);
        each.queued = budget_.take(each.items.bytes());
        static_cast<void>(queue_.put(std::move(each)));
    }

    void run_or_put_off(job& each) {
        each.queued.end();
        const job_slots::held slot(slots_);
        each.slot = slot.number();
        if (!durable_) {
            run_in_turn(each, nullptr);
        } else if (!run_durable(each)) {
            later_->add(std::move(each));
        }
    }

    // Returns whether the job is over for this run. If not, it runs elsewhere.
    bool run_durable(job& each) {
        try {
            if (has_stopped_intake_) return true;  // it counts as not started
            started_job mine = durable_->start(each);
            if (mine.lease) {
                run_in_turn(each, &mine.lease);
                return true;
            }
            if (mine.state == job_state::running) return false;
            skip(each, mine);
        } catch (const store_error& error) {
            fail_store(error);
        }
        return true;
    }

    // For a job that has ended before, or elsewhere. Prints its output if it got that while we ran.
    void skip(const job& each, const started_job& ended) {
        durable_->skip(ended.state);
        if (ended.state != job_state::done) tally_.add_failed_before();
        items_started_.fetch_add(1);
        job_output output;
        if (options_.replays || ended.has_new_output) {
            const auto stored = durable_->output(ended.id);
            if (stored && replay(options_, *stored, each.number + 1, output)) {
                if (options_.tags) output.tag = tag_of(each.items);
                keep_files({.sequence = each.number + 1, .id = ended.id}, output);
            } else {
                outputs_missing_.fetch_add(1);
            }
        }
        printer_.finish(each.number, std::move(output));
        input_bytes_done_.fetch_add(each.input_bytes);
    }

    // Writes the files of -o. Before the outcome is stored: whoever finds that finds the files.
    void keep_files(const job_record& record, job_output& output) {
        try {
            results_.to_files(record, output);
        } catch (const own_error& error) {
            tally_.add_own_error();
            stop_intake();
            printer_.say(fmt::format("{}: no more items are taken", error.what()));
        }
    }

    // Stores the outcome. Before the output is printed, so that -k does not delay this. Returns the
    // record that was stored.
    std::string store(job_lease& lease, const job_record& record, const word_list& items,
                      const job_output& output) {
        try {
            const std::string text = results_.stored(record, items, output);
            if (!durable_run::record(lease, record.ended, has_ended_jobs_, text)) {
                tally_.add_own_error();
                printer_.say(fmt::format(
                    "job {}, {}: its lease was lost while it ran: this outcome is not stored, and "
                    "the item may run again elsewhere",
                    record.id, shown(items[0])));
            }
            return text;
        } catch (const store_error& error) {
            fail_store(error);
        } catch (const own_error& error) {
            tally_.add_own_error();
            printer_.say(error.what());
        }
        return {};
    }

    // Runs the job when --delay lets it begin. Returns false if no more jobs are to begin; then
    // hands the job back.
    bool run_in_turn(job& each, job_lease* lease) {
        pace::turn turn = pace_.wait(interrupt_);
        if (!turn) {
            if (lease != nullptr) static_cast<void>(lease->release());
            return false;
        }
        each.on_started = [&turn] { turn.has_begun(); };
        run_job(each, lease);
        return true;
    }

    void run_job(job& each, job_lease* lease) {
        jobs_running_.fetch_add(1);
        items_started_.fetch_add(each.items.size());
        if (lease != nullptr) {
            each.id = lease->id();
            each.variables = durable_->variables(*lease);
            each.time_limit = lease->time_limit();
            each.on_slow = [lease](pid_t process) { note_process(*lease, process); };
            if (options_.works) each.attempts_before = lease->attempt() - 1;
        }
        job_output output;
        job_record record = attempts_->run(each, output);
        if (record.tries != 0) record.tries += each.attempts_before;
        const outcome& ended = record.ended;
        if (ended.how == outcome::kind::not_started) return leave_unstarted(each, lease, ended);
        if (lease != nullptr && is_put_off(each, *lease, ended)) {
            attempts_->drop(output);
            printer_.finish(each.number, {});
            jobs_running_.fetch_sub(1);
            return;
        }
        keep_files(record, output);
        std::string stored;
        if (lease != nullptr) {
            stored = store(*lease, record, each.items, output);
            give_back(*lease);
        }
        show(record, each.items, output, stored);
        if (ended.how != outcome::kind::ok) {
            output.note = fmt::format("conq: {}\n", failure_line(each, ended)) + hint(ended);
        }
        printer_.finish(each.number, std::move(output));
        tally_.add(ended);
        halt_if_due();
        jobs_running_.fetch_sub(1);
        input_bytes_done_.fetch_add(each.input_bytes);
    }

    // For a job that has not started: the system lacks what it needs although no job runs, or no
    // more jobs are to begin.
    void leave_unstarted(const job& each, job_lease* lease, const outcome& ended) {
        if (!has_stopped_intake_.exchange(true)) {
            tally_.add_own_error();
            stop_intake();
            printer_.say(fmt::format("{}: no more items are taken", ended.message));
        }
        if (lease != nullptr) give_back(*lease);
        printer_.finish(each.number, {});
        items_started_.fetch_sub(each.items.size());
        jobs_running_.fetch_sub(1);
    }

    // Hands back a job that was not recorded: it is still to be done, and has spent no attempt.
    static void give_back(job_lease& lease) {
        try {
            if (lease) static_cast<void>(lease.release());
        } catch (const store_error&) {
            // Then the lease runs out by itself.
        }
    }

    // conq work: a job that has failed goes back into the queue, until its attempts are used up.
    bool is_put_off(const job& each, job_lease& lease, const outcome& ended) {
        if (!options_.works || has_ended_jobs_) return false;
        try {
            const std::string next = durable_run::put_off(lease, ended);
            if (next.empty()) return false;
            printer_.say(fmt::format("{}; {}", failure_line(each, ended), next));
        } catch (const store_error& error) {
            fail_store(error);
            give_back(lease);
        }
        return true;
    }

    void show(const job_record& record, const word_list& items, job_output& output,
              const std::string& stored) {
        try {
            results_.to_line(record, items, output, stored);
        } catch (const own_error& error) {
            tally_.add_own_error();
            printer_.say(error.what());
        }
    }

    // --halt
    void halt_if_due() {
        const std::uint64_t failed = tally_.failed(), ended = tally_.ended();
        constexpr std::uint64_t ended_least = 10;  // before that a share says little
        const bool by_count = options_.halt_failures != 0 && failed >= options_.halt_failures;
        const bool by_share = options_.halt_percent != 0 && ended >= ended_least &&
                              failed * 100 >= options_.halt_percent * ended;
        if ((!by_count && !by_share) || has_halted_.exchange(true)) return;
        stop_intake();
        printer_.say(fmt::format("{} of {} jobs have failed: no more items are taken (--halt)",
                                 failed, ended));
    }

    void log_is_full() {
        const std::string why = std::strerror(errno);
        tally_.add_own_error();
        stop_intake();
        printer_.say(fmt::format("cannot write {}: {}: no more items are taken, running jobs go on",
                                 shown_name(options_.job_log_path), why));
    }

    // A hint that is given once, after the first job that did not find its command.
    std::string hint(const outcome& ended) {
        if (ended.how != outcome::kind::not_found || has_hinted_.exchange(true)) return {};
        const std::string text = command_.shell_line_hint();
        return text.empty() ? text : "conq: " + text + "\n";
    }

    // From now on takes no more items, and starts no job that waits. Any thread; never waits.
    void stop_intake() {
        has_stopped_intake_ = true;
        eventfd_write(interrupt_, 1);
        gate_.close();
        queue_.shutdown(immediate);
        work_stop_.request_stop();
    }

    void drain(int signal) {
        tally_.set_interrupted(signal == SIGTERM ? 143 : 130);
        stop_intake();
        if (signal == SIGTERM) return;
        printer_.announce(fmt::format(
            "interrupted: {} done, {} running, {} items read and not started, no more are taken; "
            "once more ends the running jobs",
            tally_.ended(), jobs_running_.load(), not_started()));
    }

    void terminate(int signal) {
        if (signal == SIGTERM) tally_.set_interrupted(143);
        end_all(SIGTERM, "terminating");
    }

    void kill() { end_all(SIGKILL, "killing"); }

    void end_all(int signal, const char* what) {
        has_ended_jobs_ = true;
        const auto count = jobs_running_.load();  // counted first: the signal may end them at once
        running_.signal_all(signal);
        printer_.announce(fmt::format("{} {} running jobs", what, count));
    }

    // For output that nobody reads.
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
        const std::string hint = resume_hint(elapsed.count(), durable_.has_value());
        if (!hint.empty() && !std::exchange(has_told_of_queue_, true)) printer_.announce(hint);
        if (is_dumb_) return;
        printer_.show_progress(progress_line({.elapsed_s = elapsed.count(),
                                              .ended = tally_.ended(),
                                              .failed = tally_.failed(),
                                              .running = jobs_running_.load(),
                                              .bytes = input_bytes_done_,
                                              .bytes_all = input_bytes_all_}));
    }

    [[nodiscard]] std::uint64_t not_started() const {
        return options_.works ? 0 : feed_.items_read() - items_started_.load();
    }

    // Says how many jobs the queue holds besides those of this input: plain conq put may have added
    // the same bytes.
    void sum_up_others() {
        if (options_.works || has_stopped_intake_) return;
        try {
            const std::uint64_t others = durable_->others(feed_.items_read());
            if (others == 0) return;
            printer_.say(fmt::format(
                "{} other jobs of this queue, of other input or from plain put, were left alone",
                others));
        } catch (const store_error& error) {
            fail_store(error);
        }
    }

    void sum_up_before() {
        if (const auto done = durable_->done_before(); done != 0) {
            printer_.say(fmt::format("{} items had succeeded before, and were skipped", done));
        }
        if (const auto failed = durable_->failed_before(); failed != 0) {
            printer_.say(fmt::format(
                "{} items had failed before, and were skipped (--retry-failed runs them again)",
                failed));
        }
        sum_up_others();
    }

    void sum_up_outputs() {
        if (outputs_missing_ == 0) return;
        printer_.say(fmt::format("{} outputs of skipped items are not kept any more",
                                 outputs_missing_.load()));
    }

    void sum_up() {
        if (const auto skipped = feed_.skipped(); skipped != 0) printer_.say(skipped_line(skipped));
        if (durable_) sum_up_before();
        sum_up_outputs();
        if (tally_.failed() != 0) {
            printer_.say(fmt::format("{} of {} jobs failed", tally_.failed(), tally_.ended()));
        }
        if (has_stopped_intake_) {
            printer_.say(fmt::format(
                "{} jobs ended, {} items were read and not started, the rest was not read",
                tally_.ended(), not_started()));
        }
        if (has_stopped_intake_ && durable_) {
            printer_.say(fmt::format("to go on with the rest, run the same again: {}",
                                     options_.shown_words));
        }
    }

    const run_options& options_;
    const command_template command_;
    const std::size_t job_threads_;
    job_log log_;
    const int input_, interrupt_;
    spool spool_;
    const job_results results_;
    tally tally_;
    running_jobs running_;
    start_gate gate_;
    printer printer_;
    job_feed feed_;
    std::atomic<std::uint64_t> items_started_{0};
    std::atomic<std::uint64_t> input_bytes_done_{0}, input_bytes_all_;
    std::atomic<std::size_t> jobs_running_{0};
    std::atomic<bool> has_stopped_intake_{false}, has_hinted_{false}, has_halted_{false},
        has_ended_jobs_{false};
    std::optional<job_attempts> attempts_;  // while run() runs
    std::optional<durable_run> durable_;    // with -q
    pace pace_{options_.start_delay};
    std::atomic<std::uint64_t> outputs_missing_{0};
    const bool is_dumb_ = is_dumb_terminal();  // it cannot rewrite a line
    bool has_told_of_queue_ = false;           // used on the signal thread only
    later_jobs* later_ = nullptr;
    byte_budget budget_{queued_bytes_max};
    job_slots slots_{job_threads_};
    std::atomic<std::uint64_t> jobs_taken_{0};  // by conq work
    std::stop_source work_stop_;
    bounded_queue<job> queue_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

int run(const run_options& options) {
    if (options.command.empty() && options.shell_line.empty()) {
        throw usage_error("there is no command: conq run [OPTION...] CMD [ARG...]");
    }
    const int input = open_input(options);
    const auto on_input = [input](const run_options& whole) {
        return whole.is_dry_run ? print_commands(whole, input) : runner(whole, input).run();
    };
    if (!options.has_header) return on_input(options);
    const std::vector<std::string> names = read_header(input, options);
    return names.empty() ? 0 : on_input(with_columns_numbered(options, names));
}

}  // namespace conq::cli

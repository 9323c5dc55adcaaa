// SPDX-License-Identifier: BSL-1.0
// conq get: takes an item out of a queue and leases it, for a length of time or while a command
// runs.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "cli/command_template.hpp"
#include "cli/holders.hpp"
#include "cli/item_reader.hpp"
#include "cli/job_process.hpp"
#include "cli/message.hpp"
#include "cli/time_limit.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"
#include "conq/jobs.hpp"

namespace conq::cli {
namespace {

using std::chrono::milliseconds;

int no_item(status why, const queue_name& queue) {
    if (why != status::shut_down) return exit_codes::nothing;
    complain(fmt::format("{} is shut down, and nothing is left", shown_name(queue.path())));
    return exit_codes::shut_down;
}

// The environment of the command: ours, and variables about the item that it holds.
std::vector<std::string> variables_of(const job_lease& lease, const queue_name& queue) {
    std::vector<std::string> all = queue.variables(lease.id());
    all.push_back(fmt::format("CONQ_ATTEMPT={}", lease.attempt()));
    for (char** each = environ; *each != nullptr; ++each) all.emplace_back(*each);
    return all;
}

// 0, or the exit code that a shell gives for a command that cannot be found or run; then it says
// so. Needs no item.
int command_code(const std::vector<std::string>& words) {
    if (words.empty() || command_template(words, "{}", true).varies_program()) return 0;
    int code = 0;
    if (!find_program(words[0], code).empty()) return 0;
    complain(fmt::format("{} {}", shown_name(words[0]),
                         code == 127 ? "is not found" : "is no program that can be run"));
    return code;
}

constexpr int passed_on[] = {SIGINT, SIGTERM};
std::atomic<pid_t> running{0};     // the command, or its group negated; 0: it has not begun
std::atomic<unsigned> waiting{0};  // the signals that are to be passed on to it, as bits

void pass_on_waiting() {
    const pid_t to = running.load();
    if (to == 0) return;
    const unsigned signals = waiting.exchange(0);
    for (const int each : passed_on) {
        if ((signals & (1U << each)) != 0) ::kill(to, each);
    }
}

// A signal handler. What Ctrl-C does is up to the command, as with env and nice; SIGTERM is passed
// on to it. A signal that comes before the command has begun waits until it has. (To block it would
// not do: the threads of the queue would get it.)
void pass_on(int signal) {
    const int code = errno;
    waiting.fetch_or(1U << signal);
    pass_on_waiting();
    errno = code;
}

// Waits until the child ends, and enforces the limit on its group, or on the child alone. Does not
// reap it: as long as we live its number stays its own, so no signal that is passed on late can
// reach another process.
siginfo_t wait_for(pid_t child, bool alone, time_limit& limit) {
    constexpr int longest_ms = 100;
    const int ended = limit.is_set() ? static_cast<int>(::syscall(SYS_pidfd_open, child, 0)) : -1;
    const int flags = WEXITED | WNOWAIT | (limit.is_set() ? WNOHANG : 0);
    siginfo_t about{};
    for (;;) {
        const int failed = ::waitid(P_PID, static_cast<id_t>(child), &about, flags);
        if (failed != 0 && errno == EINTR) continue;
        if (failed != 0 || about.si_pid != 0) break;
        pollfd ready{ended, POLLIN, 0};
        ::poll(&ready, 1, limit.wait_ms(longest_ms));
        limit.enforce(child, alone);
    }
    if (ended >= 0) ::close(ended);
    return about;
}

// How the command ended: the exit code that a shell gives, or 124 if it took longer than the item's
// time limit.
struct command_end {
    int code;
    std::string why;
};
command_end run_command(const std::vector<std::string>& words,
                        const std::vector<std::string>& variables, job_lease& lease) {
    const milliseconds span = lease.time_limit();
    int code = 0;
    const std::string path = find_program(words[0], code);
    if (path.empty()) {
        complain(fmt::format("{} {}", shown_name(words[0]),
                             code == 127 ? "is not found" : "is no program that can be run"));
        return {code, "it could not be run"};
    }
    std::vector<char*> arguments, environment;
    for (const std::string& each : words) arguments.push_back(const_cast<char*>(each.c_str()));
    for (const std::string& each : variables) {
        environment.push_back(const_cast<char*>(each.c_str()));
    }
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
    // With a time limit the command gets a process group of its own, so that all that it has
    // started can be ended. Not if the input is a terminal: it could not read from that any more.
    const bool has_group = span.count() != 0 && ::isatty(STDIN_FILENO) == 0;
    ::signal(SIGINT, has_group ? pass_on : SIG_IGN);
    ::signal(SIGTERM, pass_on);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int each : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&defaults, each);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(
        &attributes,
        static_cast<short>(POSIX_SPAWN_SETSIGDEF | (has_group ? POSIX_SPAWN_SETPGROUP : 0)));
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, path.c_str(), nullptr, &attributes, arguments.data(),
                                     environment.data());
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        const std::string mend = mend_of_lack(failed);
        complain(fmt::format("cannot start {}: {}{}{}", shown_name(path), std::strerror(failed),
                             mend.empty() ? "" : ": ", mend));
        if (!mend.empty()) {
            static_cast<void>(lease.release());
            throw own_error("the item was handed back: it has spent no attempt");
        }
        return {126, "it could not be run"};
    }
    running = has_group ? -child : child;
    pass_on_waiting();
    time_limit limit(span);
    note_process(lease, child);
    const siginfo_t about = wait_for(child, !has_group, limit);
    if (limit.has_struck()) return {exit_codes::timed_out, limit.reason()};
    const int how = about.si_status;
    if (about.si_code == CLD_EXITED) return {how, fmt::format("exit code {}", how)};
    return {128 + how, fmt::format("signal {}", how)};
}

// Holds the lease while the command runs. If the command ends with 0 the item is done; if not, the
// attempt is spent.
int run_with(job_lease lease, const std::vector<std::string>& command, const queue_name& queue) {
    if (lease->find('\0') != std::string::npos || lease->size() > argument_bytes_max) {
        static_cast<void>(lease.fail("no argument of a command: too long, or with a NUL byte"));
        throw own_error("the item cannot be an argument; it is a dead letter now");
    }
    const command_template words(command, "{}", true);
    word_list items;
    items.add(*lease);
    word_list filled = words.filled(items, {.sequence = lease.id(), .slot = 1});
    std::vector<std::string> arguments;
    for (std::size_t i = 0; i < filled.size(); ++i) arguments.emplace_back(filled[i]);
    const auto [code, why] = run_command(arguments, variables_of(lease, queue), lease);
    if (code != 0) {
        const char* const next =
            lease.is_last_attempt() ? "a dead letter now" : "handed out again after a while";
        complain(fmt::format("{}: {}: {}", shown(*lease), why, next));
    }
    const status answer = code == 0 ? lease.done() : lease.retry(why);
    if (answer == status::lease_lost) {
        complain("the lease was lost while the command ran: the item was handed out again");
        return exit_codes::lease_lost;
    }
    return code;
}

}  // namespace

int get_main(const std::vector<std::string>& words) {
    verb_line line(
        "get",
        "get -q FILE [--lease DUR] [--timeout DUR] [-- CMD ARG...]\n\n"
        "Waits for an item, leases it, and prints TOKEN<TAB>ITEM. Report how it went by conq done\n"
        "or conq fail with the token; if you do not, the item is handed out again when the lease\n"
        "ends. conq extend makes the lease longer.\n\n"
        "With CMD no token is needed: get runs CMD with the item in place of {}, or as its last\n"
        "argument, and holds the item while CMD runs. The item is done if CMD ends with 0; else\n"
        "it is handed out again later, or has failed after its last attempt. If CMD takes longer\n"
        "than conq put --timeout allows for the item, get ends it.\n\n"
        "Exit codes: 3 no item in time; 4 the queue is shut down and empty; 124 CMD took too\n"
        "long; else the code of CMD.\n\n"
        "  conq get -q mail.q --timeout 0\n"
        "  while conq get -q mail.q -- ./send {}; do :; done\n");
    line.add_duration("--lease", "Lease the item for DUR (default: 10m)");
    line.add_duration("--timeout", "Wait at most DUR for an item (0: do not wait)");
    line.hint("a command goes behind --");
    const auto sign = std::find(words.begin(), words.end(), "--");
    if (!line.parse({words.begin(), sign})) return 0;
    std::vector<std::string> command;
    if (sign != words.end()) command.assign(sign + 1, words.end());
    if (sign != words.end() && command.empty()) throw usage_error("--: give a command behind it");
    const auto lease_span = line.duration("--lease", false);
    if (lease_span && !command.empty()) {
        throw usage_error("--lease is for get without CMD: the item is held while CMD runs");
    }
    const queue_name name = line.queue();
    // Checked before an item is taken, so that a misspelt command spends no attempt.
    if (const int code = command_code(command); code != 0) return code;
    job_queue queue(command.empty() ? name.url() : name.url(family_lease));
    const auto timeout = line.duration("--timeout");
    tell_of_pause(queue, name);
    job_lease lease = timeout ? queue.take_for(*timeout) : queue.take();
    if (!lease) return no_item(lease.state(), name);
    if (!command.empty()) return run_with(std::move(lease), command, name);
    const std::string item = *lease;
    const auto ticket = lease.detach(lease_span.value_or(std::chrono::minutes(10)));
    if (!ticket) throw own_error("the item was lost to somebody else: try again");
    try {
        print_data(shown(*ticket) + '\t' + item + '\n');
    } catch (const own_error&) {
        static_cast<void>(queue.attach(*ticket).release());  // nobody has seen the item
        throw;
    }
    return 0;
}

}  // namespace conq::cli

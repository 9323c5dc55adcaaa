// SPDX-License-Identifier: BSL-1.0
#include "cli/job_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "cli/message.hpp"
#include "cli/word_file.hpp"

namespace conq::cli {
namespace {

// A file descriptor that closes itself.
class descriptor {
public:
    explicit descriptor(int file = -1) noexcept : file_(file) {}
    descriptor(descriptor&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~descriptor() { close(); }
    void close() noexcept {
        if (file_ >= 0) ::close(std::exchange(file_, -1));
    }
    [[nodiscard]] int get() const noexcept { return file_; }

private:
    int file_;
};

// A job that takes longer, or writes more pieces of output, is not one of those that end at once.
constexpr int quick_ms = 20;
constexpr int quick_turns = 16;

bool is_runnable(const std::string& path) {
    struct stat about{};
    return ::access(path.c_str(), X_OK) == 0 && ::stat(path.c_str(), &about) == 0 &&
           S_ISREG(about.st_mode);
}

// Our environment with these variables added. They replace ours of the same name.
std::vector<char*> environment_with(std::vector<std::string>& variables) {
    std::vector<char*> all;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view old(*each);
        const bool is_replaced =
            std::any_of(variables.begin(), variables.end(), [&](const std::string& other) {
                return old.starts_with(std::string_view(other).substr(0, other.find('=') + 1));
            });
        if (!is_replaced) all.push_back(*each);
    }
    for (std::string& each : variables) all.push_back(each.data());
    all.push_back(nullptr);
    return all;
}

outcome cannot_start(std::string_view program, int code) {
    const bool missing = code == ENOENT || code == ENOTDIR;
    // Short, for messages of thousands of jobs may be held back, and the line names the item, too.
    std::string text = fmt::format("cannot run {}: {}", shown(program), std::strerror(code));
    if (code == E2BIG) text += ": give it a shorter command, or the item by --stdin";
    if (const std::string mend = mend_of_lack(code); !mend.empty()) {
        return {outcome::kind::not_started, 0, text + ": lower -j, or " + mend};
    }
    return {missing ? outcome::kind::not_found : outcome::kind::cannot_run, 0, text};
}

}  // namespace

void running_jobs::add(pid_t group) {
    const std::lock_guard held(mutex_);
    groups_.push_back(group);
    if (pending_signal_ != 0) ::kill(-group, pending_signal_);
}

resources running_jobs::reap(pid_t group) {
    const std::lock_guard held(mutex_);
    std::erase(groups_, group);
    rusage used{};
    while (::wait4(group, nullptr, 0, &used) < 0 && errno == EINTR) {
    }
    const auto ms = [](const timeval& of) {
        return std::int64_t{of.tv_sec} * 1000 + of.tv_usec / 1000;
    };
    return {ms(used.ru_utime), ms(used.ru_stime), used.ru_maxrss, 0};
}

void running_jobs::signal_all(int signal) {
    const std::lock_guard held(mutex_);
    pending_signal_ = signal;
    for (const pid_t group : groups_) {
        ::kill(-group, signal);
        ::kill(-group, SIGCONT);  // a stopped process does not act on SIGTERM
    }
}

struct process_runner::process {
    std::uint64_t number = 0;
    pid_t id = -1;
    std::array<descriptor, 2> ends;        // to read standard output and error from
    std::array<descriptor, 2> write_ends;  // those of the job, open until it has started
    descriptor input;
    descriptor ended;  // readable when the job has ended; only for jobs that take a while
    time_limit limit;
    bool has_stopped_once = false;
    bool may_print = true;
    std::function<void(pid_t)> on_slow;
    std::uint64_t output_bytes = 0;
    std::string failure;                // why it fails, whatever its exit code
    std::unique_lock<std::mutex> turn;  // held while its output is printed as it comes
};

process_runner::process_runner(std::string program, running_jobs& running, start_gate& gate,
                               spool& overflow, printer& out)
    : program_(std::move(program)),
      running_(running),
      gate_(gate),
      overflow_(overflow),
      printer_(out),
      null_input_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    if (null_input_ < 0) {  // without it jobs would read our own input
        throw own_error(fmt::format("cannot read /dev/null: {}", std::strerror(errno)));
    }
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

process_runner::~process_runner() {
    posix_spawnattr_destroy(&attributes_);
    ::close(null_input_);
}

outcome process_runner::run(process_request& request, job_output& output) {
    start_gate::place place(gate_);
    std::optional<process> job;  // gone, with its files, before the place
    outcome started;
    const bool has_tried = place.start([&] {
        job.emplace();
        request.begin = std::chrono::steady_clock::now();
        started = start(request, *job);
        if (started.how != outcome::kind::not_started) return true;
        job.reset();
        return false;
    });
    if (request.on_started) request.on_started();
    if (!has_tried || started.how != outcome::kind::ok) return started;
    job->number = request.number;
    job->may_print = request.may_print;
    job->on_slow = std::move(request.on_slow);
    running_.add(job->id);
    job->limit = time_limit(request.time_limit);
    take_output(*job, output);
    return wait_for_end(*job);
}

// Starts the process with its pipes. Returns ok if it runs.
outcome process_runner::start(process_request& request, process& into) {
    const std::string name(request.arguments[0]);
    for (std::size_t i = 0; i < 2; ++i) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_start(name, errno);
        into.ends[i] = descriptor(ends[0]);
        into.write_ends[i] = descriptor(ends[1]);
    }
    if (request.input != nullptr) {
        // A file, not a pipe: a job may read as much or as little of it as it likes.
        into.input = descriptor(open_words(*request.input, request.delimiter, word_ends::between));
        if (into.input.get() < 0) return cannot_start(name, errno);
    }
    std::string path = program_;
    int code = 127;
    if (path.empty()) path = find_program(name, code);
    if (path.empty()) return cannot_start(name, code == 127 ? ENOENT : EACCES);
    std::vector<char*> arguments = request.arguments.pointers();
    const std::vector<char*> variables = environment_with(request.variables);
    int error = spawn(path.c_str(), arguments.data(), variables.data(), into);
    if (error == ENOEXEC) {  // a script without #!: run it as execvp and every shell do
        arguments[0] = path.data();
        char shell[] = "/bin/sh";
        arguments.insert(arguments.begin(), shell);
        error = spawn(shell, arguments.data(), variables.data(), into);
    }
    for (descriptor& end : into.write_ends) end.close();
    into.input.close();
    return error == 0 ? outcome{} : cannot_start(name, error);
}

int process_runner::spawn(const char* path, char* const* arguments, char* const* variables,
                          process& into) const {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int input = into.input.get() >= 0 ? into.input.get() : null_input_;
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, into.write_ends[0].get(), 1);
    posix_spawn_file_actions_adddup2(&actions, into.write_ends[1].get(), 2);
    const int error = ::posix_spawn(&into.id, path, &actions, &attributes_, arguments, variables);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// Reads both streams until they end, or until the job has ended: a process that the job left behind
// may hold them open.
void process_runner::take_output(process& from, job_output& output) {
    int timeout_ms = quick_ms;
    for (int turn = 0; from.ends[0].get() >= 0 || from.ends[1].get() >= 0; ++turn) {
        std::array<pollfd, 3> ready{{{from.ends[0].get(), POLLIN, 0},
                                     {from.ends[1].get(), POLLIN, 0},
                                     {from.ended.get(), POLLIN, 0}}};
        const int count = ::poll(ready.data(), ready.size(), from.limit.wait_ms(timeout_ms));
        from.limit.enforce(from.id);
        if ((count == 0 || turn == quick_turns) && from.ended.get() < 0) {
            watch_end(from);
            note_slow(from);
            timeout_ms = 1000;
        }
        if (count == 0) {
            siginfo_t about{};
            if (::waitid(P_PID, static_cast<id_t>(from.id), &about, WSTOPPED | WNOHANG) == 0 &&
                about.si_pid != 0) {
                handle_stop(from, about.si_status);
            }
            continue;
        }
        if (ready[2].revents != 0) return take_rest(from, output);
        for (std::size_t i = 0; i < 2; ++i) {
            if (ready[i].revents != 0) take_some(from, i, output);
        }
    }
}

// Reads what the pipes hold of a job that has ended, and no more: a process that it left behind may
// write for ever.
void process_runner::take_rest(process& from, job_output& output) {
    for (std::size_t i = 0; i < 2; ++i) {
        int left = 0;
        if (from.ends[i].get() < 0 || ::ioctl(from.ends[i].get(), FIONREAD, &left) != 0) continue;
        std::string bytes(static_cast<std::size_t>(left), '\0');
        const ssize_t got = left > 0 ? ::read(from.ends[i].get(), bytes.data(), bytes.size()) : 0;
        if (got > 0) keep(from, i, bytes.data(), static_cast<std::size_t>(got), output);
    }
}

void process_runner::take_some(process& from, std::size_t stream, job_output& output) {
    char buffer[65'536];
    const ssize_t got = ::read(from.ends[stream].get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) return from.ends[stream].close();
    keep(from, stream, buffer, static_cast<std::size_t>(got), output);
}

void process_runner::keep(process& from, std::size_t stream, const char* bytes, std::size_t size,
                          job_output& output) {
    job_output::stream& kept = output.streams[stream];
    from.output_bytes += size;
    if (from.turn.owns_lock()) return printer_.print_now(from.turn, output, stream, {bytes, size});
    if (kept.spooled.empty() && kept.memory.size() + size <= memory_bytes_max) {
        kept.memory.append(bytes, size);
        return;
    }
    if (overflow_.append(bytes, size, kept.spooled)) return;
    if (!from.may_print) {
        from.failure = "its output finds no room, and is lost in part";
        return;
    }
    // No room: once it is this job's turn, print what there is, and then the rest as it comes.
    from.turn = printer_.take_turn(from.number);
    printer_.print_now(from.turn, output);
    printer_.print_now(from.turn, output, stream, {bytes, size});
    output.streams = {};
}

// The kernel stops a job that uses the terminal, because the job is not in the foreground. The
// first time the job may continue; the second time it is killed.
void process_runner::handle_stop(process& job, int signal) {
    if (signal != SIGTTIN && signal != SIGTTOU) return;  // somebody stopped it on purpose
    if (std::exchange(job.has_stopped_once, true)) {
        job.failure = fmt::format("it wants the terminal ({}), which jobs cannot have",
                                  signal == SIGTTIN ? "SIGTTIN" : "SIGTTOU");
        ::kill(-job.id, SIGKILL);
    } else {
        ::kill(-job.id, SIGCONT);
    }
}

void process_runner::watch_end(process& of) {
    if (of.ended.get() >= 0) return;
    of.ended = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, of.id, 0)));
}

// The job is one that takes a while: tells the caller so, once.
void process_runner::note_slow(process& of) {
    if (const auto tell = std::exchange(of.on_slow, nullptr)) tell(of.id);
}

// Waits until the job ends or is stopped. Ends it if it takes too long.
siginfo_t process_runner::next_change(process& of) {
    constexpr int longest_ms = 100;  // a stop is only seen by looking
    for (;;) {
        const bool polls = of.limit.is_set() || of.on_slow;
        const int flags = WEXITED | WSTOPPED | WNOWAIT | (polls ? WNOHANG : 0);
        siginfo_t about{};
        const int failed = ::waitid(P_PID, static_cast<id_t>(of.id), &about, flags);
        if (failed != 0 && errno == EINTR) continue;
        if (failed != 0 || about.si_pid != 0) return about;
        watch_end(of);
        pollfd ready{of.ended.get(), POLLIN, 0};
        const int wait_ms = of.limit.wait_ms(of.on_slow ? quick_ms : longest_ms);
        if (::poll(&ready, 1, wait_ms) == 0) note_slow(of);
        of.limit.enforce(of.id);
    }
}

outcome process_runner::wait_for_end(process& of) {
    siginfo_t about{};
    for (;;) {
        about = next_change(of);
        if (about.si_code != CLD_STOPPED) break;
        handle_stop(of, about.si_status);
        ::waitid(P_PID, static_cast<id_t>(of.id), &about, WSTOPPED | WNOHANG);  // used up
    }
    resources used = running_.reap(of.id);
    used.output_bytes = of.output_bytes;
    if (of.turn.owns_lock()) of.turn.unlock();
    if (!of.failure.empty()) return {outcome::kind::failed, 0, of.failure, used};
    if (of.limit.has_struck()) return {outcome::kind::timed_out, 0, of.limit.reason(), used};
    if (about.si_code != CLD_EXITED) return {outcome::kind::died, about.si_status, {}, used};
    if (about.si_status != 0) return {outcome::kind::failed, about.si_status, {}, used};
    return {.used = used};
}

std::string mend_of_lack(int code) {
    switch (code) {
        case EMFILE:
        case ENFILE:
            return "raise ulimit -n";
        case EAGAIN:
            return "raise ulimit -u";
        case ENOMEM:
            return "free memory";
        default:
            return {};
    }
}

std::string find_program(const std::string& name, int& code) {
    code = 127;
    if (name.empty()) return {};
    if (name.find('/') != std::string::npos) {
        if (is_runnable(name)) return name;
        if (::access(name.c_str(), F_OK) == 0) code = 126;
        return {};
    }
    const char* const variable = std::getenv("PATH");
    const std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        const std::string_view folder = std::string_view(path).substr(at, end - at);
        const std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
        if (is_runnable(candidate)) return candidate;
        if (::access(candidate.c_str(), F_OK) == 0) code = 126;
        at = end + 1;
    }
    return {};
}

}  // namespace conq::cli

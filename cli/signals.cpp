// SPDX-License-Identifier: BSL-1.0
#include "cli/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

constexpr std::int64_t kill_after_ms = 10'000;
// A write that is stuck at so many looks, so far apart, waits for a reader that does not come. It
// is the looks that count, and no length of time: it may be us who were stopped for two seconds.
constexpr int looks_most = 10;
constexpr std::int64_t look_ms = 200;
// The same signal again within this time counts as one: timeout(1) sends a signal to its child, and
// then to the process group; when a terminal is closed, SIGHUP has two senders. No user is that
// fast.
constexpr std::int64_t echo_ms = 100;
constexpr int tick_ms = 200;

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool is_ignored(int signal) {
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

signal_thread::signal_thread(signal_actions actions)
    : actions_(std::move(actions)), last_at_ms_(now_ms() - echo_ms), none_at_ms_(now_ms()) {
    sigset_t handled;
    sigemptyset(&handled);
    for (const int signal : {SIGINT, SIGHUP, SIGTERM}) {
        if (!is_ignored(signal)) sigaddset(&handled, signal);
    }
    pthread_sigmask(SIG_BLOCK, &handled, nullptr);
    signals_ = ::signalfd(-1, &handled, SFD_CLOEXEC);
    end_ = ::eventfd(0, EFD_CLOEXEC);
    if (signals_ < 0 || end_ < 0) {  // the thread could not end, or would get no signal
        throw own_error(
            fmt::format("cannot watch for signals: {}: raise ulimit -n", std::strerror(errno)));
    }
    thread_ = std::thread([this] { run(); });
}

signal_thread::~signal_thread() {
    eventfd_write(end_, 1);
    thread_.join();
    ::close(signals_);
    ::close(end_);
}

void signal_thread::run() {
    for (;;) {
        pollfd ready[2] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
        const std::int64_t looked_at_ms = now_ms();
        const int found = ::poll(ready, 2, timeout_ms());
        if (ready[1].revents != 0) return;
        if (ready[0].revents != 0) {
            signalfd_siginfo about{};
            if (::read(signals_, &about, sizeof about) == sizeof about) {
                handle(static_cast<int>(about.ssi_signo));
            }
        } else if (found >= 0) {
            none_at_ms_ = looked_at_ms;
        }
        if (level_ >= 2 && now_ms() >= next_at_ms_) act_on_time();
        if (actions_.tick) actions_.tick();
    }
}

// How long to wait at most; negative: until a signal comes.
int signal_thread::timeout_ms() const {
    const std::int64_t now = now_ms();
    std::int64_t left = -1;
    const auto within = [&left](std::int64_t span) {
        span = std::max<std::int64_t>(0, span);
        left = left < 0 ? span : std::min(left, span);
    };
    if (actions_.tick) within(tick_ms);
    if (level_ >= 2) within(next_at_ms_ - now);
    const std::int64_t echo_ends_at_ms = last_at_ms_ + echo_ms;
    if (none_at_ms_ < echo_ends_at_ms) within(echo_ends_at_ms - now);
    return static_cast<int>(left);
}

// The same signal is a new one only if we have seen that none was pending when the time of echoes
// was over: when we read it says little of when it came, for we may have been late.
void signal_thread::handle(int signal) {
    const std::int64_t last_at_ms = std::exchange(last_at_ms_, now_ms());
    if (std::exchange(last_, signal) == signal && none_at_ms_ - last_at_ms < echo_ms) return;
    const int next = level_ + 1;
    if (next < 4) {
        escalate(signal == SIGTERM ? std::max(next, 2) : next, signal);
    } else if (actions_.stuck_write() != 0) {
        escalate(4, signal);
    }
}

void signal_thread::act_on_time() {
    if (level_ == 2) return escalate(3, SIGTERM);
    next_at_ms_ = now_ms() + look_ms;
    if (level_ == 3) look_for_stuck_write();
}

void signal_thread::look_for_stuck_write() {
    const std::uint64_t found = actions_.stuck_write();
    const bool is_the_same = found != 0 && std::exchange(stuck_, found) == found;
    looks_ = is_the_same ? looks_ + 1 : 0;
    if (looks_ == looks_most) escalate(4, SIGTERM);
}

void signal_thread::escalate(int to, int signal) {
    if (level_ < 1 && to >= 1) actions_.drain(signal);
    if (level_ < 2 && to >= 2) {
        next_at_ms_ = now_ms() + kill_after_ms;
        actions_.terminate(signal);
    }
    if (level_ < 3 && to >= 3) {
        next_at_ms_ = now_ms() + look_ms;
        actions_.kill();
    }
    if (level_ < 4 && to >= 4) actions_.abandon();
    level_ = std::max(level_, to);
}

}  // namespace conq::cli

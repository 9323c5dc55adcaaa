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
constexpr std::int64_t abandon_after_ms = 2'000;
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

signal_thread::signal_thread(signal_actions actions) : actions_(std::move(actions)) {
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
        ::poll(ready, 2, timeout_ms());
        if (ready[1].revents != 0) return;
        if (ready[0].revents != 0) {
            signalfd_siginfo about{};
            if (::read(signals_, &about, sizeof about) == sizeof about) {
                handle(static_cast<int>(about.ssi_signo));
            }
        }
        if (level_ >= 2 && now_ms() >= next_at_ms_) escalate(level_ + 1, SIGTERM);
        if (actions_.tick) actions_.tick();
    }
}

int signal_thread::timeout_ms() const {
    if (level_ < 2) return actions_.tick ? tick_ms : -1;
    const std::int64_t left = std::max<std::int64_t>(0, next_at_ms_ - now_ms());
    return static_cast<int>(actions_.tick ? std::min<std::int64_t>(left, tick_ms) : left);
}

void signal_thread::handle(int signal) {
    const std::int64_t last_at_ms = std::exchange(last_at_ms_, now_ms());
    if (std::exchange(last_, signal) == signal && last_at_ms_ - last_at_ms < echo_ms) return;
    escalate(signal == SIGTERM ? std::max(level_ + 1, 2) : level_ + 1, signal);
}

void signal_thread::escalate(int to, int signal) {
    if (level_ < 1 && to >= 1) actions_.drain(signal);
    if (level_ < 2 && to >= 2) {
        next_at_ms_ = now_ms() + kill_after_ms;
        actions_.terminate(signal);
    }
    if (level_ < 3 && to >= 3) {
        next_at_ms_ = now_ms() + abandon_after_ms;
        actions_.kill();
    }
    if (level_ < 4 && to >= 4) actions_.abandon();
    level_ = std::max(level_, to);
}

}  // namespace conq::cli

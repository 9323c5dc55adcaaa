// SPDX-License-Identifier: BSL-1.0
// How jobs are ended: by a time limit, and by signals to conq.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "cli/signals.hpp"
#include "cli/time_limit.hpp"

namespace conq::cli {
namespace {

using std::chrono::milliseconds;

// Starts a process in a group of its own. It calls `begin`, stops, and waits for signals once it
// goes on. Returns when it has stopped, so `begin` has had its effect however slow the machine is.
template <typename Function> pid_t stopped_child(Function begin) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::setpgid(0, 0);
        begin();
        ::raise(SIGSTOP);
        for (;;) ::pause();
    }
    siginfo_t about{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(child), &about, WSTOPPED), 0);
    return child;
}

// Waits until the limit is due.
void wait_for(const time_limit& limit) {
    constexpr int long_ms = 60'000;
    while (const int left_ms = limit.wait_ms(long_ms)) ::poll(nullptr, 0, left_ms);
}

// How a child ended: its exit code, or the signal negated.
int end_of(pid_t child) {
    int how = 0;
    EXPECT_EQ(::waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

// Waits until a child has ended, and leaves it a zombie, as one that conq has not looked at.
void see_end(pid_t child) {
    siginfo_t about{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &about, WEXITED | WNOWAIT), 0);
}

TEST(time_limit, does_not_strike_a_job_that_has_ended_before_we_look) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(7);
    time_limit limit(milliseconds(1));
    see_end(child);
    wait_for(limit);
    limit.enforce(child);
    EXPECT_FALSE(limit.has_struck());
    EXPECT_EQ(limit.wait_ms(1'000), 1'000);  // nothing is left to enforce
    EXPECT_EQ(end_of(child), 7);
}

TEST(time_limit, ends_a_stopped_job_by_sigterm) {
    const pid_t child = stopped_child([] { ::signal(SIGTERM, [](int) { ::_exit(3); }); });
    time_limit limit(milliseconds(1));
    wait_for(limit);
    limit.enforce(child);
    EXPECT_TRUE(limit.has_struck());
    EXPECT_EQ(end_of(child), 3);
}

TEST(time_limit, kills_what_ignores_sigterm_after_the_grace) {
    const pid_t child = stopped_child([] { ::signal(SIGTERM, SIG_IGN); });
    time_limit limit(milliseconds(1), milliseconds(1));
    for (int i = 0; i < 2; ++i) {
        wait_for(limit);
        limit.enforce(child);
    }
    EXPECT_EQ(end_of(child), -SIGKILL);
}

TEST(time_limit, still_counts_once_the_job_has_ended_of_it) {
    const pid_t child = stopped_child([] {});
    time_limit limit(milliseconds(1), milliseconds(1));
    wait_for(limit);
    limit.enforce(child);
    see_end(child);
    wait_for(limit);
    limit.enforce(child);
    EXPECT_TRUE(limit.has_struck());
    EXPECT_EQ(end_of(child), -SIGTERM);
}

TEST(time_limit, ends_the_process_and_not_its_group_if_told_so) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = stopped_child([] {
        if (::fork() == 0) ::pause();  // of the same group; holds the pipe open
    });
    ::close(ends[1]);
    time_limit limit(milliseconds(1));
    wait_for(limit);
    limit.enforce(child, true);
    EXPECT_EQ(end_of(child), -SIGTERM);
    pollfd open{ends[0], POLLIN, 0};
    EXPECT_EQ(::poll(&open, 1, 0), 0);
    EXPECT_EQ(::kill(-child, SIGKILL), 0);
    EXPECT_EQ(::poll(&open, 1, -1), 1);
    ::close(ends[0]);
}

// A signal_thread blocks signals in the thread that makes it: this gives them back.
class mask_kept {
public:
    mask_kept() { ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_); }
    ~mask_kept() { ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr); }
    mask_kept(const mask_kept&) = delete;
    mask_kept& operator=(const mask_kept&) = delete;

private:
    sigset_t mask_{};
};

void wait_until_read(int signal) {
    for (sigset_t pending;;) {
        ::sigpending(&pending);
        if (::sigismember(&pending, signal) == 0) return;
        std::this_thread::yield();
    }
}

// Sends a signal to this process, and returns when the signal_thread has read it.
void send(int signal) {
    ::kill(::getpid(), signal);
    wait_until_read(signal);
}

template <typename Condition> void wait_until(Condition is_met) {
    while (!is_met()) std::this_thread::yield();
}

TEST(signals, one_that_comes_twice_at_once_counts_once_although_we_are_late) {
    const mask_kept kept;
    std::atomic<bool> is_late{false};
    std::atomic<int> kills{0};
    {
        const signal_thread signals({.drain = [](int) {},
                                     .terminate =
                                         [&](int) {
                                             ::kill(::getpid(), SIGTERM);
                                             ::poll(nullptr, 0, 200);  // longer than echoes count
                                             is_late = true;
                                             is_late.notify_one();
                                         },
                                     .kill = [&] { ++kills; },
                                     .abandon = [] {},
                                     .stuck_write = [] { return 0; },
                                     .tick = {}});
        send(SIGTERM);
        is_late.wait(false);
        wait_until_read(SIGTERM);
    }
    EXPECT_EQ(kills, 0);
}

TEST(signals, abandon_what_is_stuck_in_one_write_and_nothing_else) {
    const mask_kept kept;
    std::atomic<int> looks{0}, abandoned_at{0};
    constexpr std::uint64_t stuck = 1'000;
    constexpr int looks_without = 12;  // more than an abandoned write needs
    const signal_thread signals({.drain = [](int) {},
                                 .terminate = [](int) {},
                                 .kill = [] {},
                                 .abandon =
                                     [&] {
                                         abandoned_at = looks.load();
                                         abandoned_at.notify_one();
                                     },
                                 .stuck_write = [&]() -> std::uint64_t {
                                     const auto look = static_cast<std::uint64_t>(++looks);
                                     if (look > looks_without) return stuck;
                                     return look % 3 == 0 ? 0 : look;  // slow, but somebody reads
                                 },
                                 .tick = {}});
    send(SIGTERM);
    send(SIGINT);
    abandoned_at.wait(0);
    EXPECT_GT(abandoned_at, looks_without + 1);
}

TEST(signals, once_more_abandons_only_what_is_stuck) {
    const mask_kept kept;
    std::atomic<std::uint64_t> stuck{0};
    std::atomic<std::int64_t> abandoned_with{-1};
    const signal_thread signals(
        {.drain = [](int) {},
         .terminate = [](int) {},
         .kill = [] {},
         .abandon = [&] { abandoned_with = static_cast<std::int64_t>(stuck.load()); },
         .stuck_write = [&] { return stuck.load(); },
         .tick = {}});
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) send(each);
    send(SIGINT);
    stuck = 5;
    send(SIGHUP);
    abandoned_with.wait(-1);
    EXPECT_EQ(abandoned_with, 5);
}

}  // namespace
}  // namespace conq::cli

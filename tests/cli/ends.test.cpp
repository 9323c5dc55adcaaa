// SPDX-License-Identifier: BSL-1.0
// How jobs are ended: by a time limit, and by signals to conq.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

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

}  // namespace
}  // namespace conq::cli

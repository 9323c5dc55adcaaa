// SPDX-License-Identifier: BSL-1.0
// Clocks jump by an hour while leases are held: the wall clock is set, the machine sleeps, or all
// that uses a queue is stopped.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "conq/jobs.hpp"
#include "tests/jobs/commits_held.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/support/thread_state.hpp"

namespace {
std::atomic<long> set_by_s{0}, asleep_for_s{0}, stopped_for_s{0};
}

// Replaces the C library's function in all of this program.
extern "C" int clock_gettime(clockid_t clock, timespec* into) noexcept {
    const long failed = ::syscall(SYS_clock_gettime, clock, into);
    if (failed != 0) return static_cast<int>(failed);
    if (clock == CLOCK_REALTIME) into->tv_sec += set_by_s.load() + asleep_for_s.load();
    if (clock == CLOCK_BOOTTIME) into->tv_sec += asleep_for_s.load();
    if (clock == CLOCK_MONOTONIC) into->tv_sec += stopped_for_s.load();
    return 0;
}

namespace {

using namespace std::chrono_literals;
using conq::job_queue;
using conq::job_state;
using conq::status;
using conq::test::watched_thread;

class AClockThatJumps : public testing::TestWithParam<long> {
protected:
    ~AClockThatJumps() override { set_by_s = 0; }
    static void jump() { set_by_s = GetParam() * 3600; }

    folder place_;
    job_queue queue_{place_ / "q"}, other_{place_ / "q"};
};
INSTANTIATE_TEST_SUITE_P(ByHours, AClockThatJumps, testing::Values(1, -1), [](const auto& about) {
    return about.param > 0 ? "Forward" : "Backward";
});

TEST_P(AClockThatJumps, CanaryIsSeen) {
    const auto before = std::chrono::system_clock::now();
    jump();
    const auto jumped = std::chrono::system_clock::now() - before;
    EXPECT_GT(std::chrono::abs(jumped), 59min);
}

TEST_P(AClockThatJumps, EndsNoLease) {
    static_cast<void>(queue_.put("held"));
    static_cast<void>(queue_.put("detached"));
    auto held = queue_.take();
    auto detached = queue_.take();
    const auto ticket = detached.detach(10min);
    jump();
    EXPECT_EQ(other_.try_take().state(), status::empty);  // and the next second's look, too
    EXPECT_EQ(other_.take_for(1500ms).state(), status::timed_out);
    EXPECT_EQ(queue_.attach(*ticket).done(), status::ok);
    EXPECT_EQ(held.done(), status::ok);
    EXPECT_TRUE(queue_.try_join());
}

TEST(AMachineThatSleeps, LosesNoLease) {
    const folder place;
    job_queue queue(place / "q"), other(place / "q");
    static_cast<void>(queue.put("held"));
    static_cast<void>(queue.put("detached"));
    auto held = queue.take();
    const auto ticket = queue.take().detach(10min);
    asleep_for_s = 3600;
    EXPECT_EQ(other.try_take().state(), status::empty);
    EXPECT_EQ(other.take_for(1500ms).state(), status::timed_out);
    EXPECT_EQ(queue.attach(*ticket).done(), status::ok);
    EXPECT_EQ(held.done(), status::ok);
    asleep_for_s = 0;
}

TEST_P(AClockThatJumps, MakesNoAttemptLate) {
    static_cast<void>(queue_.put("a", {.max_attempts = 1, .time_limit = 10min}));
    auto task = queue_.take();
    jump();
    EXPECT_EQ(queue_.take_for(100ms).state(), status::timed_out);
    EXPECT_EQ(task.done(), status::ok);
}

TEST_P(AClockThatJumps, NeitherLosesNorDoublesWhatWaits) {
    static_cast<void>(queue_.put("later", {.delay = 30min}));
    static_cast<void>(queue_.put("now"));
    jump();
    auto first = queue_.take();
    auto second = queue_.try_take();
    EXPECT_EQ(bool(second), GetParam() > 0);  // its time has come by the clock of the day
    EXPECT_EQ(first.done(), status::ok);
    if (second) {
        EXPECT_EQ(second.done(), status::ok);
    }
    set_by_s = 3600;  // and a clock that was set wrong is set right
    auto third = queue_.try_take();
    EXPECT_EQ(bool(third), GetParam() < 0);
    if (third) {
        EXPECT_EQ(third.done(), status::ok);
    }
    EXPECT_EQ(queue_.stats().done, 2U);
}

TEST_P(AClockThatJumps, MakesNoOutputNewAndNoneOld) {
    const conq::job_options options{.key = "k"};
    EXPECT_EQ(queue_.take_this("a", options).lease.fail("why", "first"), status::ok);
    jump();
    job_queue later(place_ / "q");
    EXPECT_FALSE(later.take_this("a", options).has_new_output);
    EXPECT_TRUE(queue_.take_this("a", options).has_new_output);
    set_by_s = 0;
    EXPECT_EQ(queue_.take_this("a", options, true).lease.done("", "second"), status::ok);
    EXPECT_TRUE(later.take_this("a", options).has_new_output);
}

// As seen by processes that are stopped together for an hour, and by a virtual machine.
class AnHourInWhichNothingRan : public testing::Test {
protected:
    ~AnHourInWhichNothingRan() override { stopped_for_s = 0; }
    static void pass() { stopped_for_s += 3600; }
    // Looks for a job, and finds none.
    watched_thread look() {
        return watched_thread([this] { EXPECT_EQ(other_.try_take().state(), status::empty); });
    }

    folder place_;
    job_queue queue_{place_ / "q"}, other_{place_ / "q"};
};

TEST_F(AnHourInWhichNothingRan, EndsTheLeasesOfOthers) {
    static_cast<void>(queue_.put("a"));
    auto held = queue_.take();
    pass();
    EXPECT_TRUE(other_.try_take());
    EXPECT_EQ(held.done(), status::lease_lost);
}

TEST_F(AnHourInWhichNothingRan, EndsNoLeaseOfTheHandleThatLooks) {
    job_queue memory("memory:");
    for (job_queue* each : {&queue_, &memory}) {
        static_cast<void>(each->put("a"));
        auto held = each->take();
        pass();
        EXPECT_EQ(each->try_take().state(), status::empty);
        EXPECT_EQ(held.done(), status::ok);
    }
}

TEST_F(AnHourInWhichNothingRan, EndsNoLeaseIfWhoLooksHasWaitedForTheLock) {
    static_cast<void>(queue_.put("a"));
    auto held = queue_.take();
    std::optional<commits_held> stopped(place_ / "q");
    auto looks = look();
    looks.wait_until_asleep();
    pass();
    stopped.reset();
    looks.join();
    EXPECT_EQ(held.done(), status::ok);
}

TEST_F(AnHourInWhichNothingRan, EndsNoLeaseIfAnyoneHasWaitedForTheLock) {
    for (int i = 0; i < 10; ++i) {  // who gets the lock first is left to chance
        static_cast<void>(queue_.put("a"));
        auto held = queue_.take();
        std::optional<commits_held> stopped(place_ / "q");
        watched_thread extends([&] { EXPECT_EQ(held.extend(1min), status::ok); });
        extends.wait_until_asleep();
        pass();
        auto looks = look();
        looks.wait_until_asleep();
        stopped.reset();
        looks.join();
        extends.join();
        EXPECT_EQ(held.done(), status::ok);
    }
}

TEST_F(AnHourInWhichNothingRan, EndsNoLeaseIfWhoLooksHasWaitedForAnotherProgram) {
    static_cast<void>(queue_.put("a"));
    auto held = queue_.take();
    sqlite3* stranger = nullptr;
    ASSERT_EQ(sqlite3_open((place_ / "q").c_str(), &stranger), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(stranger, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    auto looks = look();
    looks.wait_until_asleep();
    pass();
    EXPECT_EQ(sqlite3_exec(stranger, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    looks.join();
    EXPECT_EQ(held.done(), status::ok);
    sqlite3_close(stranger);
}

}  // namespace

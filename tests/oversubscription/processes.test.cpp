// SPDX-License-Identifier: BSL-1.0
// A crowd in a process that does not always run: stopped and let go again and again, or under a
// quota of processor time.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string>
#include <thread>

#include "../contract/subjects.hpp"
#include "crowd.hpp"
#include "testing/faults/sanitizers.hpp"
#include "testing/faults/watchdog.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite
using namespace std::chrono_literals;

// What a process and its child both see.
struct board {
    std::atomic<bool> may_end{false};
    std::atomic<std::uint64_t> rounds{0};
};
class shared_board {
public:
    shared_board()
        : place_(::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0)),
          board_(place_ == MAP_FAILED ? nullptr : ::new(place_) board) {}
    shared_board(const shared_board&) = delete;
    shared_board& operator=(const shared_board&) = delete;
    ~shared_board() {
        if (board_ != nullptr) ::munmap(place_, sizeof(board));
    }
    board* operator->() const noexcept { return board_; }

private:
    void* place_;
    board* board_;
};

template <class Subject> class limited_process : public contract<Subject> {
protected:
    using crowd_type = crowd<typename Subject::template queue<parcel>>;

    // What the child does: rounds, until it may end; 0, or 1 if something was found.
    int play() const {
        take_two_cores();
        findings found;
        watchdog dog;
        team threads(crowd_type::threads);
        crowd_type stage(threads, true, found);
        for (std::uint64_t seed = first_seed(); found.count() == 0; ++seed) {
            dog.beat(Subject::name, seed);
            stage.run(seed, 50'000'000, false);
            ++shared_->rounds;
            if (shared_->may_end) break;
        }
        stage.conclude(Subject::name);
        std::printf("%s", found.text().c_str());
        return found.count() == 0 ? 0 : 1;
    }

    // Stops it for 60 of 80 ms, so many times.
    static void stop_again_and_again(child_process& child, std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            std::this_thread::sleep_for(20ms);  // it runs
            child.stop();
            ASSERT_TRUE(child.wait_until_stopped()) << "it has ended with " << child.exit_code();
            std::this_thread::sleep_for(60ms);
            child.resume();
        }
    }

    // The child has to end well. `count`: how often it was stopped.
    void conclude(child_process& child, const char* method, std::uint64_t count) const {
        shared_->may_end = true;
        ASSERT_EQ(child.exit_code(), 0) << "what it found is above; seed " << first_seed();
        EXPECT_GT(shared_->rounds, 0u);
        publish({std::string("a crowd that does not run: ") + Subject::name,
                 std::string(method) + sanitizer_suffix, count, 0, first_seed()});
    }

    const shared_board shared_;
};
using subjects_that_differ = ::testing::Types<locked, bounded_ring, segmented>;
TYPED_TEST_SUITE(limited_process, subjects_that_differ, subject_names);

TYPED_TEST(limited_process, nobody_stalls_for_longer_than_the_process_is_stopped) {
    const std::uint64_t times = scaled(20);
    child_process child([this] { return this->play(); });
    this->stop_again_and_again(child, times);
    this->conclude(child, "stopped and resumed", times);
}

// Where no group with a quota can be made, stops take its place: they are what it comes down to.
TYPED_TEST(limited_process, nobody_stalls_for_longer_than_the_quota_explains) {
    const cpu_quota quota(30);
    const std::uint64_t times = scaled(20);
    child_process child([&] { return quota.is_possible() && !quota.enter() ? 2 : this->play(); });
    if (quota.is_possible()) {
        while (quota.throttled_count() < times && !child.has_ended()) {
            std::this_thread::sleep_for(1ms);
        }
    } else {
        this->stop_again_and_again(child, times);
    }
    this->conclude(child, quota.is_possible() ? "CPU quota" : "CPU quota, by stops", times);
}

}  // namespace
}  // namespace conq::test

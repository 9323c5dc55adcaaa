// SPDX-License-Identifier: BSL-1.0
// 64 threads on two cores, with and without a putter that is stopped in the middle of its puts: all
// items come out, and nobody stands still for longer than the machine explains.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>

#include "../contract/subjects.hpp"
#include "crowd.hpp"
#include "testing/faults/sanitizers.hpp"
#include "testing/faults/watchdog.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

template <class Subject> class oversubscription : public contract<Subject> {
protected:
    static constexpr bool is_fifo = (Subject::capabilities & fifo) != 0;
    using queue_type = typename Subject::template queue<parcel>;
    using crowd_type = crowd<queue_type>;

    void SetUp() override { take_two_cores(); }

    // For so long in CI; the rounds are long enough to see a waiter whom others always overtake.
    void play(const char* property, std::uint64_t ci_ms, bool is_stopped) {
        findings found;
        watchdog dog;
        team threads(crowd_type::threads);
        crowd_type stage(threads, is_fifo, found);
        const std::uint64_t first = first_seed(), all_ms = scaled(ci_ms), round_ms = 5'000;
        std::uint64_t items = 0;
        for (std::uint64_t i = 0; i * round_ms < all_ms; ++i) {
            dog.beat(Subject::name, first + i);
            const std::uint64_t left_ms = all_ms - i * round_ms;
            items += stage.run(first + i, std::min(left_ms, round_ms) * 1'000'000, is_stopped);
            ASSERT_EQ(found.count(), 0u) << "seed " << first + i << "\n" << found.text();
        }
        stage.conclude(Subject::name);
        publish({std::string(property) + ": " + Subject::name,
                 std::string("64 threads, 2 cores") + sanitizer_suffix, items, 0, first});
    }
};
TYPED_TEST_SUITE(oversubscription, subjects_for_many, subject_names);

TYPED_TEST(oversubscription, a_crowd_loses_nothing_and_nobody_stalls) {
    this->play("a crowd", 1'500, false);
}

TYPED_TEST(oversubscription, nobody_stalls_for_longer_than_a_stopped_putter) {
    // Without room it is the getter that may stop while it makes the item.
    if constexpr ((TypeParam::capabilities & holds) != 0) {
        this->play("a crowd, stopped putter", 500, true);
    }
}

TYPED_TEST(oversubscription, what_is_behind_a_stopped_put_waits_for_it_and_comes_after) {
    if constexpr ((TypeParam::capabilities & lock_free_try) != 0) {
        using namespace std::chrono_literals;
        typename TestFixture::queue_type q(8);
        std::atomic<platform::instant_ns> stopped_at{0};
        const auto value_of = [](const result<parcel>& got) { return got ? got->value : 0; };
        EXPECT_EQ(q.emplace(1u), status::ok);
        stoppable_thread putter([&] { static_cast<void>(q.put(parcel(2, &stopped_at))); });
        ASSERT_TRUE(putter.wait_until_stopped()) << "between the claim and the publication";
        EXPECT_EQ(q.try_emplace(3u), status::ok) << "others put";
        EXPECT_EQ(value_of(q.get()), 1u) << "what is before it is not held up";
        EXPECT_EQ(q.try_get().state(), status::busy);
        EXPECT_EQ(q.get_for(1ms).state(), status::timed_out);
        EXPECT_EQ(q.size(), 2u);
        putter.resume();
        EXPECT_EQ(value_of(q.get()), 2u);
        EXPECT_EQ(value_of(q.get()), 3u);
        EXPECT_FALSE(putter.wait_until_stopped()) << "it stopped once";
    }
}

}  // namespace
}  // namespace conq::test

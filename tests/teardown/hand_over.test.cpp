// SPDX-License-Identifier: BSL-1.0
// The strong guarantee between two calls: whichever construction, copy or move fails in either of
// them, nothing was handed over, the argument and the count are as before, the partner waits on,
// and the call can be made again.
#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../contract/subjects.hpp"
#include "../support/thread_state.hpp"
#include "calls.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/items.hpp"
#include "testing/faults/points.hpp"
#include "testing/faults/watchdog.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

// A call that meets a waiting call, and fails at the n-th place where it can.
template <class Queue> class encounter {
    using item = typename Queue::value_type;

public:
    encounter(const named_call<Queue>& call, findings& found) : call_(call), found_(found) {}

    /// Whether there was an n-th place.
    bool run(std::uint64_t n) {
        const bool is_put = call_.does == effect::put;
        std::optional<item> theirs;
        if (!is_put) theirs.emplace(7);
        watched_thread partner([&] {
            if (is_put) {
                const auto got = queue_.get();
                expect(got && got->is_intact(7), "the partner got something else");
            } else {
                expect(queue_.put(std::move(*theirs)) == status::ok, "the partner was refused");
            }
        });
        partner.wait_until_asleep();
        if (is_put) desk_.argument.emplace(7);
        bool was_struck = false;
        answer got{status::busy};
        {
            const fault_plan plan(any_fault, n);
            try {
                got = call_.make(desk_);
            } catch (const std::exception&) {  // planned, or of memory for a batch
                expect(!partner.has_ended(), "the partner has ended");
                expect(queue_.unfinished() == 0, "a call that failed is counted");
                expect((is_put ? desk_.argument : theirs)->is_intact(7), "touched an item");
            }
            was_struck = plan.has_fired();
        }
        // The partner may be on its way back to its place.
        while (got.state != status::ok) {
            got = call_.make(desk_);
            platform::native::yield();
        }
        partner.join();
        expect(is_put || got.value == 7, "got something else");
        const bool is_done = call_.does == effect::get_and_done;
        expect(queue_.unfinished() == (is_done ? 0u : 1u), "the wrong count");
        return was_struck;
    }

private:
    void expect(bool is_right, const char* wrong) {
        if (!is_right) found_.add(std::string(call_.name) + ": " + wrong);
    }

    const named_call<Queue>& call_;
    findings& found_;
    Queue queue_{0};
    desk<Queue> desk_{queue_, {}, {}};
};

template <class Queue> std::uint64_t fail_each(findings& found) {
    std::uint64_t struck = 0;
    static_cast<void>(live_token());  // made once and kept; the calls themselves allocate nothing
    std::vector<named_call<Queue>> calls = puts<Queue>();
    for (const auto& each : gets<Queue>()) {
        // Such a batch has taken an item that it cannot move on, and drops it: see the contract of
        // hand-overs in batches.
        const bool drops = !std::is_nothrow_move_constructible_v<typename Queue::value_type> &&
                           std::string_view(each.name).starts_with("take_many");
        if (!drops) calls.push_back(each);
    }
    for (const auto& call : calls) {
        std::uint64_t n = 1;
        while (encounter<Queue>(call, found).run(n)) ++n;
        struck += n - 1;
        if (item_census::alive() != 0) found.add(std::string(call.name) + ": items live on");
        item_census::forget();
    }
    return struck;
}

template <class Subject> class hand_over_failures : public contract<Subject> {
    watchdog dog_;  // a partner that is forgotten sleeps for ever
};
TYPED_TEST_SUITE(hand_over_failures, ::testing::Types<handing>, subject_names);

TYPED_TEST(hand_over_failures, a_call_that_fails_hands_nothing_over_and_can_be_made_again) {
    findings found;
    const std::uint64_t struck =
        fail_each<typename TypeParam::template queue<steady_item>>(found) +
        fail_each<typename TypeParam::template queue<steady_move_only>>(found) +
        fail_each<typename TypeParam::template queue<fragile_item>>(found) +
        fail_each<typename TypeParam::template queue<fragile_move_only>>(found);
    EXPECT_EQ(found.count(), 0u) << found.text();
    EXPECT_GT(struck, 30u);
    // Exhaustive tests always begin at 1.
    publish({std::string("n-th failure, every call: ") + TypeParam::name, "every n", struck, struck,
             1});
}

}  // namespace
}  // namespace conq::test

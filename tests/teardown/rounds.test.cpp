// SPDX-License-Identifier: BSL-1.0
// Queues end at any moment that the contract allows, under real threads.
#include "rounds.hpp"

#include <gtest/gtest.h>

#include <string>

#include "../contract/subjects.hpp"
#include "testing/faults/sanitizers.hpp"
#include "testing/faults/team.hpp"
#include "testing/faults/watchdog.hpp"
#include "testing/support/effort.hpp"
#include "testing/support/scoreboard.hpp"

namespace conq::test {
namespace {

using namespace conq::testing;  // NOLINT: the tools of this suite

template <class Subject> class teardown : public contract<Subject> {
    static constexpr bool has_room = (Subject::capabilities & holds) != 0;
    template <class Item>
    using rounds_of = rounds<typename Subject::template queue<Item>, has_room>;

protected:
    teardown() : team_(rounds_of<steady_item>::threads) {}

    // Returns how many rounds held; the seed of the first that did not is in the failure's text.
    template <class Item> std::uint64_t play(std::uint64_t count) {
        findings found;
        rounds_of<Item> stage(team_, found);
        const std::uint64_t first = first_seed();
        for (std::uint64_t i = 0; i < count; ++i) {
            dog_.beat(Subject::name, first + i);
            stage.run(first + i);
            if (found.count() == 0) continue;
            ADD_FAILURE() << "seed " << first + i << "\n" << found.text();
            return i;
        }
        return count;
    }

private:
    watchdog dog_;
    team team_;
};
TYPED_TEST_SUITE(teardown, subjects_for_many, subject_names);

TYPED_TEST(teardown, a_queue_may_end_whenever_the_contract_allows_it) {
    // In all, over the subjects, 10'000 and some in CI.
    const std::uint64_t quarter = scaled(10'000) / 8 / 4 + 1;
    const std::uint64_t held = this->template play<steady_item>(2 * quarter) +
                               this->template play<steady_move_only>(quarter) +
                               this->template play<fragile_item>(quarter);
    publish({std::string("teardown: ") + TypeParam::name,
             std::string("real threads") + sanitizer_suffix, held, 0, first_seed()});
}

}  // namespace
}  // namespace conq::test

// SPDX-License-Identifier: BSL-1.0
// A queue type whose histories are checked, and how: one struct each.
//
//     struct my_queue : subject<conq::my_queue<std::uint64_t>, order::fifo> {
//         static constexpr const char* name = "my_queue";
//         static auto make() { return queue(); }           // with a bound: static constexpr bound
//     };
//     INSTANTIATE_TYPED_TEST_SUITE_P(my_queue, linearizable, my_queue, subject_names);
#ifndef CONQ_TESTS_HISTORY_SUBJECTS_HPP
#define CONQ_TESTS_HISTORY_SUBJECTS_HPP

#include <cstdint>
#include <cstdio>
#include <string>

#include "testing/history/rounds.hpp"
#include "testing/support/effort.hpp"

namespace conq::test {

using testing::crowd;
using testing::order;

/// What a subject has unless it says otherwise.
template <class Queue, order By> struct subject {
    using queue = Queue;
    static constexpr order by = By;
    static constexpr std::uint64_t bound = 0;  ///< at the beginning; 0: none
    static constexpr crowd by_whom{};
};
/// One thread puts, one gets.
inline constexpr crowd single_sides{.putters_most = 1, .getters_most = 1, .has_mixers = false};

/// Items that only a locked buffer holds, because their move might throw.
struct fragile {
    std::uint64_t value;
    explicit fragile(std::uint64_t v) noexcept : value(v) {}
    fragile(const fragile&) = default;
    fragile(fragile&& other) noexcept(false) : value(other.value) {}
    fragile& operator=(const fragile&) = default;
};

/// The rules of a subject.
template <class Subject> testing::rules rules_of(const Subject& tried) {
    testing::rules made;
    made.by = tried.by;
    made.bound = tried.bound;
    made.priority_from = tried.by_whom.priority_from;
    return made;
}

/// Rounds on new queues until `operations` calls were checked, or something is wrong.
struct outcome {
    std::uint64_t operations = 0, rounds = 0;
    std::uint64_t answers[9] = {};  ///< of puts, gets and joins
    std::string wrong, property;

    void count(const testing::history& happened) {
        operations += happened.operations.size();
        for (const testing::operation& op : happened.operations) {
            const bool waits = op.what == testing::call::put || op.what == testing::call::get ||
                               op.what == testing::call::join;
            if (waits) ++answers[static_cast<std::size_t>(op.said)];
        }
    }
    void print(const char* name) const {
        std::printf("    %s: %llu rounds;", name, static_cast<unsigned long long>(rounds));
        for (std::size_t i = 0; i <= static_cast<std::size_t>(status::stopped); ++i) {
            std::printf(" %llu %s", static_cast<unsigned long long>(answers[i]),
                        to_string(static_cast<status>(i)));
        }
        std::printf("\n");
    }
};
template <class Subject> outcome run_rounds(const Subject& tried, std::uint64_t operations) {
    testing::rounds<typename Subject::queue> crowd(tried.by_whom);
    outcome all;
    while (all.operations < operations) {
        const std::uint64_t seed = testing::first_seed() + all.rounds++;
        const testing::shape shape = draw_shape(seed, tried.by_whom);
        typename Subject::queue queue = tried.make();
        const testing::history happened = crowd.run(queue, shape);
        all.count(happened);
        if (const auto found = testing::check(happened, rules_of(tried))) {
            all.property = found->property;
            all.wrong = std::string(tried.name) + ", " + to_string(shape) + "\n" + found->text;
            break;
        }
    }
    return all;
}

}  // namespace conq::test

#endif

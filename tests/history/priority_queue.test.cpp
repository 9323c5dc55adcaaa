// SPDX-License-Identifier: BSL-1.0
// priority_queue promises to be linearizable, lowest first, equals in order of put.
#include "conq/priority_queue.hpp"

#include "linearizable.hpp"

namespace conq::test {
namespace {

// Compares priorities alone, so that there are equals.
struct lower {
    bool operator()(std::uint64_t a, std::uint64_t b) const noexcept {
        constexpr unsigned from = testing::crowd{}.priority_from;
        return a >> from < b >> from;
    }
    bool operator()(const fragile& a, const fragile& b) const noexcept {
        return (*this)(a.value, b.value);
    }
};

template <class T, std::uint64_t Bound>
struct heap : subject<priority_queue<T, lower>, order::priority> {
    static constexpr std::uint64_t bound = Bound;
    static constexpr crowd by_whom{.priorities = 1024};
    static auto make() { return priority_queue<T, lower>(Bound); }
};
struct unbounded : heap<std::uint64_t, 0> {
    static constexpr const char* name = "priority_queue";
};
struct bounded : heap<fragile, 4> {
    static constexpr const char* name = "priority_queue of 4, moves that may throw";
};

using all = ::testing::Types<unbounded, bounded>;
INSTANTIATE_TYPED_TEST_SUITE_P(priority_queue, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

// SPDX-License-Identifier: BSL-1.0
// lifo_queue promises to be linearizable, last in, first out.
#include "conq/lifo_queue.hpp"

#include "linearizable.hpp"

namespace conq::test {
namespace {

struct unbounded : subject<lifo_queue<std::uint64_t>, order::lifo> {
    static constexpr const char* name = "lifo_queue";
    static auto make() { return lifo_queue<std::uint64_t>(); }
};
struct bounded : subject<lifo_queue<fragile>, order::lifo> {
    static constexpr const char* name = "lifo_queue of 3, moves that may throw";
    static constexpr std::uint64_t bound = 3;
    static auto make() { return lifo_queue<fragile>(3); }
};

using all = ::testing::Types<unbounded, bounded>;
INSTANTIATE_TYPED_TEST_SUITE_P(lifo_queue, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

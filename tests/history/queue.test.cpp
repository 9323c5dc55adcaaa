// SPDX-License-Identifier: BSL-1.0
// queue and locked_queue promise to be linearizable, first in, first out.
#include "conq/queue.hpp"

#include "conq/locked_queue.hpp"
#include "linearizable.hpp"

namespace conq::test {
namespace {

struct unbounded : subject<queue<std::uint64_t>, order::fifo> {
    static constexpr const char* name = "queue";
    static auto make() { return conq::queue<std::uint64_t>(); }
};
struct bounded : subject<queue<std::uint64_t>, order::fifo> {
    static constexpr const char* name = "queue of 4";
    static constexpr std::uint64_t bound = 4;
    static auto make() { return conq::queue<std::uint64_t>(4); }
};
struct resized : subject<queue<std::uint64_t>, order::fifo> {
    static constexpr const char* name = "queue, set_maxsize";
    static constexpr crowd by_whom{.resizes = true};
    static auto make() { return conq::queue<std::uint64_t>(); }
};
struct locked_buffer_resized : subject<queue<fragile>, order::fifo> {
    static constexpr const char* name = "queue, locked buffer, set_maxsize";
    static constexpr std::uint64_t bound = 4;
    static constexpr crowd by_whom{.resizes = true};
    static auto make() { return conq::queue<fragile>(4); }
};
struct locked : subject<locked_queue<std::uint64_t>, order::fifo> {
    static constexpr const char* name = "locked_queue";
    static auto make() { return locked_queue<std::uint64_t>(); }
};
struct locked_2 : subject<locked_queue<std::uint64_t>, order::fifo> {
    static constexpr const char* name = "locked_queue of 2";
    static constexpr std::uint64_t bound = 2;
    static auto make() { return locked_queue<std::uint64_t>(2); }
};

using all = ::testing::Types<unbounded, bounded, resized, locked_buffer_resized, locked, locked_2>;
INSTANTIATE_TYPED_TEST_SUITE_P(queue, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

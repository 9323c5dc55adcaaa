// SPDX-License-Identifier: BSL-1.0
// bounded_queue promises to be linearizable, first in, first out.
#include "conq/platform/futex_portable.hpp"
#include "conq/queue.hpp"
#include "linearizable.hpp"

namespace conq::test {
namespace {

struct prompt : default_traits {
    using wake = policy::prompt;
};
struct portable : default_traits {
    using platform = conq::platform::portable;
};

template <std::uint64_t Capacity, class Traits = default_traits>
struct ring : subject<basic_bounded_queue<std::uint64_t, Traits>, order::fifo> {
    static constexpr std::uint64_t bound = Capacity;
    static auto make() { return basic_bounded_queue<std::uint64_t, Traits>(Capacity); }
};

struct ring_1 : ring<1> {
    static constexpr const char* name = "bounded_queue of 1";
};
struct ring_2 : ring<2> {
    static constexpr const char* name = "bounded_queue of 2";
};
struct ring_64 : ring<64> {
    static constexpr const char* name = "bounded_queue of 64";
};
struct ring_5_prompt : ring<5, prompt> {
    static constexpr const char* name = "bounded_queue of 5, prompt";
};
struct ring_64_prompt : ring<64, prompt> {
    static constexpr const char* name = "bounded_queue of 64, prompt";
};
struct ring_3_portable : ring<3, portable> {
    static constexpr const char* name = "bounded_queue of 3, portable waiter";
};
struct locked_3 : subject<bounded_queue<fragile>, order::fifo> {
    static constexpr const char* name = "bounded_queue of 3, locked buffer";
    static constexpr std::uint64_t bound = 3;
    static auto make() { return bounded_queue<fragile>(3); }
};

using all = ::testing::Types<ring_1, ring_2, ring_64, ring_5_prompt, ring_64_prompt,
                             ring_3_portable, locked_3>;
INSTANTIATE_TYPED_TEST_SUITE_P(bounded_queue, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

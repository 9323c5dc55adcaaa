// SPDX-License-Identifier: BSL-1.0
// spsc_queue promises to be sequentially consistent, first in, first out, between two threads.
#include "conq/spsc_queue.hpp"

#include "conq/platform/futex_portable.hpp"
#include "linearizable.hpp"

namespace conq::test {
namespace {

struct without_barrier : default_traits {
    using platform = conq::platform::portable;
};

template <class T, std::uint64_t Capacity, class Traits = default_traits>
struct ring : subject<basic_spsc_queue<T, Traits>, order::spsc> {
    static constexpr std::uint64_t bound = Capacity;
    static constexpr crowd by_whom = single_sides;
    static auto make() { return basic_spsc_queue<T, Traits>(Capacity); }
};
struct ring_2 : ring<std::uint64_t, 2> {
    static constexpr const char* name = "spsc_queue of 2";
};
struct ring_64 : ring<std::uint64_t, 64> {
    static constexpr const char* name = "spsc_queue of 64";
};
struct ring_5_portable : ring<fragile, 5, without_barrier> {
    static constexpr const char* name = "spsc_queue of 5, no barrier, moves that may throw";
};

using all = ::testing::Types<ring_2, ring_64, ring_5_portable>;
INSTANTIATE_TYPED_TEST_SUITE_P(spsc_queue, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

// SPDX-License-Identifier: BSL-1.0
// rendezvous promises to be linearizable: a put and the get that took its item are one step.
#include "conq/rendezvous.hpp"

#include "conq/platform/futex_portable.hpp"
#include "linearizable.hpp"

namespace conq::test {
namespace {

struct portable : default_traits {
    using platform = conq::platform::portable;
};

struct meeting : subject<rendezvous<std::uint64_t>, order::hand_over> {
    static constexpr const char* name = "rendezvous";
    static auto make() { return queue(); }
};
struct portable_meeting : subject<basic_rendezvous<std::uint64_t, portable>, order::hand_over> {
    static constexpr const char* name = "rendezvous, portable waiter";
    static auto make() { return queue(); }
};

using all = ::testing::Types<meeting, portable_meeting>;
INSTANTIATE_TYPED_TEST_SUITE_P(rendezvous, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

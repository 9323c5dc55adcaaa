// SPDX-License-Identifier: BSL-1.0
// Puts or takes several items in a row, where handling an item may throw.
#ifndef CONQ_BUFFERS_REPEAT_HPP
#define CONQ_BUFFERS_REPEAT_HPP

#include <cstdint>

#include "conq/contract/status.hpp"
#include "conq/platform/exceptions.hpp"

namespace conq {

/// Calls `one()` until it answers something other than ok, at most `most` times, and adds to
/// `count` how often it answered ok. Returns ok if it did so at all, else its answer. Throws what
/// the first call throws. A throw by a later call only ends the row, so that no count is lost.
template <class One> status repeat(std::uint64_t most, std::uint64_t& count, One one) {
    status answer = status::ok;
    std::uint64_t done = 0;
    const auto all = [&] {
        while (done != most && (answer = one()) == status::ok) ++done;
    };
    platform::call_forgiving(all, [&] { return done != 0; });
    count += done;
    return done != 0 ? status::ok : answer;
}

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// How a sleep on a word ended.
#ifndef CONQ_PLATFORM_SLEEP_END_HPP
#define CONQ_PLATFORM_SLEEP_END_HPP

#include <cstdint>

namespace conq::platform {

/// Why a sleep on a word ended.
enum class sleep_end : std::uint8_t {
    woken,       ///< Woken, or for no reason, or the word had changed: look again.
    timed_out,   ///< The deadline has passed.
    interrupted  ///< A signal handler ran on this thread.
};

}  // namespace conq::platform

#endif

// SPDX-License-Identifier: BSL-1.0
// The ways in which a sleep on a word can end.
#ifndef CONQ_PLATFORM_SLEEP_END_HPP
#define CONQ_PLATFORM_SLEEP_END_HPP

#include <cstdint>

namespace conq::platform {

/// Why a sleep on a word ended.
enum class sleep_end : std::uint8_t {
    woken,       ///< Woken, or the word had changed, or without a reason: look again.
    timed_out,   ///< The deadline has passed.
    interrupted  ///< A signal handler ran on this thread.
};

}  // namespace conq::platform

#endif

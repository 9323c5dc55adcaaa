// SPDX-License-Identifier: BSL-1.0
// Constants and attributes that the whole library shares. Layer 0: includes nothing of ours.
#ifndef CONQ_PLATFORM_CONFIG_HPP
#define CONQ_PLATFORM_CONFIG_HPP

#include <cstddef>
#include <cstdint>

// Whatever is parsed first in a public header includes this one: no other error comes before it.
#if __cplusplus <= 201703L
#error "conq needs C++20: compile with -std=c++20 or newer"
#endif

/// 1: queues check at run time what only a bug can break (a queue destroyed under a waiter or under
/// a lease) and abort with a message. Follows NDEBUG unless it is set; all translation units of a
/// program must agree on it.
#ifndef CONQ_CHECKED
#ifdef NDEBUG
#define CONQ_CHECKED 0
#else
#define CONQ_CHECKED 1
#endif
#endif

/// A function off the hot path: kept out of line, so that the hot path stays a handful of
/// instructions (measured: x1.4 to 1.7 on an uncontended put and get).
#define CONQ_COLD [[gnu::noinline, gnu::cold]]

/// A hot function of a few instructions: inlined whatever the compiler thinks of its callers.
#define CONQ_HOT [[gnu::always_inline]]

namespace conq {

/// Data that different threads write is kept this many bytes apart.
inline constexpr std::size_t cache_line_bytes = 64;

/// Aborts with a message on standard error: for misuse that cannot be reported in any other way.
[[noreturn]] void abort_with(const char* message) noexcept;

}  // namespace conq

#include <cstdio>
#include <cstdlib>

inline void conq::abort_with(const char* message) noexcept {
    std::fprintf(stderr, "conq: %s\n", message);
    std::abort();
}

#endif

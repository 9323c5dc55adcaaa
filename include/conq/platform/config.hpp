// SPDX-License-Identifier: BSL-1.0
// Constants and attributes that the whole library shares. Layer 0: includes no other file of conq.
#ifndef CONQ_PLATFORM_CONFIG_HPP
#define CONQ_PLATFORM_CONFIG_HPP

#include <cstddef>
#include <cstdint>

// Public headers parse this file before any code of conq, so that this error comes before all
// others.
#if __cplusplus <= 201703L
#error "conq needs C++20: compile with -std=c++20 or newer"
#endif

/// 1: queues check at run time for what only a bug can cause (a queue destroyed while a call waits
/// on it, or before a lease of it) and abort with a message. Follows NDEBUG unless you define it.
/// All translation units of a program must agree on it.
#ifndef CONQ_CHECKED
#ifdef NDEBUG
#define CONQ_CHECKED 0
#else
#define CONQ_CHECKED 1
#endif
#endif

/// For a function off the hot path: it is not inlined, so that the hot path stays a few
/// instructions long (measured: x1.4 to 1.7 on an uncontended put and get).
#define CONQ_COLD [[gnu::noinline, gnu::cold]]

/// For a hot function of a few instructions: it is inlined, whatever the compiler would decide.
#define CONQ_HOT [[gnu::always_inline]]

namespace conq {

/// Data that different threads write is kept at least this many bytes apart.
inline constexpr std::size_t cache_line_bytes = 64;

/// Prints `message` on standard error and aborts: for misuse that cannot be reported otherwise.
[[noreturn]] void abort_with(const char* message) noexcept;

}  // namespace conq

#include <cstdio>
#include <cstdlib>

inline void conq::abort_with(const char* message) noexcept {
    std::fprintf(stderr, "conq: %s\n", message);
    std::abort();
}

#endif

// SPDX-License-Identifier: BSL-1.0
// Which sanitizer this build has: gcc tells it by macros, clang by __has_feature.
#ifndef CONQ_TESTING_FAULTS_SANITIZERS_HPP
#define CONQ_TESTING_FAULTS_SANITIZERS_HPP

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONQ_TESTING_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define CONQ_TESTING_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define CONQ_TESTING_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define CONQ_TESTING_TSAN 1
#endif
#if !defined(CONQ_TESTING_ASAN)
#define CONQ_TESTING_ASAN 0
#endif
#if !defined(CONQ_TESTING_TSAN)
#define CONQ_TESTING_TSAN 0
#endif

namespace conq::testing {

/// For names of methods on the scoreboard: "", ", ASan" or ", TSan".
inline constexpr const char* sanitizer_suffix = CONQ_TESTING_ASAN   ? ", ASan"
                                                : CONQ_TESTING_TSAN ? ", TSan"
                                                                    : "";

}  // namespace conq::testing

#endif

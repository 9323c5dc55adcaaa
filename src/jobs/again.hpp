// SPDX-License-Identifier: BSL-1.0
// Repeats a system call that a signal has interrupted.
#ifndef CONQ_SRC_JOBS_AGAIN_HPP
#define CONQ_SRC_JOBS_AGAIN_HPP

#include <cerrno>

namespace conq::jobs {

/// Calls `call` until it does not fail with EINTR. Returns what it returned last: below 0 means
/// failure, and errno says why.
template <class Call> int again(Call call) {
    for (;;) {
        const int answer = call();
        if (answer >= 0 || errno != EINTR) return answer;
    }
}

}  // namespace conq::jobs

#endif

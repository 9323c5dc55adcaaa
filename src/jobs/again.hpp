// SPDX-License-Identifier: BSL-1.0
// A system call that a signal has interrupted is made again.
#ifndef CONQ_SRC_JOBS_AGAIN_HPP
#define CONQ_SRC_JOBS_AGAIN_HPP

#include <cerrno>

namespace conq::jobs {

/// Calls until it is not EINTR. Answers what `call` does: below 0 is a failure, and in errno why.
template <class Call> int again(Call call) {
    for (;;) {
        const int answer = call();
        if (answer >= 0 || errno != EINTR) return answer;
    }
}

}  // namespace conq::jobs

#endif

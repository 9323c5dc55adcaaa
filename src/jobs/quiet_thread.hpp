// SPDX-License-Identifier: BSL-1.0
// The library's own threads: they handle no signal of the program.
#ifndef CONQ_SRC_JOBS_QUIET_THREAD_HPP
#define CONQ_SRC_JOBS_QUIET_THREAD_HPP

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace conq::jobs {

/// Starts a thread that has all signals blocked from its start. Throws std::system_error.
template <class Body> std::thread quiet_thread(Body body) {
    struct mask {
        mask() {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        mask(const mask&) = delete;
        mask& operator=(const mask&) = delete;
        ~mask() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
        sigset_t before;
    };
    const mask blocked;
    return std::thread(std::move(body));
}

}  // namespace conq::jobs

#endif

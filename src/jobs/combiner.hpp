// SPDX-License-Identifier: BSL-1.0
// Calls of several threads that are carried out together: whoever finds nobody at work does the
// work of all that wait, and what comes meanwhile, for a while.
#ifndef CONQ_SRC_JOBS_COMBINER_HPP
#define CONQ_SRC_JOBS_COMBINER_HPP

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "conq/platform/native.hpp"

namespace conq::jobs {

/// Brings calls together. Threads: any. Progress: a call waits for the one who works; he works for
/// others for at most `longest_ns` after his own call is over, and one group more.
class combiner {
public:
    static constexpr std::size_t group_most = 64;
    static constexpr std::uint64_t longest_ns = 500'000;

    /// A call.
    struct work {
        void (*run)(void*);          ///< What it does,
        void* argument;              ///< with this.
        bool needs_sync;             ///< Whether it is over only when the disk has it.
        std::exception_ptr error{};  ///< What became of it.
        /// What its thread sleeps on.
        std::atomic<std::uint32_t> state{waits};
    };

    /// Returns when somebody has carried out `mine`, by calling his `carry_out` with a group of
    /// works. That does not throw: it writes down what fails.
    template <class CarryOut> void run(work& mine, CarryOut carry_out) {
        if (!must_lead(mine)) return;
        std::uint64_t until = 0;
        for (;;) {
            carry_out(std::span<work* const>(group_));
            for (work* each : group_) finish(*each, mine);
            const std::uint64_t now = platform::monotonic_now();
            if (until == 0) until = now + longest_ns;
            if (!goes_on(now < until)) return;
        }
    }

private:
    static constexpr std::uint32_t waits = 0, is_over = 1, leads = 2;

    // Waits until `mine` is over, or its thread has to work, with the first group taken.
    bool must_lead(work& mine) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(&mine);
            if (!has_leader_) {
                has_leader_ = true;
                mine.state = leads;
            }
        }
        while (mine.state == waits) {
            platform::native::wait(mine.state, waits, platform::never);
        }
        if (mine.state == is_over) return false;
        const std::lock_guard lock(mutex_);
        take_group();
        return true;
    }

    // Its thread may be gone as soon as it sees this.
    static void finish(work& each, const work& mine) {
        if (&each == &mine) return;
        each.state = is_over;
        platform::native::wake(&each.state, 1);
    }

    // Whether the leader has another group to carry out; else another one leads, or nobody.
    bool goes_on(bool has_time) {
        const std::lock_guard lock(mutex_);
        has_leader_ = !waiting_.empty();
        if (!has_leader_) return false;
        if (has_time) {
            take_group();
            return true;
        }
        work* const next = waiting_.front();
        next->state = leads;
        platform::native::wake(&next->state, 1);
        return false;
    }

    void take_group() {
        const auto count = static_cast<std::ptrdiff_t>(std::min(group_most, waiting_.size()));
        group_.assign(waiting_.begin(), waiting_.begin() + count);
        waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    }

    std::mutex mutex_;
    std::vector<work*> waiting_;
    std::vector<work*> group_;  // the leader's
    bool has_leader_ = false;
};

}  // namespace conq::jobs

#endif

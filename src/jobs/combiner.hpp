// SPDX-License-Identifier: BSL-1.0
// Carries out calls of several threads together: a thread that finds no other at work does the work
// of all that wait.
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

/// Brings calls together. Threads: any. Progress: a call waits for the thread that works, the
/// leader. A leader works for one group, which includes its own call, after it has waited for the
/// group for at most `patience_ns`.
class combiner {
public:
    static constexpr std::size_t group_most = 64;
    /// How long the leader waits for the threads that came last time, and how long the others poll
    /// before they sleep. A commit takes as long, and waking a thread takes longer.
    static constexpr std::uint64_t patience_ns = 60'000;

    /// A call.
    struct work {
        void (*run)(void*);          ///< What it does,
        void* argument;              ///< with this.
        bool needs_sync;             ///< Whether it is over only when the disk has its changes.
        std::exception_ptr error{};  ///< What it has thrown; null: nothing.
        /// What its thread sleeps on.
        std::atomic<std::uint32_t> state{waits};
    };

    /// Returns when a thread has carried out `mine`, by calling its own `carry_out` with a group of
    /// works. carry_out must not throw: it stores what fails in the work's `error`.
    template <class CarryOut> void run(work& mine, CarryOut carry_out) {
        if (!must_lead(mine)) return;
        await_others();
        take_group();
        carry_out(std::span<work* const>(group_));
        for (work* each : group_) {
            if (each != &mine) tell(*each, is_over);
        }
        hand_over();
    }

private:
    static constexpr std::uint32_t waits = 0, sleeps = 1, is_over = 2, leads = 3;

    // Waits until `mine` is over, or its thread has to lead. Returns whether it has to lead.
    bool must_lead(work& mine) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(&mine);
            count_ = waiting_.size();
            if (!has_leader_) {
                has_leader_ = true;
                return true;
            }
        }
        poll([&] { return mine.state != waits; });
        std::uint32_t seen = waits;
        mine.state.compare_exchange_strong(seen, sleeps);
        while (mine.state == sleeps) {
            platform::native::wait(mine.state, sleeps, platform::never);
        }
        return mine.state == leads;
    }

    // The work's thread may have gone on, and the work with it, as soon as it sees this.
    static void tell(work& each, std::uint32_t what) {
        if (each.state.exchange(what) == sleeps) platform::native::wake(&each.state, 1);
    }

    // Threads whose calls were over last time may be about to make the next one, and a group costs
    // little more than a single call. A thread that does not come is not waited for again.
    void await_others() {
        if (!poll([this] { return count_ >= expected_; })) expected_ = count_.load();
    }

    // Polls for a short time. Returns whether the condition has come true.
    template <class Condition> static bool poll(Condition is_true) {
        if (is_true()) return true;
        const auto until = platform::after(platform::monotonic_now(), patience_ns);
        while (platform::monotonic_now() < until) {
            platform::native::yield();
            if (is_true()) return true;
        }
        return false;
    }

    void take_group() {
        const std::lock_guard lock(mutex_);
        const auto count = static_cast<std::ptrdiff_t>(std::min(group_most, waiting_.size()));
        group_.assign(waiting_.begin(), waiting_.begin() + count);
        waiting_.erase(waiting_.begin(), waiting_.begin() + count);
        count_ = waiting_.size();
    }

    // Makes the first waiting thread the leader; without one there is no leader.
    void hand_over() {
        const std::lock_guard lock(mutex_);
        const std::size_t here = std::min(group_most, group_.size() + waiting_.size());
        expected_ = std::max(expected_.load(), here);
        has_leader_ = !waiting_.empty();
        if (has_leader_) tell(*waiting_.front(), leads);
    }

    std::mutex mutex_;
    std::vector<work*> waiting_;
    std::vector<work*> group_;            // the leader's
    std::atomic<std::size_t> count_ = 0;  // of waiting_
    std::atomic<std::size_t> expected_ = 1;
    bool has_leader_ = false;
};

}  // namespace conq::jobs

#endif

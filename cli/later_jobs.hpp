// SPDX-License-Identifier: BSL-1.0
// Waits for jobs of conq run -q that run elsewhere.
#ifndef CONQ_CLI_LATER_JOBS_HPP
#define CONQ_CLI_LATER_JOBS_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/job_feed.hpp"

namespace conq::cli {

/// A thread that tries each job again and again until the job is over. Any thread.
class later_jobs {
public:
    /// `attempt` returns whether the job is over. It is called on that thread.
    explicit later_jobs(std::function<bool(job&)> attempt)
        : attempt_(std::move(attempt)), thread_([this] { run(); }) {}
    later_jobs(const later_jobs&) = delete;
    later_jobs& operator=(const later_jobs&) = delete;
    ~later_jobs() { join(); }

    void add(job each) {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(each));
        ++unfinished_;
        changed_.notify_one();
    }
    /// Whether all jobs are over.
    [[nodiscard]] bool empty() {
        const std::lock_guard lock(mutex_);
        return unfinished_ == 0;
    }
    /// Waits until all jobs are over. No job may be added after this call.
    void join() {
        {
            const std::lock_guard lock(mutex_);
            is_last_ = true;
        }
        changed_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    // A job that runs elsewhere tells us nothing, so we look at it this often.
    static constexpr std::chrono::milliseconds between{100};

    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return is_last_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            for (std::size_t left = jobs_.size(); left != 0; --left) {
                job each = std::move(jobs_.front());
                jobs_.pop_front();
                lock.unlock();
                const bool is_over = attempt_(each);
                lock.lock();
                if (is_over) {
                    --unfinished_;
                } else {
                    jobs_.push_back(std::move(each));
                }
            }
            if (!jobs_.empty()) changed_.wait_for(lock, between);
        }
    }

    std::function<bool(job&)> attempt_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<job> jobs_;
    std::size_t unfinished_ = 0;  // including the one that is being tried
    bool is_last_ = false;
    std::thread thread_;
};

}  // namespace conq::cli

#endif

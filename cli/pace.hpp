// SPDX-License-Identifier: BSL-1.0
// How soon one job may begin after another.
#ifndef CONQ_CLI_PACE_HPP
#define CONQ_CLI_PACE_HPP

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <utility>

namespace conq::cli {

/// Sleeps until `span` is over or `file` is readable, and looks at `file` at least once. Returns
/// whether it slept to the end.
inline bool sleep_unless(int file, std::chrono::nanoseconds span) {
    using std::chrono::milliseconds;
    using std::chrono::steady_clock;
    constexpr milliseconds none{0}, most{std::numeric_limits<int>::max()};
    const auto until = steady_clock::now() + span;
    for (auto left = span;; left = until - steady_clock::now()) {
        const auto wait = std::clamp(std::chrono::ceil<milliseconds>(left), none, most);
        pollfd ready{file, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(wait.count())) > 0) return false;
        if (left.count() <= 0) return true;
    }
}

/// Keeps at least `delay` between the beginnings of any two jobs. Any thread.
class pace {
public:
    /// Lets one job begin; no other does until it has begun, however long that takes: a job that
    /// was late after its turn would else begin next to a later one.
    class turn {
    public:
        turn(turn&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)), may_begin_(other.may_begin_) {}
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        turn& operator=(turn&&) = delete;
        ~turn() { has_begun(); }
        /// Whether the job may begin; if not, the wait was interrupted.
        explicit operator bool() const noexcept { return may_begin_; }
        /// To be called when the job has begun, or will not. Further calls do nothing.
        void has_begun() noexcept {
            if (of_ != nullptr) std::exchange(of_, nullptr)->end_turn();
        }

    private:
        friend class pace;
        explicit turn(pace* of) noexcept : of_(of) {}
        pace* of_;  // null: this is over, or there is nothing to keep apart
        bool may_begin_ = true;
    };

    explicit pace(std::chrono::milliseconds delay) : delay_(delay) {}
    /// Waits until the caller's job may begin, in the order of the calls, or until `interrupt` is
    /// readable.
    turn wait(int interrupt) {
        if (delay_.count() == 0) return turn(nullptr);
        std::unique_lock lock(mutex_);
        const std::uint64_t number = turns_asked_++;
        moved_.wait(lock, [&] { return number == turns_over_; });
        turn mine(this);
        const auto left = next_ - std::chrono::steady_clock::now();
        lock.unlock();
        mine.may_begin_ = sleep_unless(interrupt, left);
        return mine;
    }

private:
    void end_turn() noexcept {
        const std::lock_guard lock(mutex_);
        next_ = std::chrono::steady_clock::now() + delay_;
        ++turns_over_;
        moved_.notify_all();
    }

    const std::chrono::milliseconds delay_;
    std::mutex mutex_;
    std::condition_variable moved_;
    std::uint64_t turns_asked_ = 0, turns_over_ = 0;
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace conq::cli

#endif

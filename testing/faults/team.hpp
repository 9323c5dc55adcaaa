// SPDX-License-Identifier: BSL-1.0
// Threads that are made once and run many short rounds. All begin a round within some microseconds
// of one another, so that their calls collide.
#ifndef CONQ_TESTING_FAULTS_TEAM_HPP
#define CONQ_TESTING_FAULTS_TEAM_HPP

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

#include "conq/platform/clock.hpp"
#include "conq/platform/native.hpp"

namespace conq::testing {

/// A counter whose changes threads can wait for. They poll a little before they sleep.
class turnstile {
public:
    /// Adds `n`.
    void add(std::uint32_t n) noexcept {
        word_.fetch_add(n);
        platform::native::wake(&word_, std::numeric_limits<int>::max());
    }
    [[nodiscard]] std::uint32_t count() const noexcept { return word_.load(); }
    /// Waits until the number is no longer `seen`.
    void wait_while(std::uint32_t seen) noexcept {
        for (int i = 0; i < polls && word_.load() == seen; ++i) platform::native::pause(8);
        while (word_.load() == seen) {
            static_cast<void>(platform::native::wait(word_, seen, platform::never));
        }
    }
    /// Waits until the number is `n`.
    void wait_for(std::uint32_t n) noexcept {
        for (std::uint32_t seen = count(); seen != n; seen = count()) wait_while(seen);
    }

private:
    static constexpr int polls = 20;
    std::atomic<std::uint32_t> word_{0};
};

/// Threads: `run` belongs to one thread.
class team {
public:
    /// Starts this many threads, which wait for `run`.
    explicit team(int size) {
        for (int index = 0; index < size; ++index) {
            threads_.emplace_back([this, index] { serve(index); });
        }
    }
    team(const team&) = delete;
    team& operator=(const team&) = delete;
    ~team() {
        job_ = nullptr;
        begun_.add(1);
        for (std::thread& each : threads_) each.join();
    }

    /// Calls body(index) on every thread; returns when all calls have returned. They must not
    /// throw.
    template <class Body> void run(Body body) {
        const std::uint32_t all = ended_.count() + static_cast<std::uint32_t>(threads_.size());
        job_ = std::ref(body);
        begun_.add(1);
        ended_.wait_for(all);
    }

private:
    void serve(int index) noexcept {
        for (std::uint32_t seen = 0;; ++seen) {
            begun_.wait_while(seen);
            if (job_ == nullptr) return;
            job_(index);
            ended_.add(1);
        }
    }

    std::function<void(int)> job_;
    turnstile begun_, ended_;
    std::vector<std::thread> threads_;
};

}  // namespace conq::testing

#endif

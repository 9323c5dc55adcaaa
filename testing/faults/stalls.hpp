// SPDX-License-Identifier: BSL-1.0
// How long calls stalled, and how much of that the machine explains. A wake that is lost, or comes
// late, is a stall that nothing explains.
//
// On a busy machine a call can be long for two reasons that are not the queue's. First, its thread
// was ready to run and got no core: the kernel counts that time for each thread. Second, some
// thread did not run at all: the code that stops a thread logs it, and a thread that only looks at
// the clock notices when the whole process stood still. What remains is a stall of the queue, or of
// a thread that another one waited for while it had no core. The latter takes some 100 ms at most
// with 64 threads on two cores.
#ifndef CONQ_TESTING_FAULTS_STALLS_HPP
#define CONQ_TESTING_FAULTS_STALLS_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "conq/platform/clock.hpp"

namespace conq::testing {

/// A stretch of time.
struct stretch {
    platform::instant_ns from = 0, to = 0;

    [[nodiscard]] std::uint64_t length_ns() const noexcept { return to - from; }
    /// How much of this stretch lies in the other.
    [[nodiscard]] std::uint64_t overlap_ns(const stretch& other) const noexcept;
};

/// A log of when threads were stopped. Threads: any.
class stop_log {
public:
    /// Notes that a thread or the process was stopped during this stretch.
    void add(stretch stopped);
    /// For how much of `time` something was stopped; at most its length.
    [[nodiscard]] std::uint64_t stopped_ns(const stretch& time) const;

private:
    mutable std::mutex mutex_;
    std::vector<stretch> stops_;
};

/// While it lives, a thread that does nothing but look at the clock logs when the whole process
/// stood still.
class stop_watch {
public:
    explicit stop_watch(stop_log& log);

private:
    std::jthread thread_;
};

/// For how long the calling thread was ready to run but had no core. Belongs to one thread.
class run_delay {
public:
    run_delay();
    run_delay(const run_delay&) = delete;
    run_delay& operator=(const run_delay&) = delete;
    ~run_delay();

    /// That time since the thread began, in nanoseconds; 0 where the kernel does not count it. The
    /// call takes some 1 us.
    [[nodiscard]] std::uint64_t ns() const noexcept;

private:
    int file_;
};

/// Counts durations by powers of two. Belongs to one thread until that thread has ended.
class histogram {
public:
    void add(std::uint64_t ns) noexcept;
    void add(const histogram& other) noexcept;
    /// The buckets that are not empty: "<1us 7, <2us 12, <4us 3".
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::uint64_t longest_ns() const noexcept { return longest_; }

private:
    static constexpr std::size_t buckets = 36;  // from 1 us and less to hours
    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t longest_ = 0;
};

/// Measures the calls of a thread on one side of a queue. Belongs to that thread until it has
/// ended.
class call_meter {
public:
    /// Takes how many threads the side has, and the count of its calls that have ended.
    call_meter(std::atomic<std::uint64_t>& ended, std::uint64_t threads)
        : ended_(ended), threads_(threads) {}

    /// Makes the call, and measures it.
    template <class Call> auto measure(Call call) {
        const std::uint64_t ended_before = ended_.load(std::memory_order_relaxed);
        const platform::instant_ns from = platform::monotonic_now();
        auto answer = call();
        // Of the calls that ended meanwhile, one for each other thread may have begun before this
        // one.
        const std::uint64_t ended = ended_.fetch_add(1, std::memory_order_relaxed) - ended_before;
        if (ended > threads_ && ended - threads_ > overtakes_) overtakes_ = ended - threads_;
        note({from, platform::monotonic_now()});
        return answer;
    }

    [[nodiscard]] const histogram& durations() const noexcept { return durations_; }
    /// At least this many calls began after one call and ended before it.
    [[nodiscard]] std::uint64_t most_overtakes() const noexcept { return overtakes_; }
    /// The longest of its calls, minus what the machine explains. Calls of up to 100 ms count as 0.
    [[nodiscard]] std::uint64_t longest_stall_ns(const stop_log& stops) const;

private:
    static constexpr std::uint64_t long_call_ns = 100'000'000, look_ns = 5'000'000;

    void note(stretch call);

    struct long_call {
        stretch when;
        std::uint64_t delayed_ns;
    };
    std::atomic<std::uint64_t>& ended_;
    const std::uint64_t threads_;
    run_delay delay_;
    std::uint64_t delay_seen_ns_ = delay_.ns();
    platform::instant_ns looked_at_ = platform::monotonic_now();
    histogram durations_;
    std::vector<long_call> long_calls_;
    std::uint64_t overtakes_ = 0;
};

}  // namespace conq::testing

#endif

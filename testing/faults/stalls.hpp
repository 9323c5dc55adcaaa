// SPDX-License-Identifier: BSL-1.0
// How long calls stalled, and how much of that the machine explains. A wake that is lost, or comes
// late, is a stall that nothing explains.
//
// On a busy machine a call can be long for three reasons that are not the queue's. First, its
// thread was ready to run and got no core: the kernel counts that time for each thread. Second,
// another thread, for which this one waited, got no core: a delay of that kind which is longer than
// a turn of all threads explains the calls of the others, too. Third, some thread did not run at
// all: the code that stops a thread logs it, and for each core a thread that only looks at the
// clock notices when that core, or the whole process, stood still. What remains is a stall of the
// queue, or of turns that threads had to wait for in a row. With 64 threads on two cores that is
// some 100 ms.
#ifndef CONQ_TESTING_FAULTS_STALLS_HPP
#define CONQ_TESTING_FAULTS_STALLS_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
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
    /// For how much of `time` something was stopped.
    [[nodiscard]] std::uint64_t stopped_ns(const stretch& time) const;

private:
    mutable std::mutex mutex_;
    std::vector<stretch> stops_;
};

/// While it lives, threads that do nothing but look at the clock, one on each core that its maker
/// may use, log when the whole process or one of those cores stood still.
class stop_watch {
public:
    explicit stop_watch(stop_log& log);

    /// Returns once the log holds every stop that had ended before this call.
    void catch_up() const;

private:
    struct watch {
        std::atomic<std::uint64_t> looks{0};
        std::jthread thread;  // last: it uses the other member
    };
    std::vector<std::unique_ptr<watch>> watches_;
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

/// A call that took long, and for how long of that its own thread had no core.
struct long_call {
    stretch when;
    std::uint64_t delayed_ns;
};
/// At some time within this stretch a thread was ready to run, and had no core for so long.
struct long_delay {
    stretch within;
    std::uint64_t ns;
};
/// What one thread went through.
struct account {
    std::vector<long_call> calls;
    std::vector<long_delay> delays;
};

/// The longest call of these threads, minus what the machine explains: that its own thread had no
/// core, that another one had none for long, and stops.
[[nodiscard]] std::uint64_t longest_stall_ns(std::span<const account> threads,
                                             const stop_log& stops);

/// Measures the calls of a thread on one side of a queue. Belongs to that thread until it has
/// ended.
class call_meter {
public:
    /// Takes how many threads the side has, and the count of its calls that have ended.
    call_meter(std::atomic<std::uint64_t>& ended, std::uint64_t threads)
        : ended_(ended), threads_(threads) {
        look();
    }

    /// Makes the call, and measures it.
    template <class Call> auto measure(Call call) {
        platform::instant_ns from = platform::monotonic_now();
        if (from - looked_at_ > look_ns) {  // what came before must not explain this call
            look();
            from = looked_at_;
        }
        const std::uint64_t ended_before = ended_.load(std::memory_order_relaxed);
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
    /// Calls of more than 100 ms, and delays of more than 50 ms.
    [[nodiscard]] const account& long_ones() const noexcept { return long_ones_; }

private:
    static constexpr std::uint64_t look_ns = 5'000'000, long_call_ns = 100'000'000;
    static constexpr std::uint64_t long_delay_ns = 50'000'000;  // longer than turns are, see above

    void note(stretch call);
    // Looks at the clock and at how long the thread has had no core; returns how long that was
    // since the last look.
    std::uint64_t look();

    std::atomic<std::uint64_t>& ended_;
    const std::uint64_t threads_;
    run_delay delay_;
    std::uint64_t delay_seen_ns_ = 0;
    platform::instant_ns looked_at_ = 0;
    histogram durations_;
    account long_ones_;
    std::uint64_t overtakes_ = 0;
};

}  // namespace conq::testing

#endif

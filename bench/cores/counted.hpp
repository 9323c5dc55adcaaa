// SPDX-License-Identifier: BSL-1.0
// The platform seam on simulated cores whose accesses are counted. Each thread has a core with its
// own cache, which holds every line until another core writes it. The deterministic scheduler
// chooses the next thread after each access. Atomics have their real size, so that they share cache
// lines as in the real queue.
#ifndef CONQ_BENCH_CORES_COUNTED_HPP
#define CONQ_BENCH_CORES_COUNTED_HPP

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <unordered_map>

#include "conq/platform/lock.hpp"
#include "conq/queue/traits.hpp"
#include "testing/scheduler/scheduled.hpp"

namespace conq::bench {

/// What the calls have cost.
struct cost {
    std::uint64_t calls = 0;
    std::uint64_t locked = 0;  ///< read-modify-writes and sequentially consistent stores
    std::uint64_t failed = 0;  ///< of these, compare-and-swaps that changed nothing
    std::uint64_t index = 0;   ///< lines of the queue itself that a call touched, each counted once
    std::uint64_t transfers = 0;  ///< lines that came from, or were taken from, another core
};

/// The caches of all cores, and what the current call of each core costs.
class caches {
public:
    /// Sets which lines are the queue's own, as opposed to those of its slots: `bytes` from `at`
    /// on.
    void watch(const void* at, std::size_t bytes) {
        begin_ = reinterpret_cast<std::uintptr_t>(at);
        end_ = begin_ + bytes;
    }

    void begin_call(cost& sum) {
        core& me = cores_[self()];
        me.sum = &sum;
        me.touched.clear();
        ++sum.calls;
    }
    void end_call() {
        core& me = cores_[self()];
        me.sum->index += me.touched.size();
        me.sum = nullptr;
    }

    void read(const void* at) { access(at, false); }
    void write(const void* at, bool is_locked) {
        access(at, true);
        if (cost* sum = cores_[self()].sum; sum != nullptr && is_locked) ++sum->locked;
    }
    void failed_exchange(const void* at) {
        write(at, true);
        if (cost* sum = cores_[self()].sum; sum != nullptr) ++sum->failed;
    }

    /// The caches of the current run.
    static inline caches* present = nullptr;

private:
    struct core {
        cost* sum = nullptr;
        std::set<std::uintptr_t> touched;
    };

    static std::size_t self() { return testing::scheduler::current()->self(); }

    void access(const void* at, bool writes) {
        const auto address = reinterpret_cast<std::uintptr_t>(at);
        const std::uint32_t me = std::uint32_t{1} << self();
        std::uint32_t& holders = lines_[address / cache_line_bytes];
        core& mine = cores_[self()];
        const bool is_there = writes ? holders == me : (holders & me) != 0;
        holders = writes ? me : holders | me;
        if (mine.sum == nullptr) return;
        if (!is_there) ++mine.sum->transfers;
        if (address >= begin_ && address < end_) mine.touched.insert(address / cache_line_bytes);
    }

    std::uintptr_t begin_ = 0, end_ = 0;
    std::unordered_map<std::uintptr_t, std::uint32_t> lines_;  // the holders; one: may write
    core cores_[32];
};

/// std::atomic as simulated cores see it. Each access is a point of the schedule.
template <class T> class counted_atomic {
    using order = std::memory_order;
    static constexpr order strongest = std::memory_order_seq_cst;

public:
    counted_atomic(T value = {}) : value_(value) {}  // NOLINT: as std::atomic's

    T load(order = strongest) const {
        testing::scheduler::current()->step("load");
        caches::present->read(this);
        return value_;
    }
    void store(T to, order how = strongest) {
        testing::scheduler::current()->step("store");
        caches::present->write(this, how == strongest);
        value_ = to;
    }
    T exchange(T to, order = strongest) {
        return change([=](T) { return to; });
    }
    T fetch_add(T by, order = strongest) {
        return change([=](T was) { return was + by; });
    }
    T fetch_sub(T by, order = strongest) {
        return change([=](T was) { return was - by; });
    }
    T fetch_or(T with, order = strongest) {
        return change([=](T was) { return was | with; });
    }
    T fetch_and(T with, order = strongest) {
        return change([=](T was) { return was & with; });
    }
    bool compare_exchange_strong(T& expected, T to, order = strongest, order = strongest) {
        testing::scheduler::current()->step("compare and swap");
        if (value_ != expected) {
            caches::present->failed_exchange(this);
            expected = value_;
            return false;
        }
        caches::present->write(this, true);
        value_ = to;
        return true;
    }
    bool compare_exchange_weak(T& expected, T to, order = strongest, order = strongest) {
        return compare_exchange_strong(expected, to);
    }

private:
    template <class Change> T change(Change to) {
        testing::scheduler::current()->step("read, modify, write");
        caches::present->write(this, true);
        const T was = value_;
        value_ = static_cast<T>(to(was));
        return was;
    }

    T value_;
};

struct counted;

/// A condition variable on simulated cores.
class counted_condition {
public:
    void wait(std::unique_lock<platform::futex_lock<counted>>& lock, platform::instant_ns deadline);
    void notify_one() { changes_.fetch_add(1); }
    void notify_all() { changes_.fetch_add(1); }

private:
    counted_atomic<std::uint32_t> changes_{0};
};

/// The seam. A thread that would sleep lets the others go first until there is a reason to wake.
struct counted : testing::scheduled {
    template <class T> using atomic = counted_atomic<T>;
    template <class T> using plain = T;
    using mutex = platform::futex_lock<counted>;
    using condition = counted_condition;

    static platform::sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                    platform::instant_ns deadline) {
        while (word.load() == expected) {
            if (now() >= deadline) return platform::sleep_end::timed_out;
            testing::scheduler::current()->step_back("sleep");
        }
        return platform::sleep_end::woken;
    }
    static void wake(const void*, int) {}
    static void light_barrier() {}
    static void heavy_barrier() {}
};

inline void counted_condition::wait(std::unique_lock<platform::futex_lock<counted>>& lock,
                                    platform::instant_ns deadline) {
    const std::uint32_t before = changes_.load();
    lock.unlock();
    static_cast<void>(counted::wait(changes_, before, deadline));
    lock.lock();
}

struct counted_traits : default_traits {
    using platform = counted;
};

}  // namespace conq::bench

#endif

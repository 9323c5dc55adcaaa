// SPDX-License-Identifier: BSL-1.0
// The platform seam on the deterministic scheduler, so that the same queue headers run on it.
#ifndef CONQ_TESTING_SCHEDULER_SCHEDULED_HPP
#define CONQ_TESTING_SCHEDULER_SCHEDULED_HPP

#include <climits>
#include <cstdint>
#include <mutex>
#include <utility>

#include "conq/platform/clock.hpp"
#include "conq/platform/lock.hpp"
#include "conq/platform/sleep_end.hpp"
#include "conq/queue/traits.hpp"
#include "testing/scheduler/scheduled_atomic.hpp"
#include "testing/scheduler/scheduled_stop.hpp"
#include "testing/scheduler/scheduler.hpp"

namespace conq::testing {

struct scheduled;

/// A condition variable on the scheduler's futex.
class scheduled_condition {
public:
    void wait(std::unique_lock<platform::futex_lock<scheduled>>& lock,
              platform::instant_ns deadline);
    void notify_one() { notify(1); }
    void notify_all() { notify(INT_MAX); }

private:
    void notify(int count) {
        changes_.fetch_add(1);
        scheduler::current()->wake(&changes_.shared(), count);
    }
    scheduled_atomic<std::uint32_t> changes_{0};
};

/// A thread of the schedule.
class scheduled_thread {
public:
    template <class Body>
    scheduled_thread(const char* name, Body body)
        : number_(scheduler::current()->spawn(name, std::move(body))) {}
    void join() { scheduler::current()->join(number_); }

private:
    std::size_t number_;
};

/// The seam; see platform/native.hpp for what each member means.
struct scheduled {
    template <class T> using atomic = scheduled_atomic<T>;
    template <class T> using plain = scheduled_plain<T>;
    using mutex = platform::futex_lock<scheduled>;
    using condition = scheduled_condition;
    using thread = scheduled_thread;
    using stop_source = basic_scheduled_stop<scheduled>;

    static platform::instant_ns now() { return scheduler::current()->now(); }
    static constexpr int longest_pause = 1;  // short polls: what matters is what follows them
    static void pause(int) { scheduler::current()->step_back("pause"); }
    static void yield() { scheduler::current()->step_back("yield"); }
    static void sleep(std::uint64_t span_ns) { scheduler::current()->sleep(span_ns); }
    static platform::sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                    platform::instant_ns deadline, place at = place::current()) {
        switch (scheduler::current()->wait(word.shared(), expected, deadline, at)) {
            case scheduler::sleep_end::timed_out:
                return platform::sleep_end::timed_out;
            case scheduler::sleep_end::interrupted:
                return platform::sleep_end::interrupted;
            case scheduler::sleep_end::woken:
                break;
        }
        return platform::sleep_end::woken;
    }
    static void wake(const void* address, int count) { scheduler::current()->wake(address, count); }
    static void*& thread_slot() { return scheduler::current()->slot(); }
    static bool has_heavy_barrier() noexcept { return true; }
    static void light_barrier() { scheduler::current()->light_barrier(); }
    static void heavy_barrier() { scheduler::current()->heavy_barrier(); }
    static void interrupted() { scheduler::current()->interrupted(); }
};

/// The same seam on a system that has no heavy barrier.
struct scheduled_without_barrier : scheduled {
    static bool has_heavy_barrier() noexcept { return false; }
    static void light_barrier() { heavy_barrier(); }
    static void heavy_barrier() { require(false, "a barrier that is not there was used"); }
};

inline void scheduled_condition::wait(std::unique_lock<platform::futex_lock<scheduled>>& lock,
                                      platform::instant_ns deadline) {
    const std::uint32_t before = changes_.load();
    lock.unlock();
    static_cast<void>(scheduled::wait(changes_, before, deadline));
    lock.lock();
}

using scheduled_stop = scheduled::stop_source;

/// Allocates at a point of the schedule, and releases no memory before the run is over.
template <class T> struct scheduled_allocator {
    using value_type = T;
    scheduled_allocator() = default;
    template <class U>
    scheduled_allocator(const scheduled_allocator<U>&) noexcept {}  // NOLINT: allocators convert
    T* allocate(std::size_t n) {
        return static_cast<T*>(scheduler::current()->allocate(n * sizeof(T)));
    }
    void deallocate(T*, std::size_t) noexcept {}
    friend bool operator==(scheduled_allocator, scheduled_allocator) noexcept { return true; }
};

struct scheduled_traits : default_traits {
    using platform = scheduled;
    template <class T> using allocator = scheduled_allocator<T>;
};
struct scheduled_prompt_traits : scheduled_traits {
    using wake = policy::prompt;
};

/// An item whose moves are points of the schedule and accesses to plain data. So it shows two
/// threads that use the same item or the same slot at once, and accesses that nothing orders.
class slow_item {
public:
    explicit slow_item(int value) : value_(value) { touch(this); }
    slow_item(slow_item&& other) noexcept : value_(other.value_) {
        scheduler::current()->step("move", static_cast<std::uint64_t>(value_));
        touch(this);
        touch(&other);
        require(value_ == other.value_ && value_ >= 0, "an item was torn while it was moved");
        other.value_ = -1;
    }
    slow_item& operator=(slow_item&&) = delete;
    ~slow_item() {
        touch(this);
        value_ = -2;
    }
    [[nodiscard]] int value() const {
        scheduler::current()->read_plain(this);
        return value_;
    }

private:
    static void touch(const void* item) noexcept {
        if (scheduler* s = scheduler::current()) s->write_plain(item);
    }
    int value_;
};

}  // namespace conq::testing

#endif

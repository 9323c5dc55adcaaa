// SPDX-License-Identifier: BSL-1.0
// A deterministic scheduler. Threads are fibers. Every access to shared state is a point at which
// another thread may go on, and a seed decides which one does. The same seed gives the same run.
//
// Points are: every operation on an atomic, every futex call, every reading of the clock, every
// allocation, and every move of a model's item. `pause` and `yield` let the other threads go first.
// The seed also chooses what a load returns (testing/scheduler/memory.hpp), spurious failures of
// weak compare-and-swaps, spurious wakes, interrupted sleeps, and time-outs where a model allows
// them.
//
// These are faults: all threads sleep; a run takes more than 20,000 steps (a livelock); a destroyed
// object is used; nothing orders two accesses; only a timer ended a sleep although no wake was
// owed; an assertion of the model (`require`) does not hold.
#ifndef CONQ_TESTING_SCHEDULER_SCHEDULER_HPP
#define CONQ_TESTING_SCHEDULER_SCHEDULER_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "testing/scheduler/explore.hpp"
#include "testing/scheduler/fiber.hpp"
#include "testing/scheduler/memory.hpp"
#include "testing/scheduler/random.hpp"

namespace conq::testing {

using place = std::source_location;

/// The content of a scheduled atomic: a handle on a location of the simulated memory. It knows
/// whether it has been destroyed.
class cell {
public:
    explicit cell(std::uint64_t initial);
    ~cell();
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;

private:
    friend class scheduler;
    static constexpr std::uint32_t alive = 0x600dce11;
    std::uint32_t state_ = alive;
    memory::location_id id_ = 0;
};

/// The running schedule. All members are for the use of the platform.
class scheduler {
public:
    /// The scheduler of the run under way; null outside of a run.
    static scheduler* current() noexcept { return current_; }

    using order = std::memory_order;
    std::uint64_t load(const cell& from, order how, const place& at);
    void store(const cell& to, std::uint64_t value, order how, const place& at);
    /// A read-modify-write that always writes: change(old value).
    template <class Change>
    std::uint64_t rmw(const char* what, const cell& on, Change change, order how, const place& at) {
        const std::uint64_t was = begin_rmw(on, how);
        end_rmw(what, on, was, change(was), how, at);
        return was;
    }
    /// Returns whether the value was equal to `expected`; if not, `expected` becomes the value that
    /// was read.
    bool compare_exchange(const cell& on, std::uint64_t& expected, std::uint64_t to, order success,
                          order failure, bool is_weak, const place& at);

    /// Accesses to plain data: they are no points, but a race is a fault.
    void read_plain(const void* address);
    void write_plain(const void* address);

    /// The two halves of the platform's barrier. The light one is no point: it only notes what its
    /// thread did before it.
    void light_barrier();
    void heavy_barrier();

    /// How a sleep on a futex ended.
    enum class sleep_end : std::uint8_t { woken, timed_out, interrupted };
    sleep_end wait(const cell& on, std::uint64_t expected, std::uint64_t deadline_ns,
                   const place& at);
    void wake(const void* address, int count);
    void sleep(std::uint64_t span_ns);
    std::uint64_t now();
    /// A point that lets the other threads go first.
    void step_back(const char* what);
    /// Any other point.
    void step(const char* what, std::uint64_t value = 0);
    /// Runs what the model does when a sleep was interrupted; it may throw.
    void interrupted() const;

    /// Starts another thread. Returns its number.
    std::size_t spawn(std::string name, std::function<void()> body);
    /// Waits until that thread has ended.
    void join(std::size_t thread);
    /// The number of the running thread.
    [[nodiscard]] std::size_t self() const noexcept { return running_; }
    /// A pointer that each thread has for itself; null when the thread begins.
    [[nodiscard]] void*& slot() noexcept { return threads_[running_]->slot; }

    /// How many threads sleep on a futex. For models in which a thread acts once others are asleep.
    [[nodiscard]] std::size_t asleep() const noexcept;

    /// Allocates memory that stays readable until the run is over, so that a use after destruction
    /// is found.
    void* allocate(std::size_t bytes);

    [[noreturn]] void fail(const std::string& message);

private:
    friend class cell;
    friend finding explore(const exploration& how, const model& what);
    struct thread {
        fiber flow;
        std::size_t number = 0;
        std::function<void()> body;
        std::string name;
        void* slot = nullptr;
        const void* sleeps_on = nullptr;  // the futex word, or this thread itself for a plain sleep
        std::uint64_t deadline_ns = 0;
        bool has_timed_out = false, has_ended = false;
        std::int64_t priority = 0;
    };
    // A decision of an exhaustive run: which of how many threads went on.
    struct choice {
        std::uint8_t taken, of;
    };

    explicit scheduler(const exploration& how) : how_(how) {}
    std::string run(std::uint64_t seed, const model& what, bool traces);
    bool next_path();

    static void enter(void* self);
    void run_first();
    void end_thread();
    thread& add_thread(std::string name, std::function<void()> body);
    void point();
    void go_on(std::size_t next);
    void block();
    [[nodiscard]] std::size_t choose();
    [[nodiscard]] std::size_t choose_by_priority(std::uint32_t candidates);
    [[nodiscard]] std::size_t choose_by_path(std::uint32_t candidates);
    void wake_somebody();
    [[nodiscard]] std::string sleepers() const;
    [[nodiscard]] thread* first_to_time_out(bool plain_sleeps_only);
    void time_out(thread& who);
    std::uint64_t begin_rmw(const cell& on, order how);
    void end_rmw(const char* what, const cell& on, std::uint64_t was, std::uint64_t to, order how,
                 const place& at);
    void check(const cell& used, const char* what);
    void check_fault() {
        if (!memory_.fault().empty()) fail(memory_.fault());
    }
    void note(const char* what, std::uint64_t where, std::uint64_t value);
    void trace(const std::string& text, const place* at = nullptr);
    void trace_access(const char* what, const cell& on, order how, const std::string& values,
                      const place& at);
    [[nodiscard]] bool chance(std::uint32_t one_in) {
        return how_.how != strategy::exhaustive && random_.one_in(one_in);
    }
    [[nodiscard]] static std::uint32_t bit(std::size_t thread) noexcept {
        return std::uint32_t{1} << thread;
    }

    static inline scheduler* current_ = nullptr;
    exploration how_;
    random_source random_;
    memory memory_;
    fiber home_;
    std::vector<std::unique_ptr<thread>> threads_;  // kept from run to run with their stacks
    std::size_t started_ = 0, running_ = 0;
    std::uint32_t ready_ = 0, stepped_back_ = 0;  // one bit for each thread
    std::unique_ptr<scenario> story_;
    const model* what_ = nullptr;
    std::vector<std::pair<void*, std::size_t>> allocated_;

    bool is_pct_ = false, is_hasty_ = false, is_quiet_ = false, traces_ = false;
    std::uint64_t clock_ns_ = 0, steps_ = 0, trace_hash_ = 0;
    std::int64_t lowest_ = 0;
    std::vector<std::uint64_t> change_at_;
    std::vector<choice> path_;
    std::size_t depth_ = 0;
    int preemptions_ = 0;
    std::string failure_, trace_;
};

/// Makes an object that a model creates and destroys in the middle of a run.
template <class T, class... Arguments> T* make_in_run(Arguments&&... arguments) {
    return ::new (scheduler::current()->allocate(sizeof(T)))
        T(std::forward<Arguments>(arguments)...);
}

}  // namespace conq::testing

#endif

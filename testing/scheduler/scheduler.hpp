// SPDX-License-Identifier: BSL-1.0
// A deterministic scheduler: threads are fibers, every access to shared state is a point at which
// another may go on, and a seed decides which. The same seed gives the same run.
//
// It simulates the store buffers of x86 (a store other than seq_cst is seen by others later),
// spurious wakes, spurious failures of weak compare-and-swaps, time-outs at any point, and time
// itself. It finds stuck schedules, uses of what has been destroyed, and what a model asserts. Not
// modelled: reordering beyond x86's.
#ifndef CONQ_TESTING_SCHEDULER_SCHEDULER_HPP
#define CONQ_TESTING_SCHEDULER_SCHEDULER_HPP

#include <ucontext.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

namespace conq::testing {

/// How schedules are chosen.
struct exploration {
    std::uint64_t schedules = 20'000;  ///< half of them random, half PCT with 3 priority changes
    bool has_store_buffers = true;
    bool may_rely_on_timers = false;  ///< false: it is a fault if only a time-out helps
    std::uint64_t first_seed = 1;
};

/// What exploring found.
struct finding {
    std::uint64_t schedules = 0;  ///< run until the first failure, or all
    std::uint64_t seed = 0;       ///< of the first failure
    std::string failure;          ///< empty: none
    std::string trace;            ///< of the first failure, a line a step
};

/// One run: its threads, and what has to hold at the end.
class scenario {
public:
    void thread(std::function<void()> body) { threads_.push_back(std::move(body)); }
    void at_end(std::function<void()> check) { checks_.push_back(std::move(check)); }

private:
    friend class scheduler;
    std::vector<std::function<void()>> threads_, checks_;
};
using model = std::function<void(scenario&)>;

/// Runs a model under many schedules, until the first that fails.
finding explore(const exploration& how, const model& what);

/// Fails the run with a message if `holds` is false: what models assert with.
void require(bool holds, const std::string& message);

/// A 64-bit cell of shared memory: what atomics are made of. Registered while it lives.
struct cell {
    explicit cell(std::uint64_t initial);
    ~cell();
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;
    std::uint64_t value;
};

/// The running schedule, or null outside of one. All members are for the platform's use.
class scheduler {
public:
    static scheduler* current() noexcept { return current_; }

    /// A point: another fiber may run now.
    void point(const char* operation, const cell* where, std::uint64_t value);
    /// A point that lets the others go first.
    void step_back(const char* operation);

    std::uint64_t load(const cell& from);
    void store(cell& to, std::uint64_t value, bool is_seq_cst);
    /// Begins a read-modify-write: drains the store buffer, is a point, answers the value.
    std::uint64_t begin_rmw(const char* operation, cell& on);
    bool fails_spuriously() { return chance(8); }

    /// Sleeps on a cell. False: the deadline has passed.
    bool wait(cell& on, std::uint64_t expected, std::uint64_t deadline_ns);
    void wake(const void* address, int count);
    void sleep(std::uint64_t span_ns);
    std::uint64_t now();

    /// Which fiber runs.
    [[nodiscard]] std::size_t self() const noexcept { return running_; }
    [[noreturn]] void fail(const std::string& message);

    void add(const cell* born) { alive_.insert(born); }
    void remove(const cell* dead);

private:
    friend finding explore(const exploration& how, const model& what);
    struct buffered {
        cell* to;
        std::uint64_t value;
    };
    struct fiber {
        ucontext_t context{};
        std::unique_ptr<char[]> stack;
        std::function<void()> body;
        std::deque<buffered> stores;
        const void* sleeps_on = nullptr;  // an address, or itself for a plain sleep
        std::uint64_t deadline_ns = 0;
        bool has_timed_out = false, has_ended = false;
        std::int64_t priority = 0;
        void* exceptions[2] = {};
    };

    explicit scheduler(const exploration& how) : how_(how) {}
    std::string run(std::uint64_t seed, const model& what, bool traces);
    void prepare(scenario& story, bool is_pct);
    bool choose_next();
    bool time_out_first();
    void resume(std::size_t which);
    void leave();
    static void enter_fiber();
    void drain(fiber& whose, bool all);
    void drain_some();
    void check_alive(const cell& used, const char* operation);
    bool chance(unsigned one_in) { return random_() % one_in == 0; }

    static inline scheduler* current_ = nullptr;
    exploration how_;
    std::mt19937_64 random_;
    std::vector<fiber> fibers_;
    std::vector<std::unique_ptr<char[]>> stacks_;
    ucontext_t main_{};
    std::size_t running_ = 0;
    std::uint64_t clock_ns_ = 0, steps_ = 0;
    std::int64_t lowest_ = 0;
    bool is_inside_ = false, is_pct_ = false, traces_ = false, used_timer_ = false;
    std::vector<std::uint64_t> change_at_;
    std::unordered_set<const cell*> alive_;
    std::string failure_, trace_;
};

}  // namespace conq::testing

#endif

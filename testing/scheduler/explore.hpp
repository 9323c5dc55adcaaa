// SPDX-License-Identifier: BSL-1.0
// Running a model under many schedules.
#ifndef CONQ_TESTING_SCHEDULER_EXPLORE_HPP
#define CONQ_TESTING_SCHEDULER_EXPLORE_HPP

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "testing/scheduler/memory.hpp"

namespace conq::testing {

/// How the next thread is chosen.
enum class strategy : std::uint8_t {
    random,  ///< Any that is ready, at every point.
    pct,     ///< The one of the highest priority; 0 to 2 changes of priority a run (Burckhardt et
             ///< al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs",
             ///< ASPLOS 2010: bugs of depth 1 to 3).
    mixed,   ///< Half random, half pct, by the seed.
    exhaustive  ///< Every schedule of at most `preemptions` preemptions, sequentially consistent.
};

/// What to explore.
struct exploration {
    std::uint64_t schedules = 20'000;  ///< at most; the first failure ends it
    memory_model memory = memory_model::store_buffers;
    strategy how = strategy::mixed;
    std::uint64_t enough = 0;         ///< distinct traces after which to end; 0: never
    int preemptions = 2;              ///< exhaustive only
    bool may_rely_on_timers = false;  ///< false: it is a fault if only a time-out helps
    std::uint64_t first_seed = 1;     ///< of the first schedule; the others follow
};

/// What was found.
struct finding {
    std::uint64_t schedules = 0;  ///< run until the first failure, or all
    std::uint64_t distinct = 0;   ///< traces that differ, by hash
    std::uint64_t seed = 0;       ///< of the first failure: `first_seed` of one that repeats it
    std::string failure;          ///< empty: none
    std::string trace;            ///< of the first failure, a line a step
    bool has_seen_all = false;    ///< exhaustive: no schedule was left
};

/// One run: its threads, and what has to hold when all have ended. A model makes what its threads
/// share, and hands them in; it runs in a thread of its own ("model") that ends last.
class scenario {
public:
    void thread(std::function<void()> body, std::string name = {}) {
        threads_.emplace_back(std::move(name), std::move(body));
    }
    void at_end(std::function<void()> check) { checks_.push_back(std::move(check)); }
    /// Asked when only a timer can help: whether one may (a wake was held back on purpose).
    void timer_may_help(std::function<bool()> owed) { owed_ = std::move(owed); }
    /// Called when a sleep was interrupted by a signal; may throw.
    void on_interrupt(std::function<void()> call) { on_interrupt_ = std::move(call); }

private:
    friend class scheduler;
    std::vector<std::pair<std::string, std::function<void()>>> threads_;
    std::vector<std::function<void()>> checks_;
    std::function<bool()> owed_;
    std::function<void()> on_interrupt_;
};
using model = std::function<void(scenario&)>;

/// Runs a model under many schedules, until the first that fails. Not for use by several threads.
finding explore(const exploration& how, const model& what);

/// Fails the run with a message if `holds` is false: what models assert with.
void require(bool holds, const char* message);

}  // namespace conq::testing

#endif

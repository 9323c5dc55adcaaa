// SPDX-License-Identifier: BSL-1.0
// Runs a model under many schedules.
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
    random,  ///< At every point, any thread that is ready.
    pct,     ///< The thread with the highest priority; 0 to 2 priority changes a run (Burckhardt et
             ///< al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs",
             ///< ASPLOS 2010: bugs of depth 1 to 3).
    mixed,   ///< Half of the seeds random, half pct.
    exhaustive  ///< Every schedule with at most `preemptions` preemptions, sequentially consistent.
};

/// What to explore.
struct exploration {
    std::uint64_t schedules = 20'000;  ///< at most; the first failure ends the exploration
    memory_model memory = memory_model::store_buffers;
    strategy how = strategy::mixed;
    std::uint64_t enough = 0;         ///< ends after this many distinct traces; 0: never
    int preemptions = 2;              ///< exhaustive only
    bool may_rely_on_timers = false;  ///< false: a thread that only a time-out wakes is a fault
    std::uint64_t first_seed = 1;     ///< of the first schedule; the next ones count up from it
};

/// What an exploration found.
struct finding {
    std::uint64_t schedules = 0;  ///< how many ran, up to the first failure
    std::uint64_t distinct = 0;   ///< traces that differ, compared by hash
    std::uint64_t seed = 0;       ///< of the first failure: as `first_seed`, it repeats it
    std::string failure;          ///< empty: none
    std::string trace;            ///< of the first failure, one line a step
    bool has_seen_all = false;    ///< exhaustive: no schedule was left
};

/// One run: its threads, and what must hold when all of them have ended. A model makes what its
/// threads share, and adds the threads. The model itself runs in a thread called "model", which
/// ends last.
class scenario {
public:
    void thread(std::function<void()> body, std::string name = {}) {
        threads_.emplace_back(std::move(name), std::move(body));
    }
    void at_end(std::function<void()> check) { checks_.push_back(std::move(check)); }
    /// Called when only a timer can let a thread go on. `owed` says whether it may: true if a wake
    /// was held back on purpose.
    void timer_may_help(std::function<bool()> owed) { owed_ = std::move(owed); }
    /// `call` runs when a signal has interrupted a sleep; it may throw.
    void on_interrupt(std::function<void()> call) { on_interrupt_ = std::move(call); }

private:
    friend class scheduler;
    std::vector<std::pair<std::string, std::function<void()>>> threads_;
    std::vector<std::function<void()>> checks_;
    std::function<bool()> owed_;
    std::function<void()> on_interrupt_;
};
using model = std::function<void(scenario&)>;

/// Runs a model under many schedules, up to the first that fails. Only one thread at a time may
/// call it.
finding explore(const exploration& how, const model& what);

/// The assertion of models: fails the run with `message` if `holds` is false.
void require(bool holds, const char* message);

}  // namespace conq::testing

#endif

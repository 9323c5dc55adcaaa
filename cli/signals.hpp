// SPDX-License-Identifier: BSL-1.0
// What signals do to a run.
#ifndef CONQ_CLI_SIGNALS_HPP
#define CONQ_CLI_SIGNALS_HPP

#include <cstdint>
#include <functional>
#include <thread>

namespace conq::cli {

/// What signals do. All are called on the signal thread, and each at most once except `tick` and
/// `stuck_write`. None may wait, least of all for somebody who reads our output.
struct signal_actions {
    std::function<void(int signal)> drain;      ///< take no more items, let running jobs end
    std::function<void(int signal)> terminate;  ///< SIGTERM to all jobs
    std::function<void()> kill;                 ///< SIGKILL to all jobs
    std::function<void()> abandon;              ///< end the program now, whatever still waits
    /// The number of the write of output that waits for a reader now; 0: none does.
    std::function<std::uint64_t()> stuck_write;
    std::function<void()> tick;  ///< five times a second, if set
};

/// A thread that waits for SIGINT, SIGHUP and SIGTERM. The first SIGINT or SIGHUP calls `drain`; a
/// second signal, or SIGTERM, calls `terminate`; a third one, or ten more seconds, call `kill`.
/// After that a write of output that is stuck for two seconds, or at the next signal, calls
/// `abandon`: nobody reads our output. What else holds us up, such as a job that the kernel does
/// not let die, is waited for. A signal that was ignored when we began, as under nohup, stays
/// ignored. The same signal twice within 0.1 seconds counts once.
class signal_thread {
public:
    /// Blocks the signals in the calling thread, and so in those that it starts later. Must be made
    /// before any other thread.
    explicit signal_thread(signal_actions actions);
    ~signal_thread();
    signal_thread(const signal_thread&) = delete;
    signal_thread& operator=(const signal_thread&) = delete;

private:
    void run();
    void handle(int signal);
    void escalate(int to, int signal);
    void act_on_time();
    void look_for_stuck_write();
    [[nodiscard]] int timeout_ms() const;

    signal_actions actions_;
    int last_ = 0;                 // the signal that came last
    std::int64_t last_at_ms_;      // when it was read
    std::int64_t none_at_ms_;      // the last time at which surely no signal was pending
    int level_ = 0;                // 0 at first, 1 drains, 2 terminates, 3 kills, 4 abandons
    std::int64_t next_at_ms_ = 0;  // when to act by itself, from level 2 on
    std::uint64_t stuck_ = 0;      // the write that was stuck when we looked last
    int looks_ = 0;                // how often it was, one look after the other
    int signals_, end_;
    std::thread thread_;
};

}  // namespace conq::cli

#endif

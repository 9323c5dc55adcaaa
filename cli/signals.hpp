// SPDX-License-Identifier: BSL-1.0
// What signals do to a run.
#ifndef CONQ_CLI_SIGNALS_HPP
#define CONQ_CLI_SIGNALS_HPP

#include <functional>
#include <thread>

namespace conq::cli {

/// What signals do. All are called on the signal thread, and each at most once except `tick`. None
/// may wait, least of all for somebody who reads our output.
struct signal_actions {
    std::function<void(int signal)> drain;      ///< take no more items, let running jobs end
    std::function<void(int signal)> terminate;  ///< SIGTERM to all jobs
    std::function<void()> kill;                 ///< SIGKILL to all jobs
    std::function<void()> abandon;              ///< end the program now, whatever still waits
    std::function<void()> tick;                 ///< five times a second, if set
};

/// A thread that waits for SIGINT, SIGHUP and SIGTERM. The first SIGINT or SIGHUP calls `drain`; a
/// second signal, or SIGTERM, calls `terminate`; a third one, or ten more seconds, call `kill`; two
/// more seconds call `abandon`, for then only output that nobody reads can hold us up. A signal
/// that was ignored when we began, as under nohup, stays ignored. The same signal twice within 0.1
/// seconds counts once.
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
    [[nodiscard]] int timeout_ms() const;

    signal_actions actions_;
    int last_ = 0;                 // the signal that came last
    std::int64_t last_at_ms_ = 0;  // when it came
    int level_ = 0;                // 0 at first, 1 drains, 2 terminates, 3 kills, 4 abandons
    std::int64_t next_at_ms_ = 0;  // when the level rises by itself, from 2 on
    int signals_, end_;
    std::thread thread_;
};

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// conq run -q: what the queue knows of the items of a run.
#ifndef CONQ_CLI_DURABLE_RUN_HPP
#define CONQ_CLI_DURABLE_RUN_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/job_feed.hpp"
#include "cli/options.hpp"
#include "cli/outcome.hpp"
#include "cli/queue_name.hpp"
#include "conq/jobs.hpp"
#include "src/jobs/occurrences.hpp"

namespace conq::cli {

/// The queue of a run. Any thread, but for identify().
class durable_run {
public:
    /// Opens the queue. Throws usage_error if another command is stored with it, own_error if it
    /// cannot be opened, or is shut down and this is no conq work.
    explicit durable_run(const run_options& options);

    /// Says which job of the queue this one is: its bytes, and how often they came before in this
    /// input. One thread. Throws store_error.
    void identify(job& each);
    /// The next job, whoever put it: conq work.
    template <stop_token_like Stop> job_lease take(Stop stop) {
        return queue_.take(std::move(stop));
    }
    /// Waits until nothing is unfinished, for so long at most.
    template <stop_token_like Stop> status join_for(std::chrono::milliseconds span, Stop stop) {
        return queue_.join_for(span, std::move(stop));
    }
    /// Whether all that is unfinished is held by somebody. Reads all jobs. Throws store_error.
    [[nodiscard]] bool is_all_held();
    /// Takes it, or says what has become of it. Throws store_error.
    started_job start(const job& each);
    /// For an attempt that has failed: if there is another one, hands it back and says what comes;
    /// else nothing, and it is to be recorded. Throws store_error.
    static std::string put_off(job_lease& lease, const outcome& ended);
    /// Stores how it ended, and what it has written (`output`); `is_ours`: it was we who ended it,
    /// and so it is still to be done. False: the lease was lost, and nothing was stored. Throws
    /// store_error.
    [[nodiscard]] static bool record(job_lease& lease, const outcome& ended, bool is_ours,
                                     const std::string& output);
    /// What was stored of a job's output; none if that is gone.
    std::optional<std::string> output(job_id id) { return queue_.output(id); }
    /// How many jobs are there beside those of an input of so many items; 0 if to count them would
    /// take long. Throws store_error.
    std::uint64_t others(std::uint64_t items);
    /// Counts one that had ended before this run.
    void skip(job_state state) noexcept;

    /// The variables of a job's environment that speak of the queue.
    [[nodiscard]] std::vector<std::string> variables(const job_lease& lease) const;

    /// How many had failed before.
    [[nodiscard]] std::uint64_t failed_before() const noexcept { return failed_.load(); }
    /// How many had succeeded before.
    [[nodiscard]] std::uint64_t done_before() const noexcept { return done_.load(); }

private:
    void refuse_if_shut_down();

    const bool retries_failed_;
    const std::chrono::milliseconds time_limit_;
    const queue_name name_;
    job_queue queue_;
    jobs::occurrences seen_;
    std::atomic<std::uint64_t> failed_{0}, done_{0};
};

/// The options of `conq work` without a command, with the one that is stored. Throws usage_error if
/// there is none.
run_options with_stored_command(const run_options& options);

}  // namespace conq::cli

#endif

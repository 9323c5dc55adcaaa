// SPDX-License-Identifier: BSL-1.0
// conq run -q: what the queue knows about the items of a run.
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

/// The queue of a run. Any thread, except for identify().
class durable_run {
public:
    /// Opens the queue. Throws usage_error if another command is stored with it; own_error if it
    /// cannot be opened, or if it is shut down and this is not conq work.
    explicit durable_run(const run_options& options);

    /// Identifies the job in the queue: by the bytes of its item, and by how often these have come
    /// in this input. Only one thread may call it. Throws store_error.
    void identify(job& each);
    /// For conq work: takes the next job, no matter who put it.
    template <stop_token_like Stop> job_lease take(Stop stop) {
        return queue_.take(std::move(stop));
    }
    /// Waits until no job is unfinished, but at most for `span`.
    template <stop_token_like Stop> status join_for(std::chrono::milliseconds span, Stop stop) {
        return queue_.join_for(span, std::move(stop));
    }
    /// Whether there are unfinished jobs and all of them run elsewhere. Reads all jobs. Throws
    /// store_error.
    [[nodiscard]] bool is_all_elsewhere();
    /// Takes the job, or tells what has become of it. Throws store_error.
    started_job start(const job& each);
    /// For an attempt that has failed. If the job has attempts left, hands it back and returns what
    /// to say about that. Otherwise returns an empty text, and the outcome is still to be recorded.
    /// Throws store_error.
    static std::string put_off(job_lease& lease, const outcome& ended);
    /// Stores how the job ended, and its output (`output`). `is_ours`: we ended the job ourselves,
    /// so if it did not succeed it is still to be done. False: the lease was lost, and nothing was
    /// stored. Throws store_error.
    [[nodiscard]] static bool record(job_lease& lease, const outcome& ended, bool is_ours,
                                     const std::string& output);
    /// What was stored of a job's output; none if it is no longer kept.
    std::optional<std::string> output(job_id id) { return queue_.output(id); }
    /// How many jobs the queue has besides those of an input of `items` items; 0 if counting them
    /// would take long. Throws store_error.
    std::uint64_t others(std::uint64_t items);
    /// Counts a job that was skipped because it had ended before, in that state.
    void skip(job_state state) noexcept;

    /// The variables of a job's environment that tell about the queue.
    [[nodiscard]] std::vector<std::string> variables(const job_lease& lease) const;

    /// How many jobs had failed before.
    [[nodiscard]] std::uint64_t failed_before() const noexcept { return failed_.load(); }
    /// How many jobs had succeeded before.
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

/// The options of a `conq work` that names no command, completed by the command that is stored with
/// the queue. Throws usage_error if none is stored.
run_options with_stored_command(const run_options& options);

}  // namespace conq::cli

#endif

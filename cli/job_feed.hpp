// SPDX-License-Identifier: BSL-1.0
// Makes jobs of items: decides how many items each job gets.
#ifndef CONQ_CLI_JOB_FEED_HPP
#define CONQ_CLI_JOB_FEED_HPP

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/byte_budget.hpp"
#include "cli/command_template.hpp"
#include "cli/item_reader.hpp"
#include "cli/options.hpp"
#include "cli/outcome.hpp"
#include "cli/word_list.hpp"
#include "conq/jobs/engine.hpp"

namespace conq::cli {

/// Some items that one process gets.
struct job {
    std::uint64_t number = 0;  ///< from 0, in the order of the input
    word_list items{};
    std::uint64_t input_bytes = 0;  ///< how much of the input it is, with delimiters
    std::size_t unfit_bytes = 0;    ///< if its only item cannot be an argument: its size; else 0
    std::uint64_t occurrence = 0;   ///< with -q: how often its item came, this time included
    byte_budget::charge queued{};
    std::uint64_t slot = 0;  ///< while it runs: its slot among the jobs at once, from 1
    job_id id = 0;           ///< with -q, while it runs: its number in the queue
    std::chrono::milliseconds time_limit{};  ///< the job's own, for a run without -t; zero: none
    unsigned attempts_before = 0;            ///< of conq work: those that have failed
    std::vector<std::string> variables{};    ///< of its environment, besides those of every job
    std::function<void(pid_t)> on_slow{};    ///< see process_request
    std::function<void()> on_started{};      ///< the same
};

/// The outcome of a job that cannot run because of its items; none if it can run.
std::optional<outcome> bad_item(const job& which, const run_options& options,
                                const command_template& command);

/// The line that says which job has failed, and why. With -q it names the job by the number that
/// conq out and conq retry take.
std::string failure_line(const job& which, const outcome& ended);

/// Makes jobs of the items of a file. Belongs to one thread, except for items_read().
class job_feed {
public:
    /// Reads items from `input` until `interrupt` becomes readable. Both must outlive this.
    job_feed(const run_options& options, const command_template& command, int input, int interrupt);

    /// The next job; none at the end of the input, or when interrupted. An item that cannot be an
    /// argument gets a job for itself, and a job has no more items than the kernel accepts. Throws
    /// own_error if the input cannot be read.
    std::optional<job> next();

    /// How many items were read, including those of a job that was not made. Any thread.
    [[nodiscard]] std::uint64_t items_read() const noexcept { return items_read_.load(); }
    /// How many empty items were skipped.
    [[nodiscard]] std::uint64_t skipped() const noexcept { return reader_.skipped() + skipped_; }
    /// How many bytes of the input were read.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return reader_.bytes(); }

private:
    [[nodiscard]] bool is_unfit(const item& each) const;
    std::optional<item> next_item();
    std::optional<item> next_of_csv();
    void add(const item& each);
    job finish();

    const run_options& options_;
    const command_template& command_;
    item_reader reader_;
    const std::size_t room_;  // for items, as the kernel counts the bytes of arguments
    job made_;
    std::uint64_t skipped_ = 0;       // empty items of CSV
    std::size_t made_bytes_ = 0;      // of the arguments of made_, as the kernel counts them
    std::uint64_t made_end_ = 0;      // where in the input the last item of made_ ended
    std::uint64_t finished_end_ = 0;  // and where that of the job before ended
    std::optional<item> left_over_;   // begins the next job
    std::atomic<std::uint64_t> items_read_{0};
};

}  // namespace conq::cli

#endif

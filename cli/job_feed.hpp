// SPDX-License-Identifier: BSL-1.0
// Jobs from items: how many items each of them gets.
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

/// Some items, to be given to one process.
struct job {
    std::uint64_t number = 0;  ///< from 0, in the order of the input
    word_list items{};
    std::uint64_t input_bytes = 0;  ///< of the input that it stands for, with delimiters
    std::size_t unfit_bytes = 0;    ///< not 0: the size of its only item, which is no argument
    std::uint64_t occurrence = 0;   ///< with -q: how often its item came, this time included
    byte_budget::charge queued{};
    std::uint64_t slot = 0;  ///< which of the jobs at once it is, from 1, while it runs
    job_id id = 0;           ///< with -q, while it runs
    std::chrono::milliseconds time_limit{};  ///< of its own, where -t says none; zero: none
    unsigned attempts_before = 0;            ///< that have failed, of conq work
    std::vector<std::string> variables{};    ///< of its environment, beside what every job has
    std::function<void(pid_t)> on_slow{};    ///< see process_request
};

/// How a job ends that cannot be run for its items; none if it can.
std::optional<outcome> bad_item(const job& which, const run_options& options,
                                const command_template& command);

/// The line that says which job has failed, and why: with -q by the number that conq out and retry
/// take.
std::string failure_line(const job& which, const outcome& ended);

/// Makes jobs of the items of a file. Belongs to one thread, but for items_read().
class job_feed {
public:
    /// Reads items from `input` until `interrupt` becomes readable. Both files outlive it.
    job_feed(const run_options& options, const command_template& command, int input, int interrupt);

    /// The next job; none at the end of the input, or when interrupted. An item that cannot be an
    /// argument has a job for itself, and a job has no more items than the kernel takes. Throws
    /// own_error if the input cannot be read.
    std::optional<job> next();

    /// Items read, those of a job that was not made among them. Any thread.
    [[nodiscard]] std::uint64_t items_read() const noexcept { return items_read_.load(); }
    /// Empty items that were skipped.
    [[nodiscard]] std::uint64_t skipped() const noexcept { return reader_.skipped() + skipped_; }
    /// Bytes of the input that were read.
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
    std::uint64_t skipped_ = 0;       // of CSV
    std::size_t made_bytes_ = 0;      // of its arguments, as the kernel counts them
    std::uint64_t made_end_ = 0;      // where in the input its last item ended
    std::uint64_t finished_end_ = 0;  // and the last one of the job before
    std::optional<item> left_over_;   // begins the next job
    std::atomic<std::uint64_t> items_read_{0};
};

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// Prints the output of each job in one piece: as the jobs end, or in the order of the input.
#ifndef CONQ_CLI_PRINTER_HPP
#define CONQ_CLI_PRINTER_HPP

#include <sys/types.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/spool.hpp"

namespace conq::cli {

/// The text that is printed before each line of a job's output.
struct line_tag {
    std::string text;
    std::array<bool, 2> is_within_line{};  ///< of each stream: its tag has been printed
};

/// What a job has written: standard output and standard error.
struct job_output {
    struct stream {
        std::string memory;           ///< the beginning
        std::vector<extent> spooled;  ///< the rest
        [[nodiscard]] bool empty() const noexcept { return memory.empty() && spooled.empty(); }
    };
    std::array<stream, 2> streams;
    std::unique_ptr<line_tag> tag;  ///< if there is one: printed before each line
    std::string note;  ///< conq's message about the job, on standard error after its output
    [[nodiscard]] bool empty() const noexcept {
        return streams[0].empty() && streams[1].empty() && note.empty();
    }
};

/// Prints for all jobs, which are numbered from 0 in the order of the input. Any thread.
class printer {
public:
    /// How far a job may run ahead of the oldest one whose output is not printed, when output is in
    /// order. Beyond that the reader of items waits. This bounds the memory of held output.
    static constexpr std::uint64_t window = 8'192;
    /// How many bytes of output may be held in memory to keep the order; the rest goes to the
    /// spool.
    static constexpr std::size_t held_bytes_max = 1 << 20;

    /// `on_broken` is called when standard output or standard error cannot be written, or held
    /// output cannot be read; it must not call the printer.
    printer(bool keeps_order, spool& overflow, tally& outcomes, std::function<void()> on_broken);

    /// Prints the output of a job that has ended, or holds it until its turn. Call it once per job.
    void finish(std::uint64_t number, job_output output);

    /// Waits until it is the turn of job `number`, and keeps everybody else from printing while the
    /// lock lives. For a job whose output finds no room, and is printed as it comes.
    [[nodiscard]] std::unique_lock<std::mutex> take_turn(std::uint64_t number);
    /// Prints at once; the caller has the turn.
    void print_now(const std::unique_lock<std::mutex>& turn, job_output& output);
    void print_now(const std::unique_lock<std::mutex>& turn, job_output& of, std::size_t stream,
                   std::string_view bytes);

    /// Waits until job `number` is inside the window.
    void wait_for_window(std::uint64_t number);

    /// Prints a message of the command on standard error, between the outputs of jobs.
    void say(std::string_view line);
    /// The same without waiting for anything, so that what must happen now cannot be held back by
    /// somebody who has stopped reading our output. Prints nothing if standard error is full.
    void announce(std::string_view line) noexcept;
    /// Shows the progress line, which the next output replaces; does nothing while others print.
    void show_progress(std::string_view line);
    /// Removes the progress line for good.
    void end_progress();

    /// The number of the write that waits now until somebody reads our output; 0: none does. A
    /// reader that lives changes the number sooner or later. Never waits.
    [[nodiscard]] std::uint64_t stuck_write() const noexcept;

private:
    void print(job_output& output);
    void print_stream(job_output& of, std::size_t stream);
    void write_of(job_output& of, std::size_t stream, std::string_view bytes);
    void write(std::size_t stream, std::string_view bytes);
    ssize_t write_piece(std::size_t stream, std::string_view bytes);
    void hold(std::uint64_t number, job_output output);
    void clear_progress();
    void break_stream(std::size_t stream);
    void fail(std::string_view line);

    struct place {  // small: most jobs say little, and thousands may wait
        std::unique_ptr<job_output> output;
        std::string note;
        bool has_ended = false;
    };

    const bool keeps_order_;
    spool& overflow_;
    tally& outcomes_;
    std::function<void()> on_broken_;
    std::mutex mutex_;
    std::condition_variable moved_;
    std::deque<place> held_;  // if output is in order: the jobs from next_ on
    std::uint64_t next_ = 0;  // the oldest job whose output is not printed
    std::size_t held_bytes_ = 0;
    std::atomic<bool> shows_progress_{false};
    bool is_over_ = false;
    std::array<bool, 2> is_broken_{};
    std::array<std::size_t, 2> piece_bytes_max_;  // of one write to each stream
    std::atomic<int> writes_to_{-1};              // the file of the write that is under way
    std::atomic<std::uint64_t> writes_{0};        // how many have begun
};

}  // namespace conq::cli

#endif

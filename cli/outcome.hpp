// SPDX-License-Identifier: BSL-1.0
// How jobs ended, and the exit code that follows from it.
#ifndef CONQ_CLI_OUTCOME_HPP
#define CONQ_CLI_OUTCOME_HPP

#include <atomic>
#include <cstdint>
#include <string>

namespace conq::cli {

/// What a process has used, together with the children that it has waited for.
struct resources {
    std::int64_t user_ms = 0, system_ms = 0, max_rss_kib = 0;
    std::uint64_t output_bytes = 0;  ///< written to both streams
};

/// How one job ended.
struct outcome {
    enum class kind : std::uint8_t {
        ok,
        failed,
        died,
        timed_out,
        cannot_run,
        not_found,
        not_started  ///< it lacked open files, processes or memory, and is still to be done
    };
    kind how = kind::ok;
    int detail = 0;         ///< exit code, or signal
    std::string message{};  ///< why, if the exit code or signal does not say it
    resources used{};
    bool is_final = false;  ///< the item itself is at fault: it would fail again

    /// Whether the job may end differently if it is run again.
    [[nodiscard]] bool may_be_retried() const noexcept {
        if (is_final) return false;
        return how == kind::failed || how == kind::died || how == kind::timed_out;
    }
};

/// Counts outcomes. Any thread.
class tally {
public:
    void add(const outcome& each) noexcept;
    /// Counts a job that had failed before this run.
    void add_failed_before() noexcept { failed_.fetch_add(1); }
    /// Counts an error of the command itself.
    void add_own_error() noexcept { own_errors_.fetch_add(1); }
    /// Notes that the run was interrupted (130) or terminated (143).
    void set_interrupted(int exit_code) noexcept { interrupted_.store(exit_code); }

    [[nodiscard]] std::uint64_t ended() const noexcept { return ended_.load(); }
    [[nodiscard]] std::uint64_t failed() const noexcept { return ended_.load() - ok_.load(); }
    /// The first code that applies of 1, 130 or 143, 127, 126, 123, 125, 124, 0.
    [[nodiscard]] int exit_code() const noexcept;

private:
    std::atomic<std::uint64_t> ended_{0}, ok_{0}, failed_{0}, died_{0}, timed_out_{0},
        cannot_run_{0}, not_found_{0}, own_errors_{0};
    std::atomic<int> interrupted_{0};
};

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// The progress line that a terminal shows.
#ifndef CONQ_CLI_PROGRESS_HPP
#define CONQ_CLI_PROGRESS_HPP

#include <cstddef>
#include <cstdint>
#include <string>

namespace conq::cli {

/// How far a run is.
struct progress {
    double elapsed_s = 0;
    std::uint64_t ended = 0;      ///< jobs that have ended
    std::uint64_t failed = 0;     ///< of these, those that failed
    std::size_t running = 0;      ///< jobs that run
    std::uint64_t bytes = 0;      ///< of the input, in jobs that have ended
    std::uint64_t bytes_all = 0;  ///< of the whole input; 0: not known yet
};

/// The hint, shown once, for a run that has taken long and would have to begin anew if it were
/// stopped. Empty if none is due.
std::string resume_hint(double elapsed_s, bool has_queue);

/// The progress line, without a line end: jobs, rate and, as soon as the size of the input is
/// known, how much is done and how long the rest will take at this rate.
std::string progress_line(const progress& now);

/// Whether the environment says that lines cannot be rewritten (TERM=dumb).
bool is_dumb_terminal();

}  // namespace conq::cli

#endif

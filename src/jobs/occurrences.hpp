// SPDX-License-Identifier: BSL-1.0
// Counts how often the same bytes have come, in a temporary file, so that memory use does not grow.
#ifndef CONQ_SRC_JOBS_OCCURRENCES_HPP
#define CONQ_SRC_JOBS_OCCURRENCES_HPP

#include <cstdint>
#include <string_view>

#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// The counts. Threads: one at a time.
class occurrences {
public:
    occurrences();
    /// Counts these bytes once more. Returns how often they have come, this time included: 1 or
    /// more. Throws store_error.
    std::uint64_t count(std::string_view bytes);

private:
    struct table {
        table();
        database base;
    };
    table table_;
    statement add_;
};

}  // namespace conq::jobs

#endif

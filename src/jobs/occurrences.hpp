// SPDX-License-Identifier: BSL-1.0
// How often bytes came before, counted in a temporary file, so that memory stays flat.
#ifndef CONQ_SRC_JOBS_OCCURRENCES_HPP
#define CONQ_SRC_JOBS_OCCURRENCES_HPP

#include <cstdint>
#include <string_view>

#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// Counts. Threads: one at a time.
class occurrences {
public:
    occurrences();
    /// How often these bytes came, this time included: from 1. Throws store_error.
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

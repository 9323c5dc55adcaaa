// SPDX-License-Identifier: BSL-1.0
// Rows of the table of jobs, as statements find them, checked against their checksums.
#ifndef CONQ_SRC_JOBS_ROW_READER_HPP
#define CONQ_SRC_JOBS_ROW_READER_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include "conq/jobs/engine.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// A row, and the checksum of its body.
struct summed_row {
    row job;
    std::int64_t body_sum = 0;
};

/// Reads them. Throws store_error, which names the job, if a row or body is not what was written.
class row_reader {
public:
    explicit row_reader(const database& of) : base_(of) {}

    /// The columns of CONQ_ROW.
    [[nodiscard]] summed_row read(statement& from) const;
    /// The columns of CONQ_INFO.
    [[nodiscard]] job_info info(statement& from) const;
    void check_body(const summed_row& of, std::string_view body) const;
    [[noreturn]] void damaged(const std::string& what) const;

private:
    const database& base_;
};

}  // namespace conq::jobs

#endif

// SPDX-License-Identifier: BSL-1.0
// Reads rows of the table of jobs from statements, and checks them against their checksums.
#ifndef CONQ_SRC_JOBS_ROW_READER_HPP
#define CONQ_SRC_JOBS_ROW_READER_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "conq/jobs/engine.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// A row, and the checksum of its body.
struct summed_row {
    row job;
    std::int64_t body_sum = 0;
};

/// The job as its worker gets it.
inline granted granted_of(const row& job, std::string body) {
    return {.at = {job.id, job.token},
            .attempt = job.attempts,
            .body = std::move(body),
            .max_attempts = job.max_attempts,
            .time_limit = job.time_limit};
}

/// Reads rows. Throws store_error, which names the job, if a row or body is not what was written.
class row_reader {
public:
    explicit row_reader(const database& of) : base_(of) {}

    /// Reads the columns of CONQ_ROW.
    [[nodiscard]] summed_row read(statement& from) const;
    /// Reads what a row's checksum is made of, and the checksum, in the order in which a statement
    /// passes them: id, state, token, attempts, crashes, max_attempts, max_crashes, limit_ms,
    /// body_sum, sum.
    [[nodiscard]] summed_row sealed(const sql_call& from) const;
    /// Reads the columns of CONQ_INFO.
    [[nodiscard]] job_info info(statement& from) const;
    void check_body(const summed_row& of, std::string_view body) const;
    [[noreturn]] void damaged(const std::string& what) const;

private:
    [[nodiscard]] summed_row checked(const summed_row& at, std::int64_t sum) const;

    const database& base_;
};

}  // namespace conq::jobs

#endif

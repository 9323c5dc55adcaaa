// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/row_reader.hpp"

#include "src/jobs/seal.hpp"

namespace conq::jobs {

void row_reader::damaged(const std::string& what) const {
    throw store_error("conq: " + base_.path() + ": " + what +
                      ": the file is damaged: restore it from a copy");
}

summed_row row_reader::read(statement& from) const {
    const summed_row at{.job = {.id = static_cast<job_id>(from.integer(0)),
                                .state = static_cast<job_state>(from.integer(1)),
                                .due_ms = from.integer(2),
                                .token = static_cast<std::uint64_t>(from.integer(3)),
                                .attempts = static_cast<std::uint32_t>(from.integer(4)),
                                .crashes = static_cast<std::uint32_t>(from.integer(5)),
                                .max_attempts = static_cast<std::uint32_t>(from.integer(6)),
                                .max_crashes = static_cast<std::uint32_t>(from.integer(7)),
                                .time_limit = job_span(from.integer(12)),
                                .owner = static_cast<std::uint64_t>(from.integer(8)),
                                .begin_ms = from.integer(11)},
                        .body_sum = from.integer(9)};
    return checked(at, from.integer(10));
}

summed_row row_reader::sealed(const sql_call& from) const {
    const summed_row at{.job = {.id = static_cast<job_id>(from.integer(0)),
                                .state = static_cast<job_state>(from.integer(1)),
                                .token = static_cast<std::uint64_t>(from.integer(2)),
                                .attempts = static_cast<std::uint32_t>(from.integer(3)),
                                .crashes = static_cast<std::uint32_t>(from.integer(4)),
                                .max_attempts = static_cast<std::uint32_t>(from.integer(5)),
                                .max_crashes = static_cast<std::uint32_t>(from.integer(6)),
                                .time_limit = job_span(from.integer(7))},
                        .body_sum = from.integer(8)};
    return checked(at, from.integer(9));
}

summed_row row_reader::checked(const summed_row& at, std::int64_t sum) const {
    if (seal(at.job, at.body_sum) == sum) return at;
    damaged("the row of job " + std::to_string(at.job.id) + " does not match its checksum");
}

void row_reader::check_body(const summed_row& of, std::string_view body) const {
    if (static_cast<std::int64_t>(sum_of(body)) == of.body_sum) return;
    damaged("the body of job " + std::to_string(of.job.id) + " does not match its checksum");
}

job_info row_reader::info(statement& from) const {
    const summed_row at = read(from);
    job_info out{.id = at.job.id,
                 .state = at.job.state,
                 .attempts = at.job.attempts,
                 .crashes = at.job.crashes,
                 .put_ms = from.integer(13),
                 .begin_ms = at.job.begin_ms,
                 .end_ms = from.integer(14),
                 .body = from.bytes(16),
                 .note = from.bytes(15)};
    check_body(at, out.body);
    return out;
}

}  // namespace conq::jobs

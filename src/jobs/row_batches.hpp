// SPDX-License-Identifier: BSL-1.0
// Changes many rows together: one statement for all whose ids follow one another, as the ids of a
// batch nearly always do. The statement calls back for what differs from row to row.
#ifndef CONQ_SRC_JOBS_ROW_BATCHES_HPP
#define CONQ_SRC_JOBS_ROW_BATCHES_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "conq/jobs/engine.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/row_reader.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// Changes of rows. Threads: one at a time, within a transaction. Errors: store_error; then the
/// transaction must be rolled back.
class row_batches {
public:
    /// How many rows one statement puts at most.
    static constexpr std::size_t puts_most = 64;

    row_batches(database& base, const row_reader& rows);
    row_batches(const row_batches&) = delete;
    row_batches& operator=(const row_batches&) = delete;

    /// Adds rows that differ only in id and body, up to `puts_most`. `like` is the first row; the
    /// ids follow on from its id.
    void put(const row& like, std::int32_t priority, std::span<const new_job> jobs,
             std::int64_t now_ms);

    /// The terms on which jobs are handed out.
    struct terms {
        std::uint64_t owner;    ///< To whom,
        std::int64_t until_ms;  ///< until when, by the clock of leases,
        std::int64_t now_ms;    ///< now, by that of delays.
    };
    /// Hands out the next ready jobs, up to `most`, and appends them to `out`.
    void grant(std::size_t most, const terms& on, std::vector<granted>& out);

    /// Ends leases: the jobs are done. The answer is ok for each lease that is still held,
    /// lease_lost for the others.
    void done(std::span<const ticket> held, std::int64_t now_ms, std::string_view note,
              std::span<status> answers);
    /// The same, and deletes the rows.
    void forget(std::span<const ticket> held, std::span<status> answers);

private:
    void grant_row(sql_call& call);
    [[nodiscard]] std::int64_t is_held(const sql_call& call);
    // Calls `end` with the first and last id of each run of tickets.
    template <class End>
    void end_runs(std::span<const ticket> held, std::span<status> answers, End end);
    // How many of these, from the first on, have ids that follow one another.
    static std::size_t run_of(std::span<const ticket> of);

    const row_reader& rows_;
    std::span<const new_job> new_jobs_;
    row new_like_;
    terms terms_{};
    std::vector<granted>* granted_ = nullptr;
    std::span<const ticket> held_;
    std::span<status> answers_;
    std::vector<ticket> found_;
    statement put_, ready_, grant_, done_, forget_;
};

}  // namespace conq::jobs

#endif

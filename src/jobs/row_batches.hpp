// SPDX-License-Identifier: BSL-1.0
// Rows that change together: one statement for all whose ids follow one another, as those of a
// batch nearly always do. It calls back for what differs from row to row.
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

/// The rows. Threads: one at a time, within a transaction. Errors: store_error; then the
/// transaction is rolled back.
class row_batches {
public:
    /// How many rows are put by one statement.
    static constexpr std::size_t puts_most = 64;

    row_batches(database& base, const row_reader& rows);
    row_batches(const row_batches&) = delete;
    row_batches& operator=(const row_batches&) = delete;

    /// Adds rows that differ in their bodies alone, up to `puts_most`: the first is `like`, whose
    /// id is the first.
    void put(const row& like, std::int32_t priority, std::span<const new_job> jobs,
             std::int64_t now_ms);

    /// On what terms jobs are handed out.
    struct terms {
        std::uint64_t owner;    ///< To whom,
        std::int64_t until_ms;  ///< until when, by the clock of leases,
        std::int64_t now_ms;    ///< now, by that of delays.
    };
    /// Hands out the next ready jobs, up to `most`, at the end of `out`.
    void grant(std::size_t most, const terms& on, std::vector<granted>& out);

    /// Ends leases well: ok for each that is held, lease_lost for the others.
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
    // How many of these have ids that follow one another.
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

// SPDX-License-Identifier: BSL-1.0
// The tables of a queue's file (docs/formats/queue_file.md): the statements on them, and rows that
// are checked when they are read. All of it within a transaction.
#ifndef CONQ_SRC_JOBS_SQLITE_TABLES_HPP
#define CONQ_SRC_JOBS_SQLITE_TABLES_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include "conq/jobs/engine.hpp"
#include "src/jobs/queue_file.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// The clock of delays, which outlive a boot.
std::int64_t wall_ms();
/// The clock of leases: nobody sets it. After a boot the owners are dead anyway.
std::int64_t boot_ms();

/// The sum of bytes: any one changed byte changes it.
std::uint64_t sum_of(std::string_view bytes);
/// The sum of a row and its body's sum.
std::int64_t seal(const row& job, std::int64_t body_sum);

#define CONQ_ROW                                                                                \
    "id, state, due_ms, token, attempts, crashes, max_attempts, max_crashes, owner, body_sum, " \
    "sum, "                                                                                     \
    "begin_ms"

/// What an engine does with the file in a transaction. Belongs to one thread at a time.
class sqlite_tables {
protected:
    explicit sqlite_tables(const std::string& path) : store_(path) {}
    ~sqlite_tables() = default;

    /// A number of the queue. Throws store_error if it is not there.
    std::int64_t meta(std::string_view name);
    /// The file does not hold what it should.
    [[noreturn]] void damaged(const std::string& what);
    /// The columns of CONQ_ROW, checked against their sum.
    void read(statement& from, row& job, std::int64_t& body_sum);
    void check_body(const row& job, std::int64_t body_sum, std::string_view body);
    /// The first row that a statement without parameters finds: whether there is one.
    bool first(statement& from, row& job, std::int64_t& body_sum);
    /// The row of a job: whether there is one.
    bool find_row(job_id id, row& job, std::int64_t& body_sum);
    /// What a statement that begins as list_ has found, as users see it.
    job_info info_of(statement& from);
    /// Whether the statement finds a row.
    bool exists(statement& ask);
    bool has_unfinished();

    queue_file store_;
    statement begin_{store_.base, "BEGIN IMMEDIATE"};
    statement commit_{store_.base, "COMMIT"};
    statement get_meta_{store_.base, "SELECT value FROM meta WHERE name = CAST(?1 AS TEXT)"};
    statement set_meta_{store_.base, "UPDATE meta SET value = ?1 WHERE name = CAST(?2 AS TEXT)"};
    statement get_fact_{store_.base, "SELECT value FROM fact WHERE name = CAST(?1 AS TEXT)"};
    statement keep_fact_{store_.base, "INSERT OR IGNORE INTO fact VALUES(CAST(?1 AS TEXT), ?2)"};
    statement forget_fact_{store_.base, "DELETE FROM fact WHERE name = CAST(?1 AS TEXT)"};
    statement by_key_{store_.base, "SELECT id FROM job WHERE key = ?1 AND key IS NOT NULL"};
    statement put_{store_.base,
                   "INSERT INTO job VALUES(?1, ?2, ?3, ?4, 0, 0, 0, ?5, ?6, 0, ?7, 0, 0, ?8, "
                   "?9, NULLIF(?10, x''), NULL, ?11)"};
    statement find_{store_.base, "SELECT " CONQ_ROW " FROM job WHERE id = ?1"};
    statement body_{store_.base, "SELECT body FROM job WHERE id = ?1"};
    statement ready_{store_.base,
                     "SELECT " CONQ_ROW " FROM job WHERE state = 0 ORDER BY priority, id LIMIT 1"};
    statement delayed_{store_.base,
                       "SELECT " CONQ_ROW " FROM job WHERE state = 5 ORDER BY due_ms LIMIT 1"};
    statement running_{store_.base, "SELECT " CONQ_ROW
                                    " FROM job WHERE state = 1 AND id > ?1 ORDER BY id LIMIT 1"};
    statement list_{store_.base, "SELECT " CONQ_ROW
                                 ", put_ms, end_ms, note, body FROM job "
                                 "WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
    statement info_{store_.base,
                    "SELECT " CONQ_ROW ", put_ms, end_ms, note, body FROM job WHERE id = ?1"};
    statement any_ready_{store_.base, "SELECT 1 FROM job WHERE state = 0 LIMIT 1"};
    statement any_delayed_{store_.base, "SELECT 1 FROM job WHERE state = 5 LIMIT 1"};
    statement any_running_{store_.base, "SELECT 1 FROM job WHERE state = 1 LIMIT 1"};
    statement count_{store_.base,
                     "SELECT state, count(*), sum(end_ms > ?1) FROM job GROUP BY state"};
    statement save_{
        store_.base,
        "UPDATE job SET state = ?1, due_ms = ?2, token = ?3, attempts = ?4, "
        "crashes = ?5, owner = ?6, begin_ms = ?7, end_ms = ?8, sum = ?9 WHERE id = ?10"};
    statement note_{store_.base, "UPDATE job SET note = ?1 WHERE id = ?2"};
    statement renew_{store_.base,
                     "UPDATE job SET due_ms = max(due_ms, ?1) "
                     "WHERE id = ?2 AND token = ?3 AND state = 1"};
    statement forget_{store_.base, "DELETE FROM job WHERE id = ?1 AND state IN (2, 3, 4)"};
    statement forget_some_{store_.base,
                           "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = ?1 "
                           "ORDER BY id LIMIT ?2)"};
};

}  // namespace conq::jobs

#endif

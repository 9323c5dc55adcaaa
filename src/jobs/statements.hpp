// SPDX-License-Identifier: BSL-1.0
// The statements that the SQLite engine runs: docs/formats/queue_file.md
#ifndef CONQ_SRC_JOBS_STATEMENTS_HPP
#define CONQ_SRC_JOBS_STATEMENTS_HPP

#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

#define CONQ_ROW                                                                                \
    "id, state, due_ms, token, attempts, crashes, max_attempts, max_crashes, owner, body_sum, " \
    "sum, "                                                                                     \
    "begin_ms, limit_ms"
// The same, with what else users see of a job.
#define CONQ_INFO CONQ_ROW ", put_ms, end_ms, note, body"

/// All statements. SQLite uses an index of some rows only where a statement asks for the index's
/// own condition, word by word. Threads: one at a time.
struct statements {
    explicit statements(database& of) : base(of) {}
    database& base;

    statement get_meta{base, "SELECT value FROM meta WHERE name = CAST(?1 AS TEXT)"};
    statement last{base,
                   "SELECT max(value, (SELECT ifnull(max(id), 0) FROM job)) FROM meta "
                   "WHERE name = 'last_id'"};
    statement set_meta{base, "UPDATE meta SET value = ?1 WHERE name = CAST(?2 AS TEXT)"};
    statement get_fact{base, "SELECT value FROM fact WHERE name = CAST(?1 AS TEXT)"};
    statement keep_fact{base, "INSERT OR IGNORE INTO fact VALUES(CAST(?1 AS TEXT), ?2)"};
    statement forget_fact{base, "DELETE FROM fact WHERE name = CAST(?1 AS TEXT)"};
    statement by_key{base, "SELECT id FROM job WHERE key = ?1 AND key IS NOT NULL"};
    statement put{base,
                  "INSERT INTO job VALUES(?1, ?2, ?3, ?4, 0, 0, 0, ?5, ?6, ?12, 0, ?7, 0, 0, ?8, "
                  "?9, 0, NULLIF(?10, x''), NULL, NULL, ?11)"};
    statement find{base, "SELECT " CONQ_ROW " FROM job WHERE id = ?1"};
    statement body{base, "SELECT body FROM job WHERE id = ?1"};
    statement delayed{base, "SELECT " CONQ_ROW " FROM job WHERE state = 5 ORDER BY due_ms LIMIT 1"};
    statement running{base, "SELECT " CONQ_ROW ", process FROM job WHERE state = 1 AND state < 2"};
    statement any_waiting{base, "SELECT " CONQ_ROW
                                " FROM job WHERE state = 0 AND state < 2 UNION ALL SELECT " CONQ_ROW
                                " FROM job WHERE state = 5 LIMIT 1"};
    statement list{base, "SELECT " CONQ_INFO " FROM job WHERE id > ?1 ORDER BY id LIMIT ?2"};
    statement info{base, "SELECT " CONQ_INFO " FROM job WHERE id = ?1"};
    statement any_ready{base, "SELECT 1 FROM job WHERE state = 0 AND state < 2 LIMIT 1"};
    statement any_delayed{base, "SELECT 1 FROM job WHERE state = 5 LIMIT 1"};
    statement any_running{base, "SELECT 1 FROM job WHERE state = 1 AND state < 2 LIMIT 1"};
    statement count{base,
                    "SELECT state, count(*), sum(end_ms > ?1), max(id), sum(owner = ?4) FROM "
                    "(SELECT id, state, end_ms, owner FROM job WHERE id > ?2 ORDER BY id LIMIT ?3) "
                    "GROUP BY state"};
    statement save{base,
                   "UPDATE job SET state = ?2, due_ms = ?3, token = ?4, attempts = ?5, "
                   "crashes = ?6, owner = ?7, begin_ms = ?8, end_ms = ?9, sum = ?10, "
                   "process = NULL WHERE id = ?1"};
    statement save_noted{base,
                         "UPDATE job SET state = ?2, due_ms = ?3, token = ?4, attempts = ?5, "
                         "crashes = ?6, owner = ?7, begin_ms = ?8, end_ms = ?9, sum = ?10, "
                         "note = ?11 WHERE id = ?1"};
    statement note_process{
        base, "UPDATE job SET process = ?3 WHERE id = ?1 AND token = ?2 AND state = 1"};
    statement renew{base,
                    "UPDATE job SET due_ms = max(due_ms, ?1) "
                    "WHERE id = ?2 AND token = ?3 AND state = 1"};
    statement forget{base, "DELETE FROM job WHERE id = ?1 AND state IN (2, 3, 4)"};
    statement reach{base,
                    "SELECT max(id) FROM (SELECT id FROM job WHERE id > ?1 ORDER BY id LIMIT ?2)"};
    statement forget_some{base, "DELETE FROM job WHERE state = ?1 AND id > ?2 AND id <= ?3"};
};

#undef CONQ_INFO
#undef CONQ_ROW

}  // namespace conq::jobs

#endif

// SPDX-License-Identifier: BSL-1.0
// The outputs of jobs, in the file of a queue: the table output of docs/formats/queue_file.md
#ifndef CONQ_SRC_JOBS_OUTPUTS_HPP
#define CONQ_SRC_JOBS_OUTPUTS_HPP

#include <optional>
#include <string>
#include <string_view>

#include "conq/jobs/engine.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// The table. Threads: one at a time, within a transaction. Every call may throw store_error.
class outputs {
public:
    explicit outputs(database& base) : base_(base) {}
    /// Stores the output of the job, in place of what it has. Unless `keeps_all`, drops some of the
    /// oldest outputs if all together are too long, or these are too old.
    void keep(job_id id, std::string_view bytes, bool keeps_all);
    /// The output of the job; none if it has none, or it was dropped.
    std::optional<std::string> find(job_id id);
    /// The number of the last output that was kept. Later ones have higher numbers.
    std::int64_t newest();
    /// The number of the job's output, even if it was dropped; 0: it has none.
    std::int64_t number_of(job_id id);

private:
    database& base_;
    statement drop_{base_,
                    "DELETE FROM output WHERE id = ?1 AND seq = (SELECT output FROM job WHERE "
                    "id = ?1)"};
    statement last_{base_, "SELECT seq, upto FROM output ORDER BY seq DESC LIMIT 1"};
    statement of_{base_, "SELECT output FROM job WHERE id = ?1"};
    statement add_{base_, "INSERT INTO output VALUES(?1, ?2, ?3, ?4, ?5, ?6)"};
    statement point_{base_, "UPDATE job SET output = ?1 WHERE id = ?2"};
    statement trim_{base_,
                    "DELETE FROM output WHERE seq = (SELECT min(seq) FROM output) AND "
                    "(upto < ?1 OR end_ms < ?2)"};
    statement find_{base_,
                    "SELECT bytes, sum FROM output WHERE id = ?1 AND seq = (SELECT output FROM job "
                    "WHERE id = ?1)"};
};

}  // namespace conq::jobs

#endif

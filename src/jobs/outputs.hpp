// SPDX-License-Identifier: BSL-1.0
// What jobs have written, in the file of a queue: the table output of docs/formats/queue_file.md
#ifndef CONQ_SRC_JOBS_OUTPUTS_HPP
#define CONQ_SRC_JOBS_OUTPUTS_HPP

#include <optional>
#include <string>
#include <string_view>

#include "conq/jobs/engine.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// The table. Threads: one at a time, within a transaction. Errors: store_error.
class outputs {
public:
    explicit outputs(database& base) : base_(base) {}
    /// In place of what the job has. Unless `keeps_all`, some of the oldest are dropped, if there
    /// are too many bytes of them, or they are too old.
    void keep(job_id id, std::string_view bytes, bool keeps_all);
    /// None if it is not there, or not any more.
    std::optional<std::string> find(job_id id);

private:
    database& base_;
    statement drop_{base_,
                    "DELETE FROM output WHERE id = ?1 AND seq = (SELECT output FROM job WHERE "
                    "id = ?1)"};
    statement last_{base_, "SELECT seq, upto FROM output ORDER BY seq DESC LIMIT 1"};
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

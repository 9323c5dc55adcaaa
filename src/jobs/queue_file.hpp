// SPDX-License-Identifier: BSL-1.0
// The file of a queue, opened and checked: docs/formats/queue_file.md
#ifndef CONQ_SRC_JOBS_QUEUE_FILE_HPP
#define CONQ_SRC_JOBS_QUEUE_FILE_HPP

#include <cstdint>
#include <mutex>
#include <string>

#include "src/jobs/shared_file.hpp"
#include "src/jobs/sqlite.hpp"

namespace conq::jobs {

/// The lock of all transactions, for a scope.
class commit_lock {
public:
    explicit commit_lock(shared_file& file) : file_(file) { file_.lock_commits(); }
    commit_lock(shared_file& file, std::adopt_lock_t /*is_locked*/) noexcept : file_(file) {}
    commit_lock(const commit_lock&) = delete;
    commit_lock& operator=(const commit_lock&) = delete;
    ~commit_lock() { file_.unlock_commits(); }

private:
    shared_file& file_;
};

/// The file, and the one beside it.
struct queue_file {
    /// Opens it, and makes it if it is not there. Throws store_error that says what it is instead.
    explicit queue_file(const std::string& path);
    const std::string name;  ///< Of it: see full_name.
    shared_file shared;      ///< Locks and words.
    database base;           ///< The jobs.

    /// Throws if the file has lost its name, or the disk has failed to keep something, since this
    /// was opened: from then on nothing is written that would rest on that.
    void check_disk();
    /// Tells all processes if the disk has failed `base`.
    void tell_failure() noexcept;

private:
    void mend();

    std::uint32_t failures_ = 0;
    bool has_told_ = false;
};

}  // namespace conq::jobs

#endif

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

/// Holds the lock of all transactions while it lives.
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

/// The file of a queue, and the one beside it with locks and words.
struct queue_file {
    /// Opens the file; creates it if it does not exist. Throws store_error, which says what is
    /// wrong with it.
    explicit queue_file(const std::string& path);
    const std::string name;  ///< Its path: see full_name.
    shared_file shared;      ///< The file of locks and words.
    database base;           ///< The jobs.

    /// Throws store_error if, since this was opened, the file has lost its name or the disk has
    /// failed to keep something: from then on nothing may be written that would build on that.
    void check_disk();
    /// Tells all processes, once, if the disk has failed to keep what `base` wrote.
    void tell_failure() noexcept;

private:
    void mend();

    std::uint32_t failures_ = 0;
    bool has_told_ = false;
};

}  // namespace conq::jobs

#endif

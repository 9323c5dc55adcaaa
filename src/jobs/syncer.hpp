// SPDX-License-Identifier: BSL-1.0
// A thread that syncs the WAL to the disk a short while after a commit that has not done so itself:
// with durability=batch, and with durability=power for what is not a put.
#ifndef CONQ_SRC_JOBS_SYNCER_HPP
#define CONQ_SRC_JOBS_SYNCER_HPP

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "src/jobs/quiet_thread.hpp"
#include "src/jobs/shared_file.hpp"

namespace conq::jobs {

/// The thread. Threads: all calls from any.
class syncer {
public:
    /// `wal`: the path of the file, which must exist. If a sync fails, `shared` is told. Throws
    /// store_error.
    syncer(const std::string& wal, shared_file& shared)
        : wal_(wal), shared_(shared), thread_(quiet_thread([this] { run(); })) {}
    syncer(const syncer&) = delete;
    syncer& operator=(const syncer&) = delete;
    ~syncer() {
        {
            const std::lock_guard lock(mutex_);
            is_ending_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }
    /// Says that there is something to sync.
    void note_commit() {
        const std::lock_guard lock(mutex_);
        if (!is_dirty_) changed_.notify_one();
        is_dirty_ = true;
    }

    /// Says that there is nothing to sync any more.
    void forget_commits() {
        const std::lock_guard lock(mutex_);
        is_dirty_ = false;
    }

private:
    // The file stays open: later the process may have no descriptor left, which is no failure of
    // the disk.
    class wal_file {
    public:
        explicit wal_file(const std::string& path);
        wal_file(const wal_file&) = delete;
        wal_file& operator=(const wal_file&) = delete;
        ~wal_file();
        [[nodiscard]] bool sync() const;

    private:
        int file_;
    };

    void run();

    const wal_file wal_;
    shared_file& shared_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_dirty_ = false, is_ending_ = false;
    std::thread thread_;
};

}  // namespace conq::jobs

#endif

// SPDX-License-Identifier: BSL-1.0
// The calls that are measured on a store of jobs: one thread's put, take and done, singly or in
// batches.
#ifndef CONQ_BENCH_JOBS_SESSION_HPP
#define CONQ_BENCH_JOBS_SESSION_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace conq::bench {

/// One thread's use of a store.
class session {
public:
    session() = default;
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    virtual ~session() = default;

    /// Adds `count` jobs.
    virtual void put(std::size_t count) = 0;
    /// Takes up to `count` jobs. Returns how many it took.
    virtual std::size_t take(std::size_t count) = 0;
    /// Marks the jobs that were taken as done.
    virtual void done() = 0;
};

/// The bytes of a job.
inline const std::string job_body(100, 'j');

/// A store in a file that was made before. Each call makes the session of a thread.
using store = std::function<std::unique_ptr<session>()>;

/// Sessions on one handle of conq's, for one process.
store open_conq(const std::string& url);
/// What one would write without conq: the same tables, prepared statements, WAL, one connection for
/// each thread, one BEGIN IMMEDIATE for each call, and SQLite's own way to wait. `path` is a file
/// that conq has made. Its tables are copied into a file beside it, which otherwise has SQLite's
/// defaults.
store open_plain(const std::string& path);
/// The same statements on tables in memory, made as in the file `path`: the upper limit.
store open_ceiling(const std::string& path);

}  // namespace conq::bench

#endif

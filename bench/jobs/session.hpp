// SPDX-License-Identifier: BSL-1.0
// What is measured of a store of jobs: one thread's put, take, done, singly or in batches.
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
    /// Takes up to `count`: how many.
    virtual std::size_t take(std::size_t count) = 0;
    /// Ends what was taken.
    virtual void done() = 0;
};

/// A job's bytes.
inline const std::string job_body(100, 'j');

/// A store in a file that was made before: makes the session of a thread.
using store = std::function<std::unique_ptr<session>()>;

/// Sessions of one handle of ours, for one process.
store open_conq(const std::string& url);
/// What one would write without us: the same tables, prepared statements, WAL, a connection a
/// thread, BEGIN IMMEDIATE a call, and SQLite's own way to wait. `path` is a file that we have
/// made: its tables are copied into one beside it, which is otherwise as SQLite makes it.
store open_plain(const std::string& path);
/// The same statements on tables in memory, made as in the file `path`: what cannot be beaten.
store open_ceiling(const std::string& path);

}  // namespace conq::bench

#endif

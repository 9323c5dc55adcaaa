// SPDX-License-Identifier: BSL-1.0
// SQLite's file system, but for the WAL of a queue: the pages of a commit are written by one system
// call, where SQLite makes two for each.
#ifndef CONQ_SRC_JOBS_GATHERING_HPP
#define CONQ_SRC_JOBS_GATHERING_HPP

namespace conq::jobs {

/// The name to open a database with. What SQLite writes to the WAL reaches SQLite's default file
/// system, whichever that is when the database is opened, at the commit: before any process can be
/// told of it, so that readers and crashes see what they would see without this. Threads: any.
const char* gathering_files();

}  // namespace conq::jobs

#endif

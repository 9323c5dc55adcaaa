// SPDX-License-Identifier: BSL-1.0
// SQLite's file system with fewer system calls for a queue. The pages of a commit are written by
// one call, where SQLite makes two for each page. And a writer that holds the lock of commits takes
// one of SQLite's locks for a transaction, where SQLite takes three.
#ifndef CONQ_SRC_JOBS_LEAN_FILES_HPP
#define CONQ_SRC_JOBS_LEAN_FILES_HPP

#include <sqlite3.h>

namespace conq::jobs {

/// Returns the name of the VFS to open a database with; null if memory is short. Below it is the
/// VFS that is SQLite's default when a file is opened. Threads: any.
///
/// What is written to the WAL reaches the file together with the last page of the commit, before
/// any process can be told of the commit: so readers and crashes see what they would see without
/// this.
const char* lean_files();

/// If `is_expected`, the caller promises that, until the next call, SQLite only begins, carries out
/// and ends writing transactions of this database, one at a time. Meanwhile SQLite's write lock is
/// taken before the first page is read, and stands in for the read lock: nobody writes over the WAL
/// without it. `database`: was opened with the VFS above. Threads: as the database.
void expect_writing(sqlite3_file& database, bool is_expected);

}  // namespace conq::jobs

#endif

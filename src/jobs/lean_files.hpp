// SPDX-License-Identifier: BSL-1.0
// SQLite's file system, with fewer system calls for a queue: the pages of a commit are written by
// one, where SQLite makes two for each; and who writes under the lock of commits takes one lock of
// SQLite's for a transaction, where SQLite takes three.
#ifndef CONQ_SRC_JOBS_LEAN_FILES_HPP
#define CONQ_SRC_JOBS_LEAN_FILES_HPP

#include <sqlite3.h>

namespace conq::jobs {

/// The name to open a database with; null if memory is short. Below it is SQLite's default, as it
/// is when a file is opened. Threads: any.
///
/// What is written to the WAL reaches the file with the last page of the commit, before any process
/// can be told of it: readers and crashes see what they would see without this.
const char* lean_files();

/// From here on, or not any more, all that SQLite does with the database in this file is to begin,
/// carry out and end writing transactions, one at a time. Then the lock of those who write is taken
/// before the first page is read, and stands for the one of those who read: nobody writes over the
/// WAL without it. `database`: opened by that name. Threads: as the database.
void expect_writing(sqlite3_file& database, bool is_expected);

}  // namespace conq::jobs

#endif

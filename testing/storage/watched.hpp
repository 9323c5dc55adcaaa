// SPDX-License-Identifier: BSL-1.0
// SQLite's file system, watched: each call that SQLite makes on a file is shown to a listener
// first, who may let it fail. It becomes SQLite's default, so what is tested does not know of it.
#ifndef CONQ_TESTING_STORAGE_WATCHED_HPP
#define CONQ_TESTING_STORAGE_WATCHED_HPP

#include <sqlite3.h>

#include <cstdint>
#include <span>
#include <string>

namespace conq::testing {

/// What SQLite asks of a file.
enum class storage_call : std::uint8_t {
    open,
    read,
    write,
    truncate,
    sync,
    size,
    remove,      ///< Of a file by its name.
    map,         ///< Of the memory that processes share.
    lock,        ///< Of the file, or of a byte of the shared memory.
    checkpoint,  ///< The lock of a checkpoint, which begins with it.
};

/// One such call.
struct storage_event {
    storage_call what;                 ///< Which.
    const std::string& path;           ///< Of which file.
    int flags;                         ///< How it was opened: SQLITE_OPEN_WAL, …
    std::int64_t offset = 0;           ///< write: where; truncate: the new size.
    std::span<const char> bytes = {};  ///< write: what.
    std::size_t written = 0;           ///< For who lets a write fail: so much is written first.
};

/// Is shown all calls. Threads: calls from those that use SQLite.
class storage_listener {
public:
    storage_listener() = default;
    storage_listener(const storage_listener&) = delete;
    storage_listener& operator=(const storage_listener&) = delete;
    virtual ~storage_listener() = default;

    /// Before it is made. Answers SQLITE_OK to let it be made, else what it comes to.
    virtual int before(storage_event& event) = 0;
    /// It was made, and has succeeded.
    virtual void after(const storage_event&) {}
};

/// While it lives, all files that SQLite opens in this process, and in those that it forks, are
/// watched. Syncs are shown, and made only if wanted: the machine goes on, and a disk takes its
/// time. One at a time; made and destroyed while no file is open.
class watched_storage {
public:
    explicit watched_storage(storage_listener& listener, bool makes_syncs = false);
    watched_storage(const watched_storage&) = delete;
    watched_storage& operator=(const watched_storage&) = delete;
    ~watched_storage();
};

}  // namespace conq::testing

#endif

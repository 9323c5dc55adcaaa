// SPDX-License-Identifier: BSL-1.0
// SQLite's file system, watched: a listener sees each call that SQLite makes on a file before it is
// made, and may make it fail. The watched file system becomes SQLite's default, so the code under
// test does not know of it.
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
    remove,      ///< Removes a file by its name.
    map,         ///< Maps the memory that processes share.
    lock,        ///< Locks the file, or a byte of the shared memory.
    checkpoint,  ///< Takes the lock with which a checkpoint begins.
};

/// One call on a file.
struct storage_event {
    storage_call what;                 ///< Which call.
    const std::string& path;           ///< On which file.
    int flags;                         ///< How it was opened: SQLITE_OPEN_WAL, …
    std::int64_t offset = 0;           ///< write: where it begins; truncate: the new size.
    std::span<const char> bytes = {};  ///< write: what is written.
    std::size_t written = 0;  ///< If the listener fails a write: how much is written first.
};

/// Sees all calls. Threads: is called by the threads that use SQLite.
class storage_listener {
public:
    storage_listener() = default;
    storage_listener(const storage_listener&) = delete;
    storage_listener& operator=(const storage_listener&) = delete;
    virtual ~storage_listener() = default;

    /// Called before a call is made. Returns SQLITE_OK to let it be made, otherwise its result.
    virtual int before(storage_event& event) = 0;
    /// Called after a call was made and has succeeded.
    virtual void after(const storage_event&) {}
};

/// While it lives, all files that SQLite opens in this process, and in processes forked from it,
/// are watched. The listener sees all syncs, but they are made only with `makes_syncs`: the machine
/// keeps running, and real syncs are slow. There may be one at a time; make and destroy it while no
/// file is open.
class watched_storage {
public:
    explicit watched_storage(storage_listener& listener, bool makes_syncs = false);
    watched_storage(const watched_storage&) = delete;
    watched_storage& operator=(const watched_storage&) = delete;
    ~watched_storage();
};

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/lean_files.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace conq::jobs {
namespace {

constexpr std::size_t most_bytes = 128 << 10;
constexpr int frame_header_bytes = 24;

// Bytes that SQLite has written to a WAL, and that are not in the file yet.
struct gathered {
    std::int64_t at = 0;
    std::size_t size = 0;
    bool is_last_page = false;  // what comes next is the last page of a commit
    std::int64_t end = 0;       // of all frames of this transaction, with those already in the file
    char bytes[most_bytes];
};

// What SQLite holds for an open file. The file of the VFS below has memory of its own, because its
// size is known only at run time.
struct file {
    sqlite3_file base;
    sqlite3_file* real;
    gathered* pages;      // of a WAL
    file* owner;          // of a WAL: the database
    file* wal = nullptr;  // of a database, and so the rest
    bool expects_writing = false;
    bool has_lock = false;    // the write lock is held; taken before SQLite asks for it
    bool is_writing = false;  // SQLite has asked for it
    unsigned spared = 0;      // a bit for each read lock that SQLite believes it has
    int refusals = 0;         // of locks by which SQLite would note how far it reads
};

file& of(sqlite3_file* from) {
    return *reinterpret_cast<file*>(from);
}
const sqlite3_io_methods& real(sqlite3_file* from) {
    return *of(from).real->pMethods;
}

int flush(file& at) {
    if (at.pages == nullptr || at.pages->size == 0) return SQLITE_OK;
    const auto size = static_cast<int>(at.pages->size);
    at.pages->size = 0;  // if it fails, so has the commit
    return at.real->pMethods->xWrite(at.real, at.pages->bytes, size, at.pages->at);
}

int close_file(sqlite3_file* from) {
    file& at = of(from);
    if (at.owner != nullptr) at.owner->wal = nullptr;
    const int code = at.real->pMethods->xClose(at.real);
    std::free(at.real);
    delete at.pages;
    return code;
}

int read_file(sqlite3_file* from, void* out, int size, sqlite3_int64 offset) {
    if (const int code = flush(of(from)); code != SQLITE_OK) return code;
    return real(from).xRead(of(from).real, out, size, offset);
}

// A frame is a header and a page. The header of the last frame of a commit has the size of the
// database in its second word; those before it have 0 there. If a page was written twice in one
// transaction, SQLite rewrites the headers from there on, alone, and the last of them ends the
// commit: no page follows for which this could wait.
int write_file(sqlite3_file* from, const void* bytes, int size, sqlite3_int64 offset) {
    file& at = of(from);
    gathered* const to = at.pages;
    if (to == nullptr) return real(from).xWrite(at.real, bytes, size, offset);
    const auto count = static_cast<std::size_t>(size);
    const bool is_header = size == frame_header_bytes, is_anew = is_header && offset < to->end;
    const bool fits = !is_anew && to->size + count <= most_bytes &&
                      (to->size == 0 || to->at + std::int64_t(to->size) == offset);
    to->end = std::max<std::int64_t>(to->end, offset + size);
    if (!fits) {
        if (const int code = flush(at); code != SQLITE_OK) return code;
    }
    if (is_header) {
        constexpr char none[4] = {};
        to->is_last_page = std::memcmp(static_cast<const char*>(bytes) + 4, none, 4) != 0;
    }
    if (is_anew || count > most_bytes) return real(from).xWrite(at.real, bytes, size, offset);
    if (to->size == 0) to->at = offset;
    std::memcpy(to->bytes + to->size, bytes, count);
    to->size += count;
    return !is_header && to->is_last_page ? flush(at) : SQLITE_OK;
}

int truncate_file(sqlite3_file* from, sqlite3_int64 size) {
    if (const int code = flush(of(from)); code != SQLITE_OK) return code;
    return real(from).xTruncate(of(from).real, size);
}
int sync_file(sqlite3_file* from, int how) {
    if (const int code = flush(of(from)); code != SQLITE_OK) return code;
    return real(from).xSync(of(from).real, how);
}
int size_of_file(sqlite3_file* from, sqlite3_int64* out) {
    if (const int code = flush(of(from)); code != SQLITE_OK) return code;
    return real(from).xFileSize(of(from).real, out);
}
int lock_file(sqlite3_file* from, int level) {
    return real(from).xLock(of(from).real, level);
}
int unlock_file(sqlite3_file* from, int level) {
    return real(from).xUnlock(of(from).real, level);
}
int is_reserved(sqlite3_file* from, int* out) {
    return real(from).xCheckReservedLock(of(from).real, out);
}
int control(sqlite3_file* from, int what, void* argument) {
    return real(from).xFileControl(of(from).real, what, argument);
}
int sector_size(sqlite3_file* from) {
    return real(from).xSectorSize(of(from).real);
}
int characteristics(sqlite3_file* from) {
    return real(from).xDeviceCharacteristics(of(from).real);
}
int map_memory(sqlite3_file* from, int page, int size, int extends, void volatile** out) {
    return real(from).xShmMap(of(from).real, page, size, extends, out);
}
// Bytes of the shared memory that stand for locks: one of the writer, and some of the readers.
constexpr int write_lock = 0, first_read_lock = 3, read_locks = 5;

int real_lock(file& at, int first, int count, int flags) {
    return at.real->pMethods->xShmLock(at.real, first, count, flags);
}

bool get_write_lock(file& at) {
    constexpr int how = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
    if (!at.has_lock) at.has_lock = real_lock(at, write_lock, 1, how) == SQLITE_OK;
    return at.has_lock;
}

int end_lock(file& at) {
    if (!at.has_lock || at.is_writing || at.spared != 0) return SQLITE_OK;
    at.has_lock = false;
    return real_lock(at, write_lock, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
}

int lock_read(file& at, int first, int flags) {
    const unsigned bit = 1U << first;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        if ((at.spared & bit) == 0) return real_lock(at, first, 1, flags);
        at.spared &= ~bit;
        return end_lock(at);
    }
    if (!at.expects_writing || !get_write_lock(at)) return real_lock(at, first, 1, flags);
    if ((flags & SQLITE_SHM_SHARED) != 0) {
        at.spared |= bit;
        return SQLITE_OK;
    }
    // SQLite wants to note here how far it reads. If this is refused, it uses a note that says
    // less, which does as well. If there is none, it asks again for all of them.
    return ++at.refusals < read_locks ? SQLITE_BUSY : real_lock(at, first, 1, flags);
}

int lock_write(file& at, int flags) {
    const bool is_end = (flags & SQLITE_SHM_UNLOCK) != 0;
    // The next transaction writes in the same place: what a rollback has left belongs to nobody.
    if (is_end && at.wal != nullptr && at.wal->pages != nullptr) {
        at.wal->pages->size = 0;
        at.wal->pages->end = 0;
    }
    if (!at.has_lock) return real_lock(at, write_lock, 1, flags);
    at.is_writing = !is_end;
    return end_lock(at);
}

int lock_memory(sqlite3_file* from, int first, int count, int flags) {
    if (count == 1 && first >= first_read_lock) return lock_read(of(from), first, flags);
    if (count == 1 && first == write_lock) return lock_write(of(from), flags);
    return real_lock(of(from), first, count, flags);
}
void memory_barrier(sqlite3_file* from) {
    real(from).xShmBarrier(of(from).real);
}
int unmap_memory(sqlite3_file* from, int removes) {
    return real(from).xShmUnmap(of(from).real, removes);
}

// Version 2: no mapping of the file itself into memory.
constexpr sqlite3_io_methods methods{2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     size_of_file,
                                     lock_file,
                                     unlock_file,
                                     is_reserved,
                                     control,
                                     sector_size,
                                     characteristics,
                                     map_memory,
                                     lock_memory,
                                     memory_barrier,
                                     unmap_memory,
                                     nullptr,
                                     nullptr};

sqlite3_vfs& below() {
    return *sqlite3_vfs_find(nullptr);
}

// On a disk where a write may damage what lies beside it, SQLite writes the last frame again, up to
// the end of a sector, in parts: then nothing is gathered.
bool can_gather(sqlite3_file& wal) {
    const int all = wal.pMethods->xDeviceCharacteristics(&wal);
    return (all & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* into, int flags, int* out_flags) {
    into->pMethods = nullptr;
    void* const place = std::calloc(1, static_cast<std::size_t>(below().szOsFile));
    if (place == nullptr) return SQLITE_NOMEM;
    auto* const made = static_cast<sqlite3_file*>(place);
    int code = below().xOpen(&below(), name, made, flags, out_flags);
    gathered* pages = nullptr;
    const bool is_wal = (flags & SQLITE_OPEN_WAL) != 0;
    if (code == SQLITE_OK && is_wal && can_gather(*made)) {
        pages = new (std::nothrow) gathered;
        if (pages == nullptr) code = SQLITE_NOMEM;
    }
    if (code != SQLITE_OK) {
        if (made->pMethods != nullptr) made->pMethods->xClose(made);
        std::free(place);
        return code;
    }
    file* const owner = is_wal ? &of(sqlite3_database_file_object(name)) : nullptr;
    file* const self = new (into) file{{&methods}, made, pages, owner};
    if (owner != nullptr) owner->wal = self;
    return SQLITE_OK;
}

int remove_file(sqlite3_vfs*, const char* name, int syncs_folder) {
    return below().xDelete(&below(), name, syncs_folder);
}
int access_file(sqlite3_vfs*, const char* name, int what, int* out) {
    return below().xAccess(&below(), name, what, out);
}
int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
    return below().xFullPathname(&below(), name, size, out);
}

}  // namespace

const char* lean_files() {
    static sqlite3_vfs ours = [] {
        sqlite3_vfs made = below();  // its other calls look at no part of a file
        made.pNext = nullptr;
        made.zName = "conq";
        made.szOsFile = sizeof(file);
        made.xOpen = open_file;
        made.xDelete = remove_file;
        made.xAccess = access_file;
        made.xFullPathname = full_name;
        return made;
    }();
    static const int code = sqlite3_vfs_register(&ours, 0);
    return code == SQLITE_OK ? ours.zName : nullptr;
}

void expect_writing(sqlite3_file& database, bool is_expected) {
    file& at = of(&database);
    at.expects_writing = is_expected;
    at.refusals = 0;
    end_lock(at);
}

}  // namespace conq::jobs

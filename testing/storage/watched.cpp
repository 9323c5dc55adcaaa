// SPDX-License-Identifier: BSL-1.0
#include "testing/storage/watched.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace conq::testing {
namespace {

storage_listener* listening = nullptr;
sqlite3_vfs* below = nullptr;
bool really_syncs = false;

// What SQLite holds for a file: first its own part, then ours; the part of the real file follows.
struct file {
    sqlite3_file base;
    std::string path;
    int flags;
    sqlite3_file* real;
};

file& of(sqlite3_file* from) {
    return *reinterpret_cast<file*>(from);
}

template <class Real> int ask(storage_event event, Real real) {
    if (const int code = listening->before(event); code != SQLITE_OK) {
        return code;
    }
    const int code = real();
    if (code == SQLITE_OK) listening->after(event);
    return code;
}

int close_file(sqlite3_file* from) {
    file& at = of(from);
    const int code = at.real->pMethods->xClose(at.real);
    at.~file();
    return code;
}
int read_file(sqlite3_file* from, void* out, int size, sqlite3_int64 offset) {
    file& at = of(from);
    storage_event event{storage_call::read, at.path, at.flags, offset};
    if (const int code = listening->before(event); code != SQLITE_OK) return code;
    return at.real->pMethods->xRead(at.real, out, size, offset);
}
int write_file(sqlite3_file* from, const void* bytes, int size, sqlite3_int64 offset) {
    file& at = of(from);
    storage_event event{storage_call::write,
                        at.path,
                        at.flags,
                        offset,
                        {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}};
    if (const int code = listening->before(event); code != SQLITE_OK) {
        if (event.written > 0) {
            at.real->pMethods->xWrite(at.real, bytes, static_cast<int>(event.written), offset);
        }
        return code;
    }
    const int code = at.real->pMethods->xWrite(at.real, bytes, size, offset);
    if (code == SQLITE_OK) listening->after(event);
    return code;
}
int truncate_file(sqlite3_file* from, sqlite3_int64 size) {
    file& at = of(from);
    return ask({storage_call::truncate, at.path, at.flags, size},
               [&] { return at.real->pMethods->xTruncate(at.real, size); });
}
int sync_file(sqlite3_file* from, int how) {
    file& at = of(from);
    return ask({storage_call::sync, at.path, at.flags},
               [&] { return really_syncs ? at.real->pMethods->xSync(at.real, how) : SQLITE_OK; });
}
int size_of_file(sqlite3_file* from, sqlite3_int64* out) {
    file& at = of(from);
    return ask({storage_call::size, at.path, at.flags},
               [&] { return at.real->pMethods->xFileSize(at.real, out); });
}
int lock_file(sqlite3_file* from, int level) {
    file& at = of(from);
    return ask({storage_call::lock, at.path, at.flags},
               [&] { return at.real->pMethods->xLock(at.real, level); });
}
int unlock_file(sqlite3_file* from, int level) {
    return of(from).real->pMethods->xUnlock(of(from).real, level);
}
int is_reserved(sqlite3_file* from, int* out) {
    return of(from).real->pMethods->xCheckReservedLock(of(from).real, out);
}
int control(sqlite3_file* from, int what, void* argument) {
    return of(from).real->pMethods->xFileControl(of(from).real, what, argument);
}
int sector_size(sqlite3_file* from) {
    return of(from).real->pMethods->xSectorSize(of(from).real);
}
int characteristics(sqlite3_file* from) {
    return of(from).real->pMethods->xDeviceCharacteristics(of(from).real);
}
int map_memory(sqlite3_file* from, int page, int size, int extends, void volatile** out) {
    file& at = of(from);
    return ask({storage_call::map, at.path, at.flags},
               [&] { return at.real->pMethods->xShmMap(at.real, page, size, extends, out); });
}
int lock_memory(sqlite3_file* from, int first, int count, int flags) {
    file& at = of(from);
    const auto real = [&] { return at.real->pMethods->xShmLock(at.real, first, count, flags); };
    if ((flags & SQLITE_SHM_UNLOCK) != 0) return real();
    // A recovery locks the byte of checkpoints together with the next one.
    const bool begins = first == 1 && count == 1 && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    return ask({begins ? storage_call::checkpoint : storage_call::lock, at.path, at.flags}, real);
}
void memory_barrier(sqlite3_file* from) {
    of(from).real->pMethods->xShmBarrier(of(from).real);
}
int unmap_memory(sqlite3_file* from, int removes) {
    return of(from).real->pMethods->xShmUnmap(of(from).real, removes);
}

// Version 2 of the methods does not map the file itself into memory: writes to the mapping would
// bypass the listener.
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

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* into, int flags, int* out_flags) {
    const std::string path = name != nullptr ? name : "";
    into->pMethods = nullptr;
    storage_event event{storage_call::open, path, flags};
    if (const int code = listening->before(event); code != SQLITE_OK) return code;
    auto* const real =
        reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(into) + sizeof(file));
    const int code = below->xOpen(below, name, real, flags, out_flags);
    if (code != SQLITE_OK) {
        if (real->pMethods != nullptr) real->pMethods->xClose(real);
        return code;
    }
    new (into) file{{&methods}, path, flags, real};
    listening->after(event);
    return SQLITE_OK;
}

int remove_file(sqlite3_vfs*, const char* name, int syncs_folder) {
    const std::string path = name;
    return ask({storage_call::remove, path, 0, syncs_folder},
               [&] { return below->xDelete(below, name, syncs_folder); });
}

sqlite3_vfs& ours() {
    static sqlite3_vfs it = [] {
        below = sqlite3_vfs_find(nullptr);
        sqlite3_vfs made = *below;  // its other calls use no part of ours
        made.zName = "watched";
        made.szOsFile = static_cast<int>(sizeof(file)) + below->szOsFile;
        made.xOpen = open_file;
        made.xDelete = remove_file;
        return made;
    }();
    return it;
}

}  // namespace

watched_storage::watched_storage(storage_listener& listener, bool makes_syncs) {
    really_syncs = makes_syncs;
    if (listening != nullptr) std::abort();
    listening = &listener;
    sqlite3_vfs_register(&ours(), 1);
}

watched_storage::~watched_storage() {
    sqlite3_vfs_unregister(&ours());
    sqlite3_vfs_register(below, 1);
    listening = nullptr;
}

}  // namespace conq::testing

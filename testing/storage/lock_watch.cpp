// SPDX-License-Identifier: BSL-1.0
#include "testing/storage/lock_watch.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <sstream>

namespace conq::testing {
namespace {

constexpr std::string_view wal = "-wal";

// As in "lock:	1: OFDLCK  ADVISORY  WRITE -1 08:01:1234 64 64"
bool is_commit_lock(const std::string& line) {
    std::istringstream words(line);
    std::string key, number, kind, mode, type, owner, file;
    int from = 0, to = 0;
    words >> key >> number >> kind >> mode >> type >> owner >> file >> from >> to;
    return key == "lock:" && kind == "OFDLCK" && type == "WRITE" && from <= 64 && 64 <= to;
}

}  // namespace

bool holds_commit_lock(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code gone;  // threads may close files meanwhile
    for (const auto& each : fs::directory_iterator("/proc/self/fd", gone)) {
        if (fs::read_symlink(each.path(), gone) != path + "-lock") continue;
        std::ifstream about("/proc/self/fdinfo/" + each.path().filename().string());
        for (std::string line; std::getline(about, line);) {
            if (is_commit_lock(line)) return true;
        }
    }
    return false;
}

lock_watch::lock_watch() {
    void* const at =
        ::mmap(nullptr, sizeof(counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) std::abort();
    seen_ = new (at) counts{};
}

lock_watch::~lock_watch() {
    ::munmap(seen_, sizeof(counts));
}

int lock_watch::before(storage_event& event) {
    const bool is_file = (event.flags & SQLITE_OPEN_MAIN_DB) != 0;
    const bool is_wal = (event.flags & SQLITE_OPEN_WAL) != 0;
    const bool writes = event.what == storage_call::write || event.what == storage_call::truncate;
    const bool is_header = writes && is_wal && event.offset < 32;
    const bool begins = event.what == storage_call::checkpoint;
    if (!begins && !is_header && !(writes && is_file)) return SQLITE_OK;
    ++(begins ? seen_->checkpoints : is_header ? seen_->headers : seen_->pages);
    const std::string path =
        is_wal ? event.path.substr(0, event.path.size() - wal.size()) : event.path;
    if (!holds_commit_lock(path)) {
        std::fprintf(stderr, "%s was written without the lock of commits\n", event.path.c_str());
        ++seen_->faults;
    }
    return SQLITE_OK;
}

}  // namespace conq::testing

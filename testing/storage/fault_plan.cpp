// SPDX-License-Identifier: BSL-1.0
#include "testing/storage/fault_plan.hpp"

namespace conq::testing {
namespace {

// The error of a call that a broken disk makes fail.
int broken(storage_call what) {
    switch (what) {
        case storage_call::open:
            return SQLITE_CANTOPEN;
        case storage_call::read:
            return SQLITE_IOERR_READ;
        case storage_call::write:
            return SQLITE_IOERR_WRITE;
        case storage_call::truncate:
            return SQLITE_IOERR_TRUNCATE;
        case storage_call::sync:
            return SQLITE_IOERR_FSYNC;
        case storage_call::size:
            return SQLITE_IOERR_FSTAT;
        case storage_call::remove:
            return SQLITE_IOERR_DELETE;
        case storage_call::map:
            return SQLITE_IOERR_SHMMAP;
        case storage_call::lock:
            return SQLITE_IOERR_LOCK;
        case storage_call::checkpoint:
            return SQLITE_IOERR_SHMLOCK;
    }
    return SQLITE_IOERR;
}

// The result that the fault gives to the call; SQLITE_OK if the fault does not hit it.
int outcome(storage_fault fault, storage_call what) {
    const bool is_write = what == storage_call::write;
    switch (fault) {
        case storage_fault::io_error:
            return broken(what);
        case storage_fault::disk_full:
            if (what == storage_call::map) return SQLITE_IOERR_SHMSIZE;
            return is_write ? SQLITE_FULL : SQLITE_OK;
        case storage_fault::short_write:
            return is_write ? SQLITE_FULL : SQLITE_OK;
        case storage_fault::failed_sync:
            return what == storage_call::sync ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    }
    return SQLITE_OK;
}

}  // namespace

int fault_plan::before(storage_event& event) {
    const int code = outcome(fault_, event.what);
    if (code == SQLITE_OK || has_ended_) return SQLITE_OK;
    const std::uint64_t call = ++calls_;
    if (call != at_ && !(lasts_ && call > at_)) return SQLITE_OK;
    ++fired_;
    if (fault_ == storage_fault::short_write) event.written = event.bytes.size() / 2;
    return code;
}

}  // namespace conq::testing

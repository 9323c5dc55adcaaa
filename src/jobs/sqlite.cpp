// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/sqlite.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "conq/jobs/engine.hpp"
#include "src/jobs/lean_files.hpp"
#include "src/jobs/place.hpp"

namespace conq::jobs {
namespace {

// Whether the code says that a sync has failed: what was written since the sync before may be lost.
bool is_failed_sync(int code) {
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

// What to do about an error. `error`: the errno, if a system call of SQLite has failed.
const char* mend_of(int code, int error) {
    if (is_failed_sync(code)) return "check the disk, then open the queue anew";
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            return "this is no queue of conq: name another file";
        case SQLITE_CORRUPT:
            return "the file is damaged: copy it, then try sqlite3 FILE .recover";
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return mend_of_open(error);
        case SQLITE_TOOBIG:
            return "store what is so long in a file, and put the file's name";
        case SQLITE_FULL:
            return "make room on the disk, and go on";
        case SQLITE_IOERR:
            return "check the disk, and go on";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another program holds the file: end it, and go on";
        default:
            return "nothing was changed";
    }
}

// A function, and where to keep what it throws until SQLite has returned.
struct defined {
    sql_function function;
    std::exception_ptr& thrown;
};
void call_defined(sqlite3_context* answer, int, sqlite3_value** given) {
    auto& it = *static_cast<defined*>(sqlite3_user_data(answer));
    try {
        sql_call call(answer, given);
        it.function(call);
    } catch (...) {
        it.thrown = std::current_exception();
        sqlite3_result_error(answer, "a function of conq has failed", -1);
    }
}
void delete_defined(void* it) {
    delete static_cast<defined*>(it);
}

}  // namespace

std::string_view sql_call::bytes(int at) const {
    const auto* const from = static_cast<const char*>(sqlite3_value_blob(given_[at]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(given_[at]));
    return from == nullptr ? std::string_view() : std::string_view(from, size);
}

void sql_call::answer(std::string_view value) {
    const char* const from = value.empty() ? "" : value.data();  // null would be NULL
    sqlite3_result_blob64(answer_, from, value.size(), SQLITE_STATIC);
}

database::database(const std::string& path) : path_(path) {
    constexpr int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    // An absolute path or one that begins with ./ has no other meaning to SQLite. The empty path is
    // a temporary database, in a file that nobody sees.
    const std::string plain = path.empty() || path.starts_with('/') ? path : "./" + path;
    const char* const files = path.empty() ? nullptr : lean_files();
    const int code = sqlite3_open_v2(plain.c_str(), &handle_, flags, files);
    if (code != SQLITE_OK) {
        const std::string why = sqlite3_errstr(code);
        const int error = sqlite3_system_errno(handle_);
        sqlite3_close(handle_);
        throw store_error("conq: " + path_ + ": " + why + ": " + mend_of(code, error));
    }
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file_);
    sqlite3_busy_timeout(handle_, 5000);  // for when a user has the file open in sqlite3
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

database::~database() {
    sqlite3_close(handle_);
}

std::string database::begin(std::size_t count) {
    std::string head(count, '\0');
    const int code = file_->pMethods->xRead(file_, head.data(), static_cast<int>(count), 0);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) fail(code);
    return head;
}

void database::define(const char* name, int count, sql_function function) {
    auto it = std::make_unique<defined>(std::move(function), thrown_);
    const int code =
        sqlite3_create_function_v2(handle_, name, count, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                   it.release(), &call_defined, nullptr, nullptr, &delete_defined);
    if (code != SQLITE_OK) fail(code);
}

void database::run(const char* text) {
    const int code = sqlite3_exec(handle_, text, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

std::uint32_t database::version() noexcept {
    std::uint32_t now = 0;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_DATA_VERSION, &now);
    return now;
}

bool database::has_moved() noexcept {
    int answer = 0;
    file_->pMethods->xFileControl(file_, SQLITE_FCNTL_HAS_MOVED, &answer);
    return answer != 0;
}

void database::expect_writing(bool is_expected) noexcept {
    jobs::expect_writing(*file_, is_expected);
}

void database::checkpoint() noexcept {
    note(sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr));
}

bool database::save_wal() noexcept {
    sqlite3_busy_timeout(handle_, 0);
    int all = -1, saved = -2;
    const int code =
        sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &all, &saved);
    note(code);
    return code == SQLITE_OK && all == saved;
}

bool database::empty_wal() noexcept {
    sqlite3_busy_timeout(handle_, 0);
    const int code =
        sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    note(code);
    return code == SQLITE_OK;
}

bool database::write_wal_again() {
    sqlite3_file* wal = nullptr;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (wal == nullptr || wal->pMethods == nullptr) return true;
    sqlite3_int64 size = 0;
    int code = wal->pMethods->xFileSize(wal, &size);
    std::vector<char> some(1 << 16);
    for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK;) {
        const auto count = static_cast<int>(std::min<sqlite3_int64>(size - at, std::ssize(some)));
        code = wal->pMethods->xRead(wal, some.data(), count, at);
        if (code == SQLITE_OK) code = wal->pMethods->xWrite(wal, some.data(), count, at);
        at += count;
    }
    return code == SQLITE_OK && wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

void database::note(int code) noexcept {
    has_failed_ |= is_failed_sync(code);
}

void database::fail(int code) {
    note(code);
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if ((code & 0xff) == SQLITE_TOOBIG) fail_too_long("a row");
    const int error = sqlite3_system_errno(handle_);
    throw store_error("conq: " + path_ + ": " + sqlite3_errmsg(handle_) + ": " +
                      mend_of(code, error));
}

void database::fail_too_long(const std::string& what) {
    const int most = sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, -1);
    throw store_error("conq: " + path_ + ": " + what + " is longer than the limit of " +
                      std::to_string(most) + " bytes: " + mend_of(SQLITE_TOOBIG, 0));
}

statement::~statement() {
    sqlite3_finalize(handle_);
}

void statement::prepare() {
    const int code =
        sqlite3_prepare_v3(base_.handle(), text_, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (code != SQLITE_OK) base_.fail(code);
}

bool statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    reset();
    if (code != SQLITE_DONE) base_.fail(code);
    return false;
}

std::string statement::bytes(int column) {
    const auto* const at = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const int size = sqlite3_column_bytes(handle_, column);
    return at == nullptr ? std::string() : std::string(at, static_cast<std::size_t>(size));
}

void statement::set(int at, std::int64_t value) {
    sqlite3_bind_int64(handle_, at, value);
}

void statement::set(int at, std::string_view value) {
    const char* const from = value.empty() ? "" : value.data();  // null would bind NULL
    const int code = sqlite3_bind_blob64(handle_, at, from, value.size(), SQLITE_STATIC);
    if (code == SQLITE_TOOBIG) {
        base_.fail_too_long("a value of " + std::to_string(value.size()) + " bytes");
    }
    if (code != SQLITE_OK) base_.fail(code);
}

}  // namespace conq::jobs

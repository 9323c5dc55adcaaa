// SPDX-License-Identifier: BSL-1.0
// SQLite's interface, with destructors and exceptions.
#ifndef CONQ_SRC_JOBS_SQLITE_HPP
#define CONQ_SRC_JOBS_SQLITE_HPP

#include <sqlite3.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace conq::jobs {

/// A call of a function of ours by a statement, while it lasts.
class sql_call {
public:
    sql_call(sqlite3_context* answer, sqlite3_value** given) : answer_(answer), given_(given) {}
    [[nodiscard]] std::int64_t integer(int at) const { return sqlite3_value_int64(given_[at]); }
    /// Until the call is over.
    [[nodiscard]] std::string_view bytes(int at) const;
    void answer(std::int64_t value) { sqlite3_result_int64(answer_, value); }
    /// `value` outlives the statement's step.
    void answer(std::string_view value);

private:
    sqlite3_context* answer_;
    sqlite3_value** given_;
};
using sql_function = std::function<void(sql_call&)>;

/// An open database. Threads: one at a time.
class database {
public:
    /// Opens or makes it. Throws store_error that names the file and the mend.
    explicit database(const std::string& path);
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database();

    /// The first bytes of the file, as they are; zeros where it is shorter. Throws store_error.
    std::string begin(std::size_t count);
    /// Statements may call `name` with `count` arguments. What `function` throws is thrown by the
    /// step that has called it. Throws store_error.
    void define(const char* name, int count, sql_function function);
    /// Runs statements without parameters or rows. Throws store_error.
    void run(const char* text);
    /// Within a transaction, or right after its commit: changes with what others commit.
    [[nodiscard]] std::uint32_t version() noexcept;
    /// See lean_files.hpp. Not for a temporary one.
    void expect_writing(bool is_expected) noexcept;
    /// Copies the WAL into the file. The lock of commits is held.
    void checkpoint() noexcept;
    /// The same, without waiting for anybody: whether all of it is in the file now.
    bool save_wal() noexcept;
    /// The same, and leaves nothing in the WAL, unless somebody reads it: whether that is so.
    bool empty_wal() noexcept;
    /// Writes to the disk anew what the WAL holds: whether it is there now. Under the lock, too.
    bool write_wal_again();
    /// Whether its name leads to another file, or to none.
    [[nodiscard]] bool has_moved() noexcept;
    /// Whether the disk has failed to keep what was written: nobody knows what it holds.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
    /// Throws what the last call came to.
    [[noreturn]] void fail(int code);
    /// Throws that `what` is longer than SQLite takes.
    [[noreturn]] void fail_too_long(const std::string& what);
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] sqlite3* handle() noexcept { return handle_; }

private:
    void note(int code) noexcept;

    std::string path_;
    sqlite3* handle_ = nullptr;
    sqlite3_file* file_ = nullptr;
    bool has_failed_ = false;
    std::exception_ptr thrown_;  // by a function of ours
};

/// Within it, under the lock of commits, nothing but a writing transaction.
class writing_scope {
public:
    explicit writing_scope(database& base) : base_(base) { base_.expect_writing(true); }
    writing_scope(const writing_scope&) = delete;
    writing_scope& operator=(const writing_scope&) = delete;
    ~writing_scope() { base_.expect_writing(false); }

private:
    database& base_;
};

/// A statement, prepared when it is first used: most of a program's are not. Use: bind(…), then
/// step() while it answers true; it is reset by then.
class statement {
public:
    /// `text` outlives it.
    statement(database& base, const char* text) : base_(base), text_(text) {}
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;
    ~statement();

    /// Sets all parameters, from the first on. What they point to lives until the last step.
    template <class... Value> statement& bind(const Value&... value) {
        if (handle_ == nullptr) prepare();
        reset();
        int at = 0;
        (set(++at, value), ...);
        return *this;
    }
    /// Goes to the next row: whether there is one. Throws store_error.
    bool step();
    /// The same, for a statement whose rows nobody reads: how many it has changed.
    std::int64_t finish() {
        while (step()) {
        }
        return sqlite3_changes(base_.handle());
    }
    void reset() noexcept { sqlite3_reset(handle_); }
    [[nodiscard]] std::int64_t integer(int column) { return sqlite3_column_int64(handle_, column); }
    [[nodiscard]] std::string bytes(int column);

private:
    void prepare();
    void set(int at, std::int64_t value);
    void set(int at, std::string_view value);

    database& base_;
    const char* const text_;
    sqlite3_stmt* handle_ = nullptr;
};

}  // namespace conq::jobs

#endif

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

/// A call of one of our functions by a statement. Valid while the call lasts.
class sql_call {
public:
    sql_call(sqlite3_context* answer, sqlite3_value** given) : answer_(answer), given_(given) {}
    [[nodiscard]] std::int64_t integer(int at) const { return sqlite3_value_int64(given_[at]); }
    /// Valid until the call is over.
    [[nodiscard]] std::string_view bytes(int at) const;
    void answer(std::int64_t value) { sqlite3_result_int64(answer_, value); }
    /// `value` must outlive the statement's step.
    void answer(std::string_view value);

private:
    sqlite3_context* answer_;
    sqlite3_value** given_;
};
using sql_function = std::function<void(sql_call&)>;

/// An open database. Threads: one at a time.
class database {
public:
    /// Opens the file; creates it if it does not exist. Throws store_error, which names the file
    /// and says what to do.
    explicit database(const std::string& path);
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database();

    /// The first `count` bytes of the file, as they are; zeros beyond its end. Throws store_error.
    std::string begin(std::size_t count);
    /// Lets statements call `name` with `count` arguments. What `function` throws, the step that
    /// has called it throws. Throws store_error.
    void define(const char* name, int count, sql_function function);
    /// Runs statements without parameters or rows. Throws store_error.
    void run(const char* text);
    /// A number that changes when others commit. To be read within a transaction, or right after
    /// its commit.
    [[nodiscard]] std::uint32_t version() noexcept;
    /// See lean_files.hpp. Not for a temporary database.
    void expect_writing(bool is_expected) noexcept;
    /// Copies the WAL into the file. The lock of commits must be held.
    void checkpoint() noexcept;
    /// The same, without waiting for others. Returns whether all of the WAL is in the file now.
    bool save_wal() noexcept;
    /// The same, and empties the WAL, unless somebody reads it. Returns whether it has done so.
    bool empty_wal() noexcept;
    /// Writes the contents of the WAL to the disk again. Returns whether they are there now. The
    /// lock of commits must be held.
    bool write_wal_again();
    /// Whether the file's name leads to another file now, or to none.
    [[nodiscard]] bool has_moved() noexcept;
    /// Whether the disk has failed to keep what was written: then nobody knows what it holds.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
    /// Throws the error of the last call, whose code was `code`.
    [[noreturn]] void fail(int code);
    /// Throws store_error: `what` is longer than SQLite takes.
    [[noreturn]] void fail_too_long(const std::string& what);
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] sqlite3* handle() noexcept { return handle_; }

private:
    void note(int code) noexcept;

    std::string path_;
    sqlite3* handle_ = nullptr;
    sqlite3_file* file_ = nullptr;
    bool has_failed_ = false;
    std::exception_ptr thrown_;  // by one of our functions
};

/// While it lives, only a writing transaction runs, under the lock of commits.
class writing_scope {
public:
    explicit writing_scope(database& base) : base_(base) { base_.expect_writing(true); }
    writing_scope(const writing_scope&) = delete;
    writing_scope& operator=(const writing_scope&) = delete;
    ~writing_scope() { base_.expect_writing(false); }

private:
    database& base_;
};

/// A statement, prepared when it is first used, because a program uses few of them. Use: bind(…),
/// then step() while it returns true; then it is reset.
class statement {
public:
    /// `text` must outlive the statement.
    statement(database& base, const char* text) : base_(base), text_(text) {}
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;
    ~statement();

    /// Sets all parameters, from the first on. What they point to must live until the last step.
    template <class... Value> statement& bind(const Value&... value) {
        if (handle_ == nullptr) prepare();
        reset();
        int at = 0;
        (set(++at, value), ...);
        return *this;
    }
    /// Goes to the next row. Returns whether there is one. Throws store_error.
    bool step();
    /// Runs a statement whose rows nobody reads. Returns how many rows it has changed. Throws
    /// store_error.
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

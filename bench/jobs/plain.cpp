// SPDX-License-Identifier: BSL-1.0
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "bench/jobs/session.hpp"

namespace conq::bench {
namespace {

class connection {
public:
    explicit connection(const std::string& path) {
        check(sqlite3_open(path.c_str(), &handle_));
        sqlite3_busy_timeout(handle_, 60'000);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { sqlite3_close_v2(handle_); }

    void check(int code) {
        if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
        std::fprintf(stderr, "plain: %s\n", sqlite3_errmsg(handle_));
        std::exit(1);
    }
    void run(const char* text) { check(sqlite3_exec(handle_, text, nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepared(const char* text) {
        sqlite3_stmt* made = nullptr;
        check(sqlite3_prepare_v2(handle_, text, -1, &made, nullptr));
        return made;
    }

private:
    sqlite3* handle_ = nullptr;
};

class plain_session final : public session {
public:
    explicit plain_session(std::unique_ptr<connection> base) : base_(std::move(base)) {
        begin_ = base_->prepared("BEGIN IMMEDIATE");
        commit_ = base_->prepared("COMMIT");
        put_ = base_->prepared(
            "INSERT INTO job(state, priority, due_ms, token, attempts, crashes, max_attempts, "
            "max_crashes, limit_ms, owner, put_ms, begin_ms, end_ms, body_sum, sum, output, body) "
            "VALUES(0, 0, 0, 0, 0, 0, 25, 5, 0, 0, 0, 0, 0, 0, 0, 0, ?1)");
        take_ = base_->prepared(
            "SELECT id, body FROM job WHERE state = 0 AND state < 2 "
            "ORDER BY priority, id LIMIT 1");
        lease_ = base_->prepared(
            "UPDATE job SET state = 1, token = token + 1, attempts = attempts + 1, owner = 1, "
            "due_ms = 1 WHERE id = ?1");
        done_ = base_->prepared("UPDATE job SET state = 2, owner = 0 WHERE id = ?1 AND state = 1");
    }
    ~plain_session() override {
        for (sqlite3_stmt* each : {begin_, commit_, put_, take_, lease_, done_}) {
            sqlite3_finalize(each);
        }
    }

    void put(std::size_t count) override {
        run(begin_);
        for (std::size_t i = 0; i < count; ++i) {
            sqlite3_bind_blob(put_, 1, job_body.data(), static_cast<int>(job_body.size()),
                              SQLITE_STATIC);
            run(put_);
        }
        run(commit_);
    }
    std::size_t take(std::size_t count) override {
        const std::size_t before = held_.size();
        run(begin_);
        while (held_.size() < before + count && sqlite3_step(take_) == SQLITE_ROW) {
            held_.push_back(sqlite3_column_int64(take_, 0));
            body_.assign(static_cast<const char*>(sqlite3_column_blob(take_, 1)),
                         static_cast<std::size_t>(sqlite3_column_bytes(take_, 1)));
            sqlite3_reset(take_);
            sqlite3_bind_int64(lease_, 1, held_.back());
            run(lease_);
        }
        sqlite3_reset(take_);
        run(commit_);
        return held_.size() - before;
    }
    void done() override {
        run(begin_);
        for (const sqlite3_int64 id : held_) {
            sqlite3_bind_int64(done_, 1, id);
            run(done_);
        }
        run(commit_);
        held_.clear();
    }

private:
    void run(sqlite3_stmt* what) {
        base_->check(sqlite3_step(what));
        sqlite3_reset(what);
    }

    const std::unique_ptr<connection> base_;
    sqlite3_stmt *begin_, *commit_, *put_, *take_, *lease_, *done_;
    std::vector<sqlite3_int64> held_;
    std::string body_;
};

// Creates the tables of the file `path` in `into`.
void copy_tables(const std::string& path, connection& into) {
    connection from(path);
    sqlite3_stmt* const tables =
        from.prepared("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL");
    while (sqlite3_step(tables) == SQLITE_ROW) {
        into.run(reinterpret_cast<const char*>(sqlite3_column_text(tables, 0)));
    }
    sqlite3_finalize(tables);
}

}  // namespace

store open_plain(const std::string& path) {
    const std::string own = path + "-plain";
    if (!std::filesystem::exists(own)) {
        connection made(own);
        made.run("PRAGMA journal_mode = WAL");
        copy_tables(path, made);
    }
    return [own] {
        auto base = std::make_unique<connection>(own);
        base->run("PRAGMA synchronous = NORMAL");
        return std::make_unique<plain_session>(std::move(base));
    };
}

store open_ceiling(const std::string& path) {
    return [path] {
        auto base = std::make_unique<connection>(":memory:");
        copy_tables(path, *base);
        return std::make_unique<plain_session>(std::move(base));
    };
}

}  // namespace conq::bench

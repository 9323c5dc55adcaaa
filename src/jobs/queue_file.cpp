// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/queue_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "conq/jobs/engine.hpp"
#include "src/jobs/place.hpp"

namespace conq::jobs {
namespace {

constexpr std::int64_t application = 0x636f6e71, version = 1;
// A commit writes whole pages, and another process reads them again; with small pages that is less.
// With pages smaller than this, jobs that come in batches fill too many of them.
constexpr const char* page_bytes = "PRAGMA page_size = 2048";
constexpr off_t page_bytes_most = 65'536;  // the limit of SQLite

constexpr const char* schema = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('flags', 0), ('last_id', 0), ('last_owner', 0);
CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE job(
  id INTEGER PRIMARY KEY, state INTEGER NOT NULL, priority INTEGER NOT NULL,
  due_ms INTEGER NOT NULL, token INTEGER NOT NULL, attempts INTEGER NOT NULL,
  crashes INTEGER NOT NULL, max_attempts INTEGER NOT NULL, max_crashes INTEGER NOT NULL,
  limit_ms INTEGER NOT NULL,
  owner INTEGER NOT NULL, put_ms INTEGER NOT NULL, begin_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  body_sum INTEGER NOT NULL, sum INTEGER NOT NULL, output INTEGER NOT NULL, key BLOB, note BLOB,
  process BLOB, body BLOB NOT NULL);
CREATE TABLE output(
  seq INTEGER PRIMARY KEY, id INTEGER NOT NULL, end_ms INTEGER NOT NULL, upto INTEGER NOT NULL,
  sum INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TRIGGER job_gone AFTER DELETE ON job WHEN old.output <> 0 BEGIN
  DELETE FROM output WHERE seq = old.output AND id = old.id;
END;
CREATE INDEX job_open ON job(state, priority) WHERE state < 2;
CREATE INDEX job_delayed ON job(due_ms) WHERE state = 5;
CREATE UNIQUE INDEX job_key ON job(key) WHERE key IS NOT NULL;
PRAGMA application_id = 1668247153;
PRAGMA user_version = 1;
)";

// A flipped bit may hide a row, which no checksum of rows can detect. To check all of a small file
// takes almost no time; a large one is checked only by those who ask for it.
void check_small(database& base) {
    constexpr std::int64_t small_bytes = 256 << 10;
    statement size(base, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    if (!size.bind().step() || size.integer(0) > small_bytes) return;
    statement check(base, "PRAGMA integrity_check(1)");
    const std::string found = check.bind().step() ? check.bytes(0) : "ok";
    if (found == "ok") return;
    throw store_error("conq: " + base.path() + ": " + found +
                      ": the file is damaged: copy it, then try sqlite3 FILE .recover");
}

// SQLite keeps the statement that made a table: it is ours, or that of another build of this
// version.
void check_tables(database& base) {
    statement made(base,
                   "SELECT sql FROM sqlite_master WHERE type = 'table' AND name IN "
                   "('fact', 'job', 'meta', 'output')");
    int ours = 0;
    for (made.bind(); made.step();) {
        ours += std::string_view(schema).find(made.bytes(0)) != std::string_view::npos;
    }
    if (ours == 4) return;
    throw store_error("conq: " + base.path() +
                      ": its tables are those of another build of conq: finish it with that one, "
                      "or put what is left into a new file: sqlite3 FILE 'SELECT body FROM job "
                      "WHERE state IN (0, 1, 5)' | conq put -q NEW");
}

[[noreturn]] void refuse_another_programs(const std::string& path) {
    throw store_error("conq: " + path + ": a database of another program: name another file");
}

// Checks that the file is a queue, or makes it one if it is new. The lock of commits is held.
void prepare(database& base) {
    std::int64_t mark = 0, made_by = 0, tables = 0;
    const auto read = [&base](const char* text, std::int64_t& out) {
        statement ask(base, text);
        if (ask.bind().step()) out = ask.integer(0);
    };
    read("PRAGMA application_id", mark);
    read("PRAGMA user_version", made_by);
    read("SELECT count(*) FROM sqlite_master", tables);
    const std::string where = "conq: " + base.path() + ": ";
    if (mark != application && (mark != 0 || tables != 0)) {
        refuse_another_programs(base.path());
    }
    if (mark == application && made_by != version) {
        throw store_error(where + "a queue of version " + std::to_string(made_by) +
                          ", and this conq knows version 1: use a newer conq");
    }
    if (mark != application) base.run(page_bytes);
    // A large batch, or a reader that stays for long, makes the WAL long. What is beyond 64 MiB is
    // given back when the WAL begins anew.
    base.run(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
        "PRAGMA journal_size_limit = 67108864; PRAGMA synchronous = NORMAL");
    if (mark == application) {
        check_tables(base);
        check_small(base);
        return;
    }
    base.run("BEGIN IMMEDIATE");
    base.run(schema);
    base.run("COMMIT");
}

// What the head of a database file says. SQLite takes a file that is shorter than a page for an
// empty one. If a power failure has left something else, SQLite knows what to do, or says what it
// is. The head is read through SQLite: closing a descriptor of our own would end the locks of all
// handles of this process.
class file_head {
public:
    explicit file_head(const std::string& path) : bytes_(database(path).begin(105)) {}
    [[nodiscard]] bool is_database() const {
        return bytes_.starts_with(std::string_view("SQLite format 3", 16));
    }
    [[nodiscard]] off_t page_bytes() const {
        constexpr off_t least = 512;
        if (!is_database()) return least;
        const auto size = static_cast<off_t>(number(16, 2));
        return size == 1 ? page_bytes_most : std::max(size, least);
    }
    /// Whether it has tables, but not the mark of a queue.
    [[nodiscard]] bool is_of_another_program() const {
        const std::int64_t mark = number(68, 4);
        return mark != application && (mark != 0 || number(103, 2) != 0);
    }

private:
    [[nodiscard]] std::int64_t number(std::size_t at, std::size_t count) const {
        std::int64_t value = 0;
        for (const char each : bytes_.substr(at, count)) {
            value = value << 8 | static_cast<unsigned char>(each);
        }
        return value;
    }

    const std::string bytes_;
};

// Refuses a file that is no queue, as far as can be seen before anything is made beside it. A file
// with a log beside it is checked later, once SQLite has read the log.
void check_head(const std::string& path, off_t size) {
    const file_head head(path);
    if (size < head.page_bytes()) {
        throw store_error("conq: " + path +
                          ": no queue of conq, or cut short: name another file, or restore it "
                          "from a copy");
    }
    const std::string name = jobs::full_name(path);
    struct stat log{};
    if (::stat((name + "-wal").c_str(), &log) == 0 && log.st_size > 0) return;
    if (::stat((name + "-journal").c_str(), &log) == 0) return;
    if (!head.is_database()) {
        throw store_error("conq: " + path + ": this is no queue of conq: name another file");
    }
    if (head.is_of_another_program()) refuse_another_programs(path);
}

// Returns the path. Throws if it leads to another machine, or if SQLite would take the file for an
// empty one and write over it.
const std::string& checked(const std::string& path) {
    check_place(path);
    struct stat about{};
    const bool is_there = ::stat(path.c_str(), &about) == 0;
    if (is_there && !S_ISREG(about.st_mode)) {
        throw store_error("conq: " + path + ": " +
                          (S_ISDIR(about.st_mode) ? "a folder" : "a device, or the like") +
                          ": name a file; it is made if it is not there");
    }
    if (is_there && about.st_nlink > 1) {
        throw store_error("conq: " + path + ": the file has " + std::to_string(about.st_nlink) +
                          " names (hard links), and each would be another queue: remove all but "
                          "one, or replace them by symbolic links");
    }
    if (is_there && about.st_size > 0) check_head(path, about.st_size);
    return path;
}

}  // namespace

queue_file::queue_file(const std::string& path)
    : name(full_name(checked(path))), shared(name + "-lock"), base(path) {
    const commit_lock lock(shared);
    prepare(base);
    mend();
}

// After the disk has failed, what processes read may not be on it: the system takes pages for
// written that are not. Nothing may build on the WAL before it is on the disk again. The database
// file needs no mending: a checkpoint whose sync fails is made again.
void queue_file::mend() {
    failures_ = shared.failures();
    if (shared.mended() == failures_) return;
    if (!base.write_wal_again()) {
        throw store_error("conq: " + base.path() +
                          ": the disk does not keep what is written: check it, then try again");
    }
    shared.note_mended(failures_);
}

void queue_file::tell_failure() noexcept {
    if (!base.has_failed() || has_told_) return;
    shared.note_failure();
    has_told_ = true;
}

void queue_file::check_disk() {
    if (base.has_moved()) {
        throw store_error("conq: " + base.path() +
                          ": the file was removed, moved or replaced while it was open: what was "
                          "acknowledged before is in that one, not in what has its name now: open "
                          "the queue anew");
    }
    if (shared.failures() == failures_) return;
    throw store_error("conq: " + base.path() +
                      ": the disk has failed to keep what was written: check it, then open the "
                      "queue anew");
}

}  // namespace conq::jobs

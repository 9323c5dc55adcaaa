// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/sqlite_tables.hpp"

#include <time.h>

namespace conq::jobs {
namespace {

std::int64_t clock_ms(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// FNV-1a.
std::uint64_t sum_from(std::uint64_t from, std::string_view bytes) {
    for (const char each : bytes) {
        from = (from ^ static_cast<unsigned char>(each)) * 0x100000001b3;
    }
    return from;
}

}  // namespace

std::int64_t wall_ms() {
    return clock_ms(CLOCK_REALTIME);
}
std::int64_t boot_ms() {
    return clock_ms(CLOCK_BOOTTIME);
}

std::uint64_t sum_of(std::string_view bytes) {
    return sum_from(0xcbf29ce484222325, bytes);
}

std::int64_t seal(const row& job, std::int64_t body_sum) {
    const std::uint64_t fields[] = {job.id,          static_cast<std::uint64_t>(job.state),
                                    job.token,       job.attempts,
                                    job.crashes,     job.max_attempts,
                                    job.max_crashes, static_cast<std::uint64_t>(body_sum)};
    return static_cast<std::int64_t>(
        sum_of({reinterpret_cast<const char*>(fields), sizeof fields}));
}

std::int64_t sqlite_tables::meta(std::string_view name) {
    get_meta_.bind(name);
    if (!get_meta_.step()) damaged("the table meta lacks a row");
    const std::int64_t value = get_meta_.integer(0);
    get_meta_.reset();
    return value;
}

void sqlite_tables::damaged(const std::string& what) {
    throw store_error("conq: " + store_.base.path() + ": " + what +
                      ": the file is damaged: restore it from a copy");
}

void sqlite_tables::read(statement& from, row& job, std::int64_t& body_sum) {
    job.id = static_cast<job_id>(from.integer(0));
    job.state = static_cast<job_state>(from.integer(1));
    job.due_ms = from.integer(2);
    job.token = static_cast<std::uint64_t>(from.integer(3));
    job.attempts = static_cast<std::uint32_t>(from.integer(4));
    job.crashes = static_cast<std::uint32_t>(from.integer(5));
    job.max_attempts = static_cast<std::uint32_t>(from.integer(6));
    job.max_crashes = static_cast<std::uint32_t>(from.integer(7));
    job.owner = static_cast<std::uint64_t>(from.integer(8));
    job.begin_ms = from.integer(11);
    body_sum = from.integer(9);
    if (seal(job, body_sum) != from.integer(10)) {
        damaged("the row of job " + std::to_string(job.id) + " does not match its checksum");
    }
}

void sqlite_tables::check_body(const row& job, std::int64_t body_sum, std::string_view body) {
    if (static_cast<std::int64_t>(sum_of(body)) != body_sum) {
        damaged("the body of job " + std::to_string(job.id) + " does not match its checksum");
    }
}

bool sqlite_tables::first(statement& from, row& job, std::int64_t& body_sum) {
    const bool is_there = from.bind().step();
    if (is_there) read(from, job, body_sum);
    from.reset();
    return is_there;
}

bool sqlite_tables::find_row(job_id id, row& job, std::int64_t& body_sum) {
    const bool is_there = find_.bind(std::int64_t(id)).step();
    if (is_there) read(find_, job, body_sum);
    find_.reset();
    return is_there;
}

bool sqlite_tables::exists(statement& ask) {
    const bool is_there = ask.bind().step();
    ask.reset();
    return is_there;
}
bool sqlite_tables::has_unfinished() {
    return exists(any_ready_) || exists(any_delayed_) || exists(any_running_);
}

job_info sqlite_tables::info_of(statement& from) {
    row job;
    std::int64_t body_sum = 0;
    read(from, job, body_sum);
    job_info out{.id = job.id,
                 .state = job.state,
                 .attempts = job.attempts,
                 .crashes = job.crashes,
                 .put_ms = from.integer(12),
                 .begin_ms = job.begin_ms,
                 .end_ms = from.integer(13),
                 .body = from.bytes(15),
                 .note = from.bytes(14)};
    check_body(job, body_sum, out.body);
    return out;
}

}  // namespace conq::jobs

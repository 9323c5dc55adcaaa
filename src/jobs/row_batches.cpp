// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/row_batches.hpp"

#include <algorithm>
#include <string>

#include "src/jobs/seal.hpp"

namespace conq::jobs {
namespace {

// The columns that row_reader::sealed takes.
#define CONQ_SEALED                                                                        \
    "id, state, token, attempts, crashes, max_attempts, max_crashes, limit_ms, body_sum, " \
    "sum"
constexpr int sealed_count = 10;

constexpr const char* put_text =
    "INSERT INTO job SELECT ?1 + column1, ?2, ?3, ?4, 0, 0, 0, ?5, ?6, ?7, 0, ?8, 0, 0, "
    "conq_body_sum(column1), conq_sum(column1), 0, NULL, NULL, NULL, conq_body(column1) FROM ("
    "VALUES(0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), "
    "(16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), "
    "(31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), "
    "(46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), "
    "(61), (62), (63)) LIMIT ?9";
constexpr const char* ready_text =
    "SELECT id FROM job WHERE state = 0 AND state < 2 ORDER BY priority, id LIMIT ?1";
constexpr const char* grant_text =
    "UPDATE job SET state = 1, due_ms = ?3, token = token + 1, attempts = attempts + 1, "
    "owner = ?4, begin_ms = ?5, end_ms = 0, sum = conq_grant(" CONQ_SEALED
    ", body), process = NULL WHERE id BETWEEN ?1 AND ?2";
constexpr const char* done_text =
    "UPDATE job SET state = 2, owner = 0, end_ms = ?3, note = ?4, sum = conq_done(" CONQ_SEALED
    ") WHERE id BETWEEN ?1 AND ?2 AND conq_is_held(id, state, token)";
constexpr const char* forget_text =
    "DELETE FROM job WHERE id BETWEEN ?1 AND ?2 AND conq_is_held(id, state, token)";

}  // namespace

row_batches::row_batches(database& base, const row_reader& rows)
    : rows_(rows),
      put_(base, put_text),
      ready_(base, ready_text),
      grant_(base, grant_text),
      done_(base, done_text),
      forget_(base, forget_text) {
    const auto index = [](const sql_call& call) {
        return static_cast<std::size_t>(call.integer(0));
    };
    base.define("conq_body", 1,
                [=, this](sql_call& call) { call.answer(new_jobs_[index(call)].body); });
    base.define("conq_body_sum", 1, [=, this](sql_call& call) {
        call.answer(static_cast<std::int64_t>(sum_of(new_jobs_[index(call)].body)));
    });
    base.define("conq_sum", 1, [=, this](sql_call& call) {
        row job = new_like_;
        job.id += index(call);
        call.answer(seal(job, static_cast<std::int64_t>(sum_of(new_jobs_[index(call)].body))));
    });
    base.define("conq_grant", sealed_count + 1, [this](sql_call& call) { grant_row(call); });
    base.define("conq_is_held", 3, [this](sql_call& call) { call.answer(is_held(call)); });
    base.define("conq_done", sealed_count, [this](sql_call& call) {
        summed_row at = rows_.sealed(call);
        at.job.state = job_state::done;
        call.answer(seal(at.job, at.body_sum));
    });
}

void row_batches::put(const row& like, std::int32_t priority, std::span<const new_job> jobs,
                      std::int64_t now_ms) {
    new_like_ = like;
    new_jobs_ = jobs;
    put_.bind(std::int64_t(like.id), std::int64_t(like.state), std::int64_t(priority), like.due_ms,
              std::int64_t(like.max_attempts), std::int64_t(like.max_crashes),
              std::int64_t(like.time_limit.count()), now_ms, std::int64_t(jobs.size()))
        .finish();
}

std::size_t row_batches::run_of(std::span<const ticket> of) {
    std::size_t count = 1;
    while (count < of.size() && of[count].id == of[0].id + count) ++count;
    return count;
}

void row_batches::grant(std::size_t most, const terms& on, std::vector<granted>& out) {
    found_.clear();  // first find all, then change them: no row may change during the search
    for (ready_.bind(std::int64_t(most)); ready_.step();) {
        found_.push_back({static_cast<job_id>(ready_.integer(0)), 0});
    }
    terms_ = on;
    granted_ = &out;
    for (std::span<const ticket> rest = found_; !rest.empty();) {
        const std::size_t count = run_of(rest), before = out.size();
        grant_
            .bind(std::int64_t(rest[0].id), std::int64_t(rest[count - 1].id), on.until_ms,
                  std::int64_t(on.owner), on.now_ms)
            .finish();
        if (out.size() - before != count) rows_.damaged("a job is not where it should be");
        rest = rest.subspan(count);
    }
}

void row_batches::grant_row(sql_call& call) {
    summed_row at = rows_.sealed(call);
    const std::string_view body = call.bytes(sealed_count);
    if (at.job.state != job_state::ready) {
        rows_.damaged("job " + std::to_string(at.job.id) + " is not ready, as its index says");
    }
    rows_.check_body(at, body);
    at.job.grant(terms_.owner, terms_.until_ms, terms_.now_ms);
    granted_->push_back(granted_of(at.job, std::string(body)));
    call.answer(seal(at.job, at.body_sum));
}

template <class End>
void row_batches::end_runs(std::span<const ticket> held, std::span<status> answers, End end) {
    std::ranges::fill(answers, status::lease_lost);
    for (std::size_t count = 0; !held.empty(); held = held.subspan(count)) {
        count = run_of(held);
        held_ = held.first(count);
        answers_ = answers.first(count);
        answers = answers.subspan(count);
        end(std::int64_t(held_.front().id), std::int64_t(held_.back().id));
    }
}

void row_batches::done(std::span<const ticket> held, std::int64_t now_ms, std::string_view note,
                       std::span<status> answers) {
    end_runs(held, answers, [&](std::int64_t first, std::int64_t last) {
        done_.bind(first, last, now_ms, note).finish();
    });
}

void row_batches::forget(std::span<const ticket> held, std::span<status> answers) {
    end_runs(held, answers,
             [&](std::int64_t first, std::int64_t last) { forget_.bind(first, last).finish(); });
}

std::int64_t row_batches::is_held(const sql_call& call) {
    const std::size_t at = static_cast<job_id>(call.integer(0)) - held_[0].id;
    const bool is_running = call.integer(1) == static_cast<std::int64_t>(job_state::running);
    const auto token = static_cast<std::uint64_t>(call.integer(2));
    if (!is_running || token != held_[at].token) return 0;
    answers_[at] = status::ok;
    return 1;
}

}  // namespace conq::jobs

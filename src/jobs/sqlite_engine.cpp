// SPDX-License-Identifier: BSL-1.0
// Jobs in one SQLite file: docs/formats/queue_file.md. Every transaction runs under a lock of the
// kernel, which is fair; SQLite's own way to wait is not. Checkpoints run under that lock, too.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "src/jobs/engines.hpp"
#include "src/jobs/holders.hpp"
#include "src/jobs/outputs.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/row_batches.hpp"
#include "src/jobs/row_reader.hpp"
#include "src/jobs/seal.hpp"
#include "src/jobs/statements.hpp"
#include "src/jobs/transactions.hpp"

namespace conq::jobs {
namespace {

constexpr std::size_t claims_most = 1000;  // in one transaction
constexpr std::int64_t rows_most = 5000;   // in one transaction that only reads
constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t shut_down_flag = 1, paused_flag = 2, keeps_flag = 4;

class sqlite_engine final : public engine {
public:
    sqlite_engine(const queue_url& url, held_check is_held)
        : transactions_(
              url, [this] { known_ = {}; }, [this] { return has_unfinished(); }),
          holders_(store_.shared, std::move(is_held)) {
        transact([&] {
            holders_.me = static_cast<std::uint64_t>(meta("last_owner") + 1);
            sql_.set_meta.bind(std::int64_t(holders_.me), "last_owner").finish();
            outputs_before_ = outputs_.newest();
        });
        store_.shared.live_as(holders_.me, url.is_family);
    }

    status put(std::span<const new_job> all, std::span<job_id> ids) override {
        status answer = status::ok;
        transact(
            [&] {
                const bool is_shut_down = (flags() & shut_down_flag) != 0;
                answer = is_shut_down ? status::shut_down : status::ok;
                if (!is_shut_down) put_rows(all, ids);
            },
            true);
        return answer;
    }

    claim_answer claim(job_span lease, std::size_t max, std::vector<granted>& out) override {
        claim_answer answer;
        const std::size_t before = out.size();
        transact([&] {
            answer = {};
            out.resize(before);
            const std::int64_t flags = this->flags();
            answer.look_again = release_delayed();
            const bool may_have_died = now_.awake_ms >= next_reap_ms_;
            if (may_have_died) reap();
            if ((flags & paused_flag) == 0) {
                claim_ready(lease, max, out);
                if (out.size() == before && !may_have_died) {
                    reap();
                    claim_ready(lease, max, out);
                }
            }
            if (out.size() > before) answer.state = status::ok;
            const bool drains = (flags & shut_down_flag) != 0 && answer.state == status::empty;
            if (drains && !exists(sql_.any_ready) && !exists(sql_.any_delayed)) {
                answer.state = status::shut_down;
            }
        });
        return answer;
    }

    start_answer start(const new_job& wanted, job_span lease, bool revives) override {
        start_answer answer;
        transact(
            [&] {
                answer = {};
                if (now_.awake_ms >= next_reap_ms_) reap();
                put_rows({&wanted, 1}, {&answer.id, 1});
                auto found = find_row(answer.id);
                if (!found) rows_.damaged("a job is not where it was put");
                if (found->job.can_start(revives)) {
                    answer.job = grant(*found, lease, body_of(*found));
                } else {
                    answer.state = found->job.state;
                    answer.has_new_output = !found->job.is_unfinished() &&
                                            outputs_.number_of(answer.id) > outputs_before_;
                }
            },
            true);
        return answer;
    }

    std::string remember(std::string_view name, std::string_view value, bool replaces) override {
        std::string answer;
        transact([&] {
            if (replaces) sql_.forget_fact.bind(name).finish();
            sql_.keep_fact.bind(name, value).finish();
            if (sql_.get_fact.bind(name).step()) answer = sql_.get_fact.bytes(0);
            sql_.get_fact.reset();
        });
        return answer;
    }

    void end(std::span<const ticket> held, ending how, const last_words& words, job_span delay,
             std::span<status> answers) override {
        transact([&] {
            if (how == ending::done || how == ending::forget) {
                end_well(held, how, words.note, answers);
            } else {
                for (std::size_t i = 0; i < held.size(); ++i) {
                    answers[i] = end_one(held[i], how, words.note, delay);
                }
            }
            if (words.output.empty() || how == ending::forget) return;
            const bool keeps_all = (flags() & keeps_flag) != 0;
            for (std::size_t i = 0; i < held.size(); ++i) {
                if (answers[i] == status::ok) outputs_.keep(held[i].id, words.output, keeps_all);
            }
        });
    }

    std::optional<granted> hold(ticket at, job_span lease, keeper by) override {
        std::optional<granted> answer;
        transact([&] {
            answer.reset();
            auto found = find_held(at);
            if (!found) return;
            const std::uint64_t whom = by == keeper::owner ? holders_.me : holders_.by_time;
            const bool is_kept = found->job.owner == whom;
            found->job.hold(whom, after_ms(now_.awake_ms, lease));
            if (is_kept && by == keeper::owner) {  // keeps the process that does the job
                sql_.renew.bind(found->job.due_ms, std::int64_t(at.id), std::int64_t(at.token))
                    .finish();
            } else {
                save(*found);
            }
            answer = granted_of(found->job, body_of(*found));
        });
        return answer;
    }

    void renew(std::span<const ticket> held, job_span lease) override {
        transact([&] {
            const std::int64_t until = now_.awake_ms + lease.count();
            for (const ticket each : held) {
                sql_.renew.bind(until, std::int64_t(each.id), std::int64_t(each.token)).finish();
            }
        });
    }

    void note_process(ticket at, std::string_view process) override {
        transact([&] {
            sql_.note_process.bind(std::int64_t(at.id), std::int64_t(at.token), process).finish();
        });
    }

    bool is_finished() override {
        bool answer = false;
        transact([&] {
            reap();
            answer = !has_unfinished();
        });
        return answer;
    }

    bool cancel(job_id id) override {
        return change(id, [](row& job) {
            const bool waits = job.state == job_state::ready || job.state == job_state::delayed;
            if (waits) job.state = job_state::cancelled;
            return waits;
        });
    }

    bool revive(job_id id) override {
        return change(id, [](row& job) {
            const bool is_lost = job.state == job_state::dead || job.state == job_state::cancelled;
            if (is_lost) job.revive();
            return is_lost;
        });
    }

    bool forget(job_id id) override {
        bool answer = false;
        transact([&] {
            const std::int64_t last = last_id();
            answer = sql_.forget.bind(std::int64_t(id)).finish() != 0;
            keep_last_id(last);
        });
        return answer;
    }

    void set_shut_down(bool is_shut_down, bool drops) override {
        transact([&] {
            set_flag(shut_down_flag, is_shut_down);
            while (drops) {
                auto found = first(sql_.any_waiting);
                if (!found) break;
                found->job.state = job_state::cancelled;
                save(*found);
            }
        });
    }

    void set_paused(bool is_paused) override {
        transact([&] { set_flag(paused_flag, is_paused); });
    }
    bool is_paused() override {
        bool answer = false;
        transact([&] { answer = (flags() & paused_flag) != 0; });
        return answer;
    }
    void set_keeps_outputs(bool keeps) override {
        transact([&] { set_flag(keeps_flag, keeps); });
    }

    std::vector<job_info> list(job_state state, job_id after, std::size_t max) override {
        std::vector<job_info> out;
        bool is_end = false;
        while (!is_end && out.size() < max) {
            const std::size_t before = out.size();
            const job_id begin = after;
            transact([&] {
                out.resize(before);
                is_end = true;
                // Rows of other states are read, too: checksums show whether a state is right.
                sql_.list.bind(std::int64_t(begin), rows_most);
                while (out.size() < max && sql_.list.step()) {
                    job_info each = rows_.info(sql_.list);
                    after = each.id;
                    is_end = false;
                    if (each.state == state) out.push_back(std::move(each));
                }
                sql_.list.reset();
            });
        }
        return out;
    }

    std::optional<job_info> find(job_id id) override {
        std::optional<job_info> out;
        transact([&] {
            out.reset();
            if (sql_.info.bind(std::int64_t(id)).step()) out = rows_.info(sql_.info);
            sql_.info.reset();
        });
        return out;
    }

    std::optional<std::string> output(job_id id) override {
        std::optional<std::string> out;
        transact([&] { out = outputs_.find(id); });
        return out;
    }

    forgotten forget_some(job_state state, job_id after, std::size_t max) override {
        forgotten answer;
        transact([&] {
            answer = {};
            const std::int64_t last = last_id();
            const auto from = static_cast<std::int64_t>(after);
            sql_.reach.bind(from, std::int64_t(max));
            if (sql_.reach.step()) answer.last = static_cast<job_id>(sql_.reach.integer(0));
            sql_.reach.reset();
            answer.count = static_cast<std::uint64_t>(
                sql_.forget_some.bind(std::int64_t(state), from, std::int64_t(answer.last))
                    .finish());
            keep_last_id(last);
        });
        return answer;
    }

    job_id newest() override {
        job_id answer = 0;
        transact([&] { answer = static_cast<job_id>(last_id()); });
        return answer;
    }

    job_stats stats() override {
        job_stats out;
        std::int64_t last = 0, after = 0;
        do {
            const job_stats before = out;
            after = last;
            transact([&] {
                out = before;
                last = count_some(after, out);
            });
        } while (last != after);
        return out;
    }

    std::uint32_t news(room where) noexcept override {
        return store_.shared.news(static_cast<unsigned>(where));
    }
    void wait(room where, std::uint32_t seen, std::chrono::nanoseconds span) override {
        store_.shared.wait(static_cast<unsigned>(where), seen, span);
    }
    void tell(room where) noexcept override { store_.shared.tell(static_cast<unsigned>(where)); }

private:
    template <class Body> void transact(Body&& body, bool needs_sync = false) {
        auto timed = [&] {
            now_ = {wall_ms(), awake_ms()};
            body();
        };
        transactions_.run(timed, needs_sync);
    }

    std::int64_t meta(std::string_view name) {
        sql_.get_meta.bind(name);
        if (!sql_.get_meta.step()) rows_.damaged("the table meta lacks a row");
        const std::int64_t value = sql_.get_meta.integer(0);
        sql_.get_meta.reset();
        return value;
    }

    std::int64_t flags() {
        if (!known_.flags) known_.flags = meta("flags");
        return *known_.flags;
    }
    void set_flag(std::int64_t flag, bool is_set) {
        known_.flags = (flags() & ~flag) | (is_set ? flag : 0);
        sql_.set_meta.bind(*known_.flags, "flags").finish();
        transactions_.will_tell(room::takers);
    }

    // Counts some jobs after `after`. Returns the last one's id, or `after` if there are none.
    std::int64_t count_some(std::int64_t after, job_stats& out) {
        out.is_paused = (flags() & paused_flag) != 0;
        out.is_shut_down = (flags() & shut_down_flag) != 0;
        std::uint64_t unknown = 0;
        std::uint64_t* const counts[] = {&out.ready, &out.running,   &out.done,
                                         &out.dead,  &out.cancelled, &out.delayed};
        std::int64_t last = after;
        const auto me = static_cast<std::int64_t>(holders_.me);
        for (sql_.count.bind(now_.wall_ms - 60'000, after, rows_most, me); sql_.count.step();) {
            const auto state = static_cast<std::uint64_t>(sql_.count.integer(0));
            *(state < 6 ? counts[state] : &unknown) +=
                static_cast<std::uint64_t>(sql_.count.integer(1));
            out.done_lately += static_cast<std::uint64_t>(sql_.count.integer(2));
            last = std::max(last, sql_.count.integer(3));
            if (state == std::uint64_t(job_state::running)) {
                out.running_here += static_cast<std::uint64_t>(sql_.count.integer(4));
            }
        }
        return last;
    }

    std::optional<summed_row> first(statement& from) { return only(from.bind()); }
    std::optional<summed_row> only(statement& from) {
        std::optional<summed_row> out;
        if (from.step()) out = rows_.read(from);
        from.reset();
        return out;
    }
    std::optional<summed_row> find_row(job_id id) { return only(sql_.find.bind(std::int64_t(id))); }
    std::optional<summed_row> find_held(ticket at) {
        auto out = find_row(at.id);
        if (out && (out->job.state != job_state::running || out->job.token != at.token))
            out.reset();
        return out;
    }

    void save(const summed_row& at, const std::string_view* note = nullptr) {
        const row& job = at.job;
        const std::int64_t end_ms = job.is_unfinished() ? 0 : now_.wall_ms;
        const auto set = [&](statement& by, const auto&... more) {
            by.bind(std::int64_t(job.id), std::int64_t(job.state), job.due_ms,
                    std::int64_t(job.token), std::int64_t(job.attempts), std::int64_t(job.crashes),
                    std::int64_t(job.owner), job.begin_ms, end_ms, seal(job, at.body_sum), more...)
                .finish();
        };
        if (note == nullptr) {
            set(sql_.save);
        } else {
            set(sql_.save_noted, *note);
        }
        const bool waits = job.state == job_state::ready || job.state == job_state::delayed;
        if (waits) transactions_.will_tell(room::takers);
        note_delay(job);
        if (!job.is_unfinished()) transactions_.will_tell(room::joiners);
    }

    status end_one(ticket at, ending how, std::string_view note, job_span delay) {
        auto found = find_held(at);
        if (!found) return status::lease_lost;
        found->job.end(how, now_.wall_ms, delay);
        save(*found, &note);
        return status::ok;
    }
    void end_well(std::span<const ticket> held, ending how, std::string_view note,
                  std::span<status> answers) {
        if (how == ending::forget) {
            const std::int64_t last = last_id();
            batches_.forget(held, answers);
            keep_last_id(last);
        } else {
            batches_.done(held, now_.wall_ms, note, answers);
        }
        if (std::ranges::count(answers, status::ok) != 0) transactions_.will_tell(room::joiners);
    }

    template <class Change> bool change(job_id id, Change how) {
        bool answer = false;
        transact([&] {
            auto found = find_row(id);
            answer = found && how(found->job);
            if (answer) save(*found);
        });
        return answer;
    }

    void put_rows(std::span<const new_job> all, std::span<job_id> ids) {
        std::int64_t last = last_id();
        for (std::size_t count = 0; !all.empty(); all = all.subspan(count)) {
            const std::span<const new_job> some = all.first(alike(all));
            count = some.size();
            const std::string& key = some[0].options->key;
            if (!key.empty() && sql_.by_key.bind(key).step()) {
                ids[0] = static_cast<job_id>(sql_.by_key.integer(0));
                sql_.by_key.reset();
            } else {
                put_alike(static_cast<job_id>(last + 1), some);
                for (std::size_t i = 0; i < count; ++i) ids[i] = static_cast<job_id>(++last);
            }
            ids = ids.subspan(count);
        }
        known_.last_id = last;
        transactions_.will_tell(room::takers);
    }
    // How many of the first have the same options and no key: a key has to be looked up.
    static std::size_t alike(std::span<const new_job> all) {
        const job_options& options = *all[0].options;
        const std::size_t most =
            options.key.empty() ? std::min(all.size(), row_batches::puts_most) : 1;
        std::size_t count = 1;
        while (count < most && *all[count].options == options) ++count;
        return count;
    }
    void put_alike(job_id first, std::span<const new_job> some) {
        const job_options& options = *some[0].options;
        row job{.id = first,
                .max_attempts = options.max_attempts,
                .max_crashes = options.max_crashes,
                .time_limit = options.time_limit};
        job.hold_back(now_.wall_ms, options.delay);
        note_delay(job);
        if (some.size() > 1) {
            batches_.put(job, options.priority, some, now_.wall_ms);
            return;
        }
        const auto body_sum = static_cast<std::int64_t>(sum_of(some[0].body));
        sql_.put
            .bind(std::int64_t(job.id), std::int64_t(job.state), std::int64_t(options.priority),
                  job.due_ms, std::int64_t(job.max_attempts), std::int64_t(job.max_crashes),
                  now_.wall_ms, body_sum, seal(job, body_sum), options.key, some[0].body,
                  std::int64_t(options.time_limit.count()))
            .finish();
    }

    // The highest id given: of a row that is there, or of one that was forgotten.
    std::int64_t last_id() {
        if (!known_.last_id) {
            known_.last_id = sql_.last.bind().step() ? sql_.last.integer(0) : 0;
            sql_.last.reset();
        }
        return *known_.last_id;
    }

    // After rows were deleted: the highest id is still known, and is stored if its row went.
    void keep_last_id(std::int64_t last) {
        known_.last_id.reset();
        if (last_id() != last) sql_.set_meta.bind(last, "last_id").finish();
        known_.last_id = last;
    }

    void note_delay(const row& job) {
        if (job.state != job_state::delayed || !known_.next_due_ms) return;
        known_.next_due_ms = std::min(*known_.next_due_ms, job.due_ms);
    }

    // Makes ready what is due. Returns how long until it has to be done again.
    job_span release_delayed() {
        const std::int64_t now = now_.wall_ms;
        const std::int64_t soon = now + recheck.count();
        while (!known_.next_due_ms || *known_.next_due_ms <= now) {
            auto found = first(sql_.delayed);
            known_.next_due_ms = found ? found->job.due_ms : never_ms;
            if (!found || found->job.due_ms > now) break;
            found->job.state = job_state::ready;
            save(*found);
        }
        return job_span(std::min(*known_.next_due_ms, soon) - now);
    }

    // Takes back the jobs whose owners have died or have not renewed the lease.
    void reap() {
        next_reap_ms_ = now_.awake_ms + recheck.count();
        std::vector<summed_row> lost;  // no row is changed while they are being looked for
        for (sql_.running.bind(); sql_.running.step();) {
            const summed_row at = rows_.read(sql_.running);
            if (holders_.is_lost(at.job, sql_.running.bytes(13), now_.awake_ms)) lost.push_back(at);
        }
        for (summed_row& each : lost) {
            each.job.lose_worker();
            save(each, &crash_note);
        }
    }

    granted grant(summed_row& at, job_span lease, std::string body) {
        rows_.check_body(at, body);
        at.job.grant(holders_.me, now_.awake_ms + lease.count(), now_.wall_ms);
        save(at);
        return granted_of(at.job, std::move(body));
    }

    std::string body_of(const summed_row& at) {
        std::string body;
        if (sql_.body.bind(std::int64_t(at.job.id)).step()) body = sql_.body.bytes(0);
        sql_.body.reset();
        rows_.check_body(at, body);
        return body;
    }

    void claim_ready(job_span lease, std::size_t max, std::vector<granted>& out) {
        const row_batches::terms on{holders_.me, now_.awake_ms + lease.count(), now_.wall_ms};
        batches_.grant(std::min(max, claims_most), on, out);
    }

    bool exists(statement& ask) {
        const bool is_there = ask.bind().step();
        ask.reset();
        return is_there;
    }
    bool has_unfinished() {
        return exists(sql_.any_ready) || exists(sql_.any_delayed) || exists(sql_.any_running);
    }

    // What need not be read again while nobody else commits.
    struct known {
        std::optional<std::int64_t> flags, last_id;
        std::optional<std::int64_t> next_due_ms;  // of delayed jobs; maybe of one that is gone
    };

    transactions transactions_;
    queue_file& store_ = transactions_.store;
    holders holders_;
    struct {
        std::int64_t wall_ms, awake_ms;
    } now_{};  // of the transaction's current call
    std::int64_t next_reap_ms_ = 0;
    known known_;
    const row_reader rows_{store_.base};
    statements sql_{store_.base};
    row_batches batches_{store_.base, rows_};
    outputs outputs_{store_.base};
    std::int64_t outputs_before_ = 0;  // the number of the last one when this handle was opened
};

}  // namespace

std::unique_ptr<engine> open_sqlite(const queue_url& url, held_check is_held) {
    return std::make_unique<sqlite_engine>(url, std::move(is_held));
}

}  // namespace conq::jobs

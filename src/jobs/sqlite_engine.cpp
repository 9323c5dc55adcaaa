// SPDX-License-Identifier: BSL-1.0
// Jobs in one file of SQLite: docs/formats/queue_file.md. Every transaction runs under a lock of
// the kernel, which is fair; SQLite's own way to wait is not. Checkpoints run under it, too.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "src/jobs/engines.hpp"
#include "src/jobs/outputs.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/seal.hpp"
#include "src/jobs/statements.hpp"
#include "src/jobs/transactions.hpp"

namespace conq::jobs {
namespace {

constexpr std::size_t claims_most = 1000;  // in one transaction
constexpr std::int64_t rows_most = 5000;   // the same, of those that are only looked at
constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t shut_down_flag = 1, paused_flag = 2, keeps_flag = 4;

// Who holds a lease that goes by time: nobody's number, and this boot's. Leases end by a clock that
// begins anew at a boot, and whoever had the ticket of one has not outlived it.
constexpr std::uint64_t by_time = std::uint64_t{1} << 63;
std::uint64_t holder_by_time() {
    std::ifstream in("/proc/sys/kernel/random/boot_id");
    return by_time | sum_of(std::string(std::istreambuf_iterator<char>(in), {}));
}

class sqlite_engine final : public engine {
public:
    explicit sqlite_engine(const queue_url& url)
        : transactions_(url, [this] { known_ = {}; }, [this] { return has_unfinished(); }) {
        transact([&] {
            me_ = static_cast<std::uint64_t>(meta("last_owner") + 1);
            sql_.set_meta.bind(std::int64_t(me_), "last_owner").finish();
        });
        store_.shared.live_as(me_, url.is_family);
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
            const bool may_have_died = boot_ms() >= next_reap_ms_;
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
                if (boot_ms() >= next_reap_ms_) reap();
                put_rows({&wanted, 1}, {&answer.id, 1});
                row job;
                std::int64_t body_sum = 0;
                if (!find_row(answer.id, job, body_sum)) damaged("a job is not where it was put");
                if (job.can_start(revives)) {
                    answer.job = grant(job, body_sum, lease, body_of(job, body_sum));
                } else {
                    answer.state = job.state;
                    if (!job.is_unfinished()) answer.ended_ago = since_end(answer.id);
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
            for (std::size_t i = 0; i < held.size(); ++i) {
                answers[i] = end_one(held[i], how, words, delay);
            }
        });
    }

    std::optional<granted> hold(ticket at, job_span lease, keeper by) override {
        std::optional<granted> answer;
        transact([&] {
            answer.reset();
            row job;
            std::int64_t body_sum = 0;
            if (!find_held(at, job, body_sum)) return;
            job.owner = by == keeper::owner ? me_ : holder_by_time_;
            job.due_ms = boot_ms() + lease.count();
            save(job, body_sum, nullptr);
            answer = granted_of(job, body_of(job, body_sum));
        });
        return answer;
    }

    void renew(std::span<const ticket> held, job_span lease) override {
        transact([&] {
            const std::int64_t until = boot_ms() + lease.count();
            for (const ticket each : held) {
                sql_.renew.bind(until, std::int64_t(each.id), std::int64_t(each.token)).finish();
            }
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
            sql_.set_meta.bind(last_id(), "last_id").finish();
            sql_.forget.bind(std::int64_t(id)).finish();
            answer = sqlite3_changes(store_.base.handle()) != 0;
        });
        return answer;
    }

    void set_shut_down(bool is_shut_down, bool drops) override {
        transact([&] {
            set_flag(shut_down_flag, is_shut_down);
            row job;
            std::int64_t body_sum = 0;
            while (drops && (first(sql_.any_waiting, job, body_sum))) {
                job.state = job_state::cancelled;
                save(job, body_sum, nullptr);
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
                // Rows of other states are read, too: their checksums tell whether they are.
                sql_.list.bind(std::int64_t(begin), rows_most);
                while (out.size() < max && sql_.list.step()) {
                    job_info each = info_of(sql_.list);
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
            if (sql_.info.bind(std::int64_t(id)).step()) out = info_of(sql_.info);
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
            sql_.set_meta.bind(last_id(), "last_id").finish();
            const auto from = static_cast<std::int64_t>(after);
            sql_.reach.bind(from, std::int64_t(max));
            if (sql_.reach.step()) answer.last = static_cast<job_id>(sql_.reach.integer(0));
            sql_.reach.reset();
            sql_.forget_some.bind(std::int64_t(state), from, std::int64_t(answer.last)).finish();
            answer.count = static_cast<std::uint64_t>(sqlite3_changes(store_.base.handle()));
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
        transactions_.run(std::forward<Body>(body), needs_sync);
    }

    std::int64_t meta(std::string_view name) {
        sql_.get_meta.bind(name);
        if (!sql_.get_meta.step()) damaged("the table meta lacks a row");
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

    // Counts the jobs after one, some of them: the last, or the same one if there are none.
    std::int64_t count_some(std::int64_t after, job_stats& out) {
        out.is_paused = (flags() & paused_flag) != 0;
        out.is_shut_down = (flags() & shut_down_flag) != 0;
        std::uint64_t unknown = 0;
        std::uint64_t* const counts[] = {&out.ready, &out.running,   &out.done,
                                         &out.dead,  &out.cancelled, &out.delayed};
        std::int64_t last = after;
        for (sql_.count.bind(wall_ms() - 60'000, after, rows_most); sql_.count.step();) {
            const auto state = static_cast<std::uint64_t>(sql_.count.integer(0));
            *(state < 6 ? counts[state] : &unknown) +=
                static_cast<std::uint64_t>(sql_.count.integer(1));
            out.done_lately += static_cast<std::uint64_t>(sql_.count.integer(2));
            last = std::max(last, sql_.count.integer(3));
        }
        return last;
    }

    job_span since_end(job_id id) {
        job_span span{0};
        if (sql_.ended.bind(std::int64_t(id)).step()) {
            span = job_span(std::max<std::int64_t>(0, wall_ms() - sql_.ended.integer(0)));
        }
        sql_.ended.reset();
        return span;
    }

    [[noreturn]] void damaged(const std::string& what) {
        throw store_error("conq: " + store_.base.path() + ": " + what +
                          ": the file is damaged: restore it from a copy");
    }

    // The columns of CONQ_ROW, checked against their sum.
    void read(statement& from, row& job, std::int64_t& body_sum) {
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
        job.time_limit = job_span(from.integer(12));
        body_sum = from.integer(9);
        if (seal(job, body_sum) != from.integer(10)) {
            damaged("the row of job " + std::to_string(job.id) + " does not match its checksum");
        }
    }

    void check_body(const row& job, std::int64_t body_sum, std::string_view body) {
        if (static_cast<std::int64_t>(sum_of(body)) != body_sum) {
            damaged("the body of job " + std::to_string(job.id) + " does not match its checksum");
        }
    }

    bool first(statement& from, row& job, std::int64_t& body_sum) {
        const bool is_there = from.bind().step();
        if (is_there) read(from, job, body_sum);
        from.reset();
        return is_there;
    }

    bool find_row(job_id id, row& job, std::int64_t& body_sum) {
        const bool is_there = sql_.find.bind(std::int64_t(id)).step();
        if (is_there) read(sql_.find, job, body_sum);
        sql_.find.reset();
        return is_there;
    }

    bool find_held(ticket at, row& job, std::int64_t& body_sum) {
        return find_row(at.id, job, body_sum) && job.state == job_state::running &&
               job.token == at.token;
    }

    job_info info_of(statement& from) {
        row job;
        std::int64_t body_sum = 0;
        read(from, job, body_sum);
        job_info out{.id = job.id,
                     .state = job.state,
                     .attempts = job.attempts,
                     .crashes = job.crashes,
                     .put_ms = from.integer(13),
                     .begin_ms = job.begin_ms,
                     .end_ms = from.integer(14),
                     .body = from.bytes(16),
                     .note = from.bytes(15)};
        check_body(job, body_sum, out.body);
        return out;
    }

    void save(const row& job, std::int64_t body_sum, const std::string_view* note) {
        const std::int64_t end_ms = job.is_unfinished() ? 0 : wall_ms();
        const auto set = [&](statement& by, const auto&... more) {
            by.bind(std::int64_t(job.id), std::int64_t(job.state), job.due_ms,
                    std::int64_t(job.token), std::int64_t(job.attempts), std::int64_t(job.crashes),
                    std::int64_t(job.owner), job.begin_ms, end_ms, seal(job, body_sum), more...)
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

    status end_one(ticket at, ending how, const last_words& words, job_span delay) {
        row job;
        std::int64_t body_sum = 0;
        if (!find_held(at, job, body_sum)) return status::lease_lost;
        job.end(how, wall_ms(), delay);
        save(job, body_sum, &words.note);
        if (!words.output.empty()) {
            outputs_.keep(at.id, words.output, (flags() & keeps_flag) != 0);
        }
        return status::ok;
    }

    template <class Change> bool change(job_id id, Change how) {
        bool answer = false;
        transact([&] {
            row job;
            std::int64_t body_sum = 0;
            answer = find_row(id, job, body_sum) && how(job);
            if (answer) save(job, body_sum, nullptr);
        });
        return answer;
    }

    void put_rows(std::span<const new_job> all, std::span<job_id> ids) {
        std::int64_t last = last_id();
        const std::int64_t now = wall_ms();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const job_options& options = *all[i].options;
            if (!options.key.empty() && sql_.by_key.bind(options.key).step()) {
                ids[i] = static_cast<job_id>(sql_.by_key.integer(0));
                sql_.by_key.reset();
                continue;
            }
            row job{.id = static_cast<job_id>(++last),
                    .max_attempts = options.max_attempts,
                    .max_crashes = options.max_crashes,
                    .time_limit = options.time_limit};
            job.hold_back(now, options.delay);
            const auto body_sum = static_cast<std::int64_t>(sum_of(all[i].body));
            sql_.put
                .bind(last, std::int64_t(job.state), std::int64_t(options.priority), job.due_ms,
                      std::int64_t(job.max_attempts), std::int64_t(job.max_crashes), now, body_sum,
                      seal(job, body_sum), options.key, all[i].body,
                      std::int64_t(options.time_limit.count()))
                .finish();
            ids[i] = job.id;
            note_delay(job);
        }
        known_.last_id = last;
        transactions_.will_tell(room::takers);
    }

    // The highest that was given: of a row that is there, or of one that was forgotten.
    std::int64_t last_id() {
        if (!known_.last_id) {
            known_.last_id = sql_.last.bind().step() ? sql_.last.integer(0) : 0;
            sql_.last.reset();
        }
        return *known_.last_id;
    }

    void note_delay(const row& job) {
        if (job.state != job_state::delayed || !known_.next_due_ms) return;
        known_.next_due_ms = std::min(*known_.next_due_ms, job.due_ms);
    }

    // Makes ready what is due. How long until it has to be done again.
    job_span release_delayed() {
        const std::int64_t now = wall_ms();
        const std::int64_t soon = now + recheck.count();
        row job;
        std::int64_t body_sum = 0;
        while (!known_.next_due_ms || *known_.next_due_ms <= now) {
            const bool is_there = first(sql_.delayed, job, body_sum);
            known_.next_due_ms = is_there ? job.due_ms : never_ms;
            if (!is_there || job.due_ms > now) break;
            job.state = job_state::ready;
            save(job, body_sum, nullptr);
        }
        return job_span(std::min(*known_.next_due_ms, soon) - now);
    }

    // Takes back what the dead held, and what was not renewed.
    void reap() {
        next_reap_ms_ = boot_ms() + recheck.count();
        for (std::int64_t after = 0;;) {
            row job;
            std::int64_t body_sum = 0;
            if (!sql_.running.bind(after).step()) return;
            read(sql_.running, job, body_sum);
            sql_.running.reset();
            after = static_cast<std::int64_t>(job.id);
            if (is_held(job.owner) && job.due_ms >= boot_ms()) continue;
            job.lose_worker();
            save(job, body_sum, &crash_note);
        }
    }

    bool is_held(std::uint64_t owner) {
        if ((owner & by_time) != 0) return owner == holder_by_time_;
        return owner == me_ || store_.shared.is_alive(owner);
    }

    granted grant(row& job, std::int64_t body_sum, job_span lease, std::string body) {
        check_body(job, body_sum, body);
        job.grant(me_, boot_ms() + lease.count(), wall_ms());
        save(job, body_sum, nullptr);
        return granted_of(job, std::move(body));
    }

    static granted granted_of(const row& job, std::string body) {
        return {.at = {job.id, job.token},
                .attempt = job.attempts,
                .body = std::move(body),
                .max_attempts = job.max_attempts,
                .time_limit = job.time_limit};
    }

    std::string body_of(const row& job, std::int64_t body_sum) {
        std::string body;
        if (sql_.body.bind(std::int64_t(job.id)).step()) body = sql_.body.bytes(0);
        sql_.body.reset();
        check_body(job, body_sum, body);
        return body;
    }

    void claim_ready(job_span lease, std::size_t max, std::vector<granted>& out) {
        // No row is changed while they are being looked for.
        struct found {
            row job;
            std::int64_t body_sum = 0;
            std::string body;
        };
        std::vector<found> some;
        const auto most = static_cast<std::int64_t>(std::min<std::size_t>(max, claims_most));
        for (sql_.ready.bind(most); sql_.ready.step();) {
            found& each = some.emplace_back();
            read(sql_.ready, each.job, each.body_sum);
            each.body = sql_.ready.bytes(13);
        }
        for (found& each : some) {
            out.push_back(grant(each.job, each.body_sum, lease, std::move(each.body)));
        }
    }

    bool exists(statement& ask) {
        const bool is_there = ask.bind().step();
        ask.reset();
        return is_there;
    }
    bool has_unfinished() {
        return exists(sql_.any_ready) || exists(sql_.any_delayed) || exists(sql_.any_running);
    }

    // What need not be asked again while nobody else commits.
    struct known {
        std::optional<std::int64_t> flags, last_id;
        std::optional<std::int64_t> next_due_ms;  // of delayed jobs; maybe of one that is no more
    };

    transactions transactions_;
    queue_file& store_ = transactions_.store;
    std::uint64_t me_ = 0;
    const std::uint64_t holder_by_time_ = holder_by_time();
    std::int64_t next_reap_ms_ = 0;
    known known_;
    statements sql_{store_.base};
    outputs outputs_{store_.base};
};

}  // namespace

std::unique_ptr<engine> open_sqlite(const queue_url& url) {
    return std::make_unique<sqlite_engine>(url);
}

}  // namespace conq::jobs

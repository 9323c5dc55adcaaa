// SPDX-License-Identifier: BSL-1.0
// Jobs in one file of SQLite: docs/formats/queue_file.md. Every transaction runs under a lock of
// the kernel, which is fair; SQLite's own way to wait is not. Checkpoints run under it, too.
#include <time.h>

#include <algorithm>
#include <utility>

#include "src/jobs/engines.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/transactions.hpp"

namespace conq::jobs {
namespace {

constexpr std::size_t claims_most = 1000;  // in one transaction
constexpr std::int64_t shut_down_flag = 1, paused_flag = 2;

std::int64_t clock_ms(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}
// Of delays: they outlive a boot.
std::int64_t wall_ms() {
    return clock_ms(CLOCK_REALTIME);
}
// Of leases: nobody sets it. After a boot the owners are dead anyway.
std::int64_t boot_ms() {
    return clock_ms(CLOCK_BOOTTIME);
}

// FNV-1a: any one changed byte changes it.
std::uint64_t sum_of(std::string_view bytes, std::uint64_t from = 0xcbf29ce484222325) {
    for (const char each : bytes) {
        from = (from ^ static_cast<unsigned char>(each)) * 0x100000001b3;
    }
    return from;
}

std::int64_t seal(const row& job, std::int64_t body_sum) {
    const std::uint64_t fields[] = {job.id,          static_cast<std::uint64_t>(job.state),
                                    job.token,       job.attempts,
                                    job.crashes,     job.max_attempts,
                                    job.max_crashes, static_cast<std::uint64_t>(body_sum)};
    return static_cast<std::int64_t>(
        sum_of({reinterpret_cast<const char*>(fields), sizeof fields}));
}

#define CONQ_ROW                                                                                \
    "id, state, due_ms, token, attempts, crashes, max_attempts, max_crashes, owner, body_sum, " \
    "sum, "                                                                                     \
    "begin_ms"
// And what users see of a job, too.
#define CONQ_INFO CONQ_ROW ", put_ms, end_ms, note, body"

class sqlite_engine final : public engine {
public:
    explicit sqlite_engine(const queue_url& url)
        : transactions_(url, [] {}, [this] { return has_unfinished(); }) {
        transact([&] {
            me_ = static_cast<std::uint64_t>(meta("last_owner") + 1);
            set_meta_.bind(std::int64_t(me_), "last_owner").finish();
        });
        store_.shared.live_as(me_, url.is_family);
    }

    status put(std::span<const new_job> all, std::span<job_id> ids) override {
        status answer = status::ok;
        transact(
            [&] {
                const bool is_shut_down = (meta("flags") & shut_down_flag) != 0;
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
            const std::int64_t flags = meta("flags");
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
            if (drains && !exists(any_ready_) && !exists(any_delayed_)) {
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
                job_id id = 0;
                put_rows({&wanted, 1}, {&id, 1});
                row job;
                std::int64_t body_sum = 0;
                if (!find_row(id, job, body_sum)) damaged("a job is not where it was put");
                if (job.can_start(revives)) {
                    answer.job = grant(job, body_sum, lease, body_of(job, body_sum));
                } else {
                    answer.state = job.state;
                }
            },
            true);
        return answer;
    }

    std::string remember(std::string_view name, std::string_view value, bool replaces) override {
        std::string answer;
        transact([&] {
            if (replaces) forget_fact_.bind(name).finish();
            keep_fact_.bind(name, value).finish();
            if (get_fact_.bind(name).step()) answer = get_fact_.bytes(0);
            get_fact_.reset();
        });
        return answer;
    }

    void end(std::span<const ticket> held, ending how, std::string_view note, job_span delay,
             std::span<status> answers) override {
        transact([&] {
            for (std::size_t i = 0; i < held.size(); ++i) {
                answers[i] = end_one(held[i], how, note, delay);
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
            job.owner = by == keeper::owner ? me_ : 0;
            job.due_ms = boot_ms() + lease.count();
            save(job, body_sum, nullptr);
            answer = granted{at, job.attempts, body_of(job, body_sum)};
        });
        return answer;
    }

    void renew(std::span<const ticket> held, job_span lease) override {
        transact([&] {
            const std::int64_t until = boot_ms() + lease.count();
            for (const ticket each : held) {
                renew_.bind(until, std::int64_t(each.id), std::int64_t(each.token)).finish();
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
            set_meta_.bind(last_id(), "last_id").finish();
            forget_.bind(std::int64_t(id)).finish();
            answer = sqlite3_changes(store_.base.handle()) != 0;
        });
        return answer;
    }

    void set_shut_down(bool is_shut_down, bool drops) override {
        transact([&] {
            const std::int64_t flags = meta("flags") & ~shut_down_flag;
            set_meta_.bind(flags | (is_shut_down ? shut_down_flag : 0), "flags").finish();
            row job;
            std::int64_t body_sum = 0;
            while (drops && (first(any_waiting_, job, body_sum))) {
                job.state = job_state::cancelled;
                save(job, body_sum, nullptr);
            }
            transactions_.will_tell(room::takers);
        });
    }

    void set_paused(bool is_paused) override {
        transact([&] {
            const std::int64_t flags = meta("flags") & ~paused_flag;
            set_meta_.bind(flags | (is_paused ? paused_flag : 0), "flags").finish();
            transactions_.will_tell(room::takers);
        });
    }

    std::vector<job_info> list(job_state state, job_id after, std::size_t max) override {
        std::vector<job_info> out;
        transact([&] {
            out.clear();
            // Rows of other states are read, too: their checksums tell whether they are.
            for (list_.bind(std::int64_t(after)); out.size() < max && list_.step();) {
                if (job_info each = info_of(list_); each.state == state) {
                    out.push_back(std::move(each));
                }
            }
            list_.reset();
        });
        return out;
    }

    std::optional<job_info> find(job_id id) override {
        std::optional<job_info> out;
        transact([&] {
            out.reset();
            if (info_.bind(std::int64_t(id)).step()) out = info_of(info_);
            info_.reset();
        });
        return out;
    }

    std::size_t forget_some(job_state state, std::size_t max) override {
        std::size_t count = 0;
        transact([&] {
            set_meta_.bind(last_id(), "last_id").finish();
            forget_some_.bind(std::int64_t(state), std::int64_t(max)).finish();
            count = static_cast<std::size_t>(sqlite3_changes(store_.base.handle()));
        });
        return count;
    }

    job_stats stats() override {
        job_stats out;
        transact([&] {
            const std::int64_t flags = meta("flags");
            out = {};
            out.is_paused = (flags & paused_flag) != 0;
            out.is_shut_down = (flags & shut_down_flag) != 0;
            std::uint64_t unknown = 0;
            std::uint64_t* const counts[] = {&out.ready, &out.running,   &out.done,
                                             &out.dead,  &out.cancelled, &out.delayed};
            for (count_.bind(wall_ms() - 60'000); count_.step();) {
                const auto state = static_cast<std::uint64_t>(count_.integer(0));
                *(state < 6 ? counts[state] : &unknown) =
                    static_cast<std::uint64_t>(count_.integer(1));
                out.done_lately += static_cast<std::uint64_t>(count_.integer(2));
            }
        });
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
        get_meta_.bind(name);
        if (!get_meta_.step()) damaged("the table meta lacks a row");
        const std::int64_t value = get_meta_.integer(0);
        get_meta_.reset();
        return value;
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
        const bool is_there = find_.bind(std::int64_t(id)).step();
        if (is_there) read(find_, job, body_sum);
        find_.reset();
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
                     .put_ms = from.integer(12),
                     .begin_ms = job.begin_ms,
                     .end_ms = from.integer(13),
                     .body = from.bytes(15),
                     .note = from.bytes(14)};
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
            set(save_);
        } else {
            set(save_noted_, *note);
        }
        const bool waits = job.state == job_state::ready || job.state == job_state::delayed;
        if (waits) transactions_.will_tell(room::takers);
        if (!job.is_unfinished()) transactions_.will_tell(room::joiners);
    }

    status end_one(ticket at, ending how, std::string_view note, job_span delay) {
        row job;
        std::int64_t body_sum = 0;
        if (!find_held(at, job, body_sum)) return status::lease_lost;
        job.end(how, wall_ms(), delay);
        save(job, body_sum, &note);
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
            if (!options.key.empty() && by_key_.bind(options.key).step()) {
                ids[i] = static_cast<job_id>(by_key_.integer(0));
                by_key_.reset();
                continue;
            }
            row job{.id = static_cast<job_id>(++last),
                    .max_attempts = options.max_attempts,
                    .max_crashes = options.max_crashes};
            job.hold_back(now, options.delay);
            const auto body_sum = static_cast<std::int64_t>(sum_of(all[i].body));
            put_.bind(last, std::int64_t(job.state), std::int64_t(options.priority), job.due_ms,
                      std::int64_t(job.max_attempts), std::int64_t(job.max_crashes), now, body_sum,
                      seal(job, body_sum), options.key, all[i].body)
                .finish();
            ids[i] = job.id;
        }
        transactions_.will_tell(room::takers);
    }

    // The highest that was given: of a row that is there, or of one that was forgotten.
    std::int64_t last_id() {
        const bool is_there = last_.bind().step();
        const std::int64_t last = is_there ? last_.integer(0) : 0;
        last_.reset();
        return last;
    }

    // Makes ready what is due. How long until it has to be done again.
    job_span release_delayed() {
        row job;
        std::int64_t body_sum = 0;
        const std::int64_t now = wall_ms();
        while (first(delayed_, job, body_sum)) {
            if (job.due_ms > now) return std::min(recheck, job_span(job.due_ms - now));
            job.state = job_state::ready;
            save(job, body_sum, nullptr);
        }
        return recheck;
    }

    // Takes back what the dead held, and what was not renewed.
    void reap() {
        next_reap_ms_ = boot_ms() + recheck.count();
        for (std::int64_t after = 0;;) {
            row job;
            std::int64_t body_sum = 0;
            if (!running_.bind(after).step()) return;
            read(running_, job, body_sum);
            running_.reset();
            after = static_cast<std::int64_t>(job.id);
            const bool lives =
                job.owner == me_ || job.owner == 0 || store_.shared.is_alive(job.owner);
            if (lives && job.due_ms >= boot_ms()) continue;
            job.lose_worker();
            save(job, body_sum, &crash_note);
        }
    }

    granted grant(row& job, std::int64_t body_sum, job_span lease, std::string body) {
        check_body(job, body_sum, body);
        job.grant(me_, boot_ms() + lease.count(), wall_ms());
        save(job, body_sum, nullptr);
        return {{job.id, job.token}, job.attempts, std::move(body)};
    }

    std::string body_of(const row& job, std::int64_t body_sum) {
        std::string body;
        if (body_.bind(std::int64_t(job.id)).step()) body = body_.bytes(0);
        body_.reset();
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
        for (ready_.bind(most); ready_.step();) {
            found& each = some.emplace_back();
            read(ready_, each.job, each.body_sum);
            each.body = ready_.bytes(12);
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
        return exists(any_ready_) || exists(any_delayed_) || exists(any_running_);
    }

    transactions transactions_;
    queue_file& store_ = transactions_.store;
    std::uint64_t me_ = 0;
    std::int64_t next_reap_ms_ = 0;

    statement get_meta_{store_.base, "SELECT value FROM meta WHERE name = CAST(?1 AS TEXT)"};
    statement last_{store_.base,
                    "SELECT max(value, (SELECT ifnull(max(id), 0) FROM job)) FROM meta "
                    "WHERE name = 'last_id'"};
    statement set_meta_{store_.base, "UPDATE meta SET value = ?1 WHERE name = CAST(?2 AS TEXT)"};
    statement get_fact_{store_.base, "SELECT value FROM fact WHERE name = CAST(?1 AS TEXT)"};
    statement keep_fact_{store_.base, "INSERT OR IGNORE INTO fact VALUES(CAST(?1 AS TEXT), ?2)"};
    statement forget_fact_{store_.base, "DELETE FROM fact WHERE name = CAST(?1 AS TEXT)"};
    statement by_key_{store_.base, "SELECT id FROM job WHERE key = ?1 AND key IS NOT NULL"};
    statement put_{store_.base,
                   "INSERT INTO job VALUES(?1, ?2, ?3, ?4, 0, 0, 0, ?5, ?6, 0, ?7, 0, 0, ?8, "
                   "?9, NULLIF(?10, x''), NULL, ?11)"};
    statement find_{store_.base, "SELECT " CONQ_ROW " FROM job WHERE id = ?1"};
    statement body_{store_.base, "SELECT body FROM job WHERE id = ?1"};
    statement ready_{store_.base, "SELECT " CONQ_ROW
                                  ", body FROM job WHERE state = 0 ORDER BY priority, id LIMIT ?1"};
    statement delayed_{store_.base,
                       "SELECT " CONQ_ROW " FROM job WHERE state = 5 ORDER BY due_ms LIMIT 1"};
    statement running_{store_.base, "SELECT " CONQ_ROW
                                    " FROM job WHERE state = 1 AND id > ?1 ORDER BY id LIMIT 1"};
    statement any_waiting_{store_.base,
                           "SELECT " CONQ_ROW " FROM job WHERE state = 0 UNION ALL SELECT " CONQ_ROW
                           " FROM job WHERE state = 5 LIMIT 1"};
    statement list_{store_.base, "SELECT " CONQ_INFO " FROM job WHERE id > ?1 ORDER BY id"};
    statement info_{store_.base, "SELECT " CONQ_INFO " FROM job WHERE id = ?1"};
    statement any_ready_{store_.base, "SELECT 1 FROM job WHERE state = 0 LIMIT 1"};
    statement any_delayed_{store_.base, "SELECT 1 FROM job WHERE state = 5 LIMIT 1"};
    statement any_running_{store_.base, "SELECT 1 FROM job WHERE state = 1 LIMIT 1"};
    statement count_{store_.base,
                     "SELECT state, count(*), sum(end_ms > ?1) FROM job GROUP BY state"};
    statement save_{store_.base,
                    "UPDATE job SET state = ?2, due_ms = ?3, token = ?4, attempts = ?5, "
                    "crashes = ?6, owner = ?7, begin_ms = ?8, end_ms = ?9, sum = ?10 "
                    "WHERE id = ?1"};
    statement save_noted_{store_.base,
                          "UPDATE job SET state = ?2, due_ms = ?3, token = ?4, attempts = ?5, "
                          "crashes = ?6, owner = ?7, begin_ms = ?8, end_ms = ?9, sum = ?10, "
                          "note = ?11 WHERE id = ?1"};
    statement renew_{store_.base,
                     "UPDATE job SET due_ms = max(due_ms, ?1) "
                     "WHERE id = ?2 AND token = ?3 AND state = 1"};
    statement forget_{store_.base, "DELETE FROM job WHERE id = ?1 AND state IN (2, 3, 4)"};
    statement forget_some_{store_.base,
                           "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = ?1 "
                           "ORDER BY id LIMIT ?2)"};
};

}  // namespace

std::unique_ptr<engine> open_sqlite(const queue_url& url) {
    return std::make_unique<sqlite_engine>(url);
}

}  // namespace conq::jobs

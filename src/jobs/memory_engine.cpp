// SPDX-License-Identifier: BSL-1.0
// Jobs in this process's memory. The durable engines are compared with it, and it suits tests of
// programs that use a job queue.
#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "conq/platform/clock.hpp"
#include "src/jobs/engines.hpp"
#include "src/jobs/row.hpp"

namespace conq::jobs {
namespace {

std::int64_t now_ms() {
    return static_cast<std::int64_t>(platform::monotonic_now() / 1'000'000);
}

class memory_engine final : public engine {
public:
    explicit memory_engine(held_check is_held) : is_held_(std::move(is_held)) {}

    status put(std::span<const new_job> all, std::span<job_id> ids) override {
        const std::lock_guard lock(mutex_);
        if (is_shut_down_) return status::shut_down;
        put_all(all, ids);
        return status::ok;
    }

    start_answer start(const new_job& wanted, job_span lease, bool revives) override {
        const std::lock_guard lock(mutex_);
        reap();
        job_id id = 0;
        put_all({&wanted, 1}, {&id, 1});
        entry& found = jobs_.at(id);
        if (!found.job.can_start(revives)) {
            // No job is older than this handle.
            const bool is_new = !found.job.is_unfinished() && !found.output.empty();
            return {found.job.state, std::nullopt, id, is_new};
        }
        change(found, [&](row& job) { job.grant(1, now_ms() + lease.count(), now_ms()); });
        return {job_state::running, granted_of(found), id, {}};
    }

    std::string remember(std::string_view name, std::string_view value, bool replaces) override {
        const std::lock_guard lock(mutex_);
        const auto [at, is_new] = facts_.try_emplace(std::string(name), value);
        if (replaces) at->second = value;
        return at->second;
    }

    claim_answer claim(job_span lease, std::size_t max, std::vector<granted>& out) override {
        const std::lock_guard lock(mutex_);
        reap();
        claim_answer answer;
        answer.look_again = release_delayed();
        for (std::size_t i = 0; i < max && !is_paused_ && !ready_.empty(); ++i) {
            entry& next = jobs_.at(ready_.begin()->second);
            change(next, [&](row& job) { job.grant(1, now_ms() + lease.count(), now_ms()); });
            out.push_back(granted_of(next));
            answer.state = status::ok;
        }
        if (answer.state != status::ok && is_shut_down_ && ready_.empty() && delayed_.empty()) {
            answer.state = status::shut_down;
        }
        return answer;
    }

    void end(std::span<const ticket> held, ending how, const last_words& words, job_span delay,
             std::span<status> answers) override {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < held.size(); ++i) {
            answers[i] = end_one(held[i], how, words, delay);
        }
    }

    std::optional<granted> hold(ticket at, job_span lease, keeper by) override {
        const std::lock_guard lock(mutex_);
        entry* const held = find_held(at);
        if (held == nullptr) return std::nullopt;
        held->job.hold(by == keeper::owner ? 1 : 0, after_ms(now_ms(), lease));
        return granted_of(*held);
    }

    void renew(std::span<const ticket> all, job_span lease) override {
        const std::lock_guard lock(mutex_);
        for (const ticket each : all) {
            entry* const held = find_held(each);
            if (held == nullptr) continue;
            held->job.due_ms = std::max(held->job.due_ms, now_ms() + lease.count());
        }
    }

    void note_process(ticket, std::string_view) override {}  // the queue ends with this process

    bool is_finished() override {
        const std::lock_guard lock(mutex_);
        reap();
        return !has_unfinished();
    }

    bool cancel(job_id id) override {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return false;
        const job_state state = found->second.job.state;
        if (state != job_state::ready && state != job_state::delayed) return false;
        change(found->second, [](row& job) { job.state = job_state::cancelled; });
        return true;
    }

    bool revive(job_id id) override {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return false;
        const job_state state = found->second.job.state;
        if (state != job_state::dead && state != job_state::cancelled) return false;
        change(found->second, [](row& job) { job.revive(); });
        return true;
    }

    bool forget(job_id id) override {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        if (found == jobs_.end() || found->second.job.is_unfinished()) return false;
        drop(found);
        return true;
    }

    void set_shut_down(bool is_shut_down, bool drops) override {
        const std::lock_guard lock(mutex_);
        is_shut_down_ = is_shut_down;
        while (drops && (!ready_.empty() || !delayed_.empty())) {
            const job_id id = ready_.empty() ? delayed_.begin()->second : ready_.begin()->second;
            change(jobs_.at(id), [](row& job) { job.state = job_state::cancelled; });
        }
        say(room::takers);
    }

    void set_paused(bool is_paused) override {
        const std::lock_guard lock(mutex_);
        is_paused_ = is_paused;
        say(room::takers);
    }

    bool is_paused() override {
        const std::lock_guard lock(mutex_);
        return is_paused_;
    }

    std::vector<job_info> list(job_state state, job_id after, std::size_t max) override {
        const std::lock_guard lock(mutex_);
        std::vector<job_info> out;
        for (auto at = jobs_.upper_bound(after); at != jobs_.end() && out.size() < max; ++at) {
            if (at->second.job.state == state) out.push_back(info_of(at->second));
        }
        return out;
    }

    std::optional<job_info> find(job_id id) override {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        return found == jobs_.end() ? std::nullopt : std::optional(info_of(found->second));
    }

    std::optional<std::string> output(job_id id) override {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        if (found == jobs_.end() || found->second.output.empty()) return std::nullopt;
        return found->second.output;
    }

    void set_keeps_outputs(bool) override {}  // they always stay as long as their jobs

    forgotten forget_some(job_state state, job_id after, std::size_t max) override {
        const std::lock_guard lock(mutex_);
        forgotten answer;
        auto at = jobs_.upper_bound(after);
        for (std::size_t i = 0; i < max && at != jobs_.end(); ++i) {
            answer.last = at->first;
            const bool goes = at->second.job.state == state;
            at = goes ? drop(at) : std::next(at);
            answer.count += goes ? 1 : 0;
        }
        return answer;
    }

    job_id newest() override {
        const std::lock_guard lock(mutex_);
        return last_id_;
    }

    job_stats stats() override {
        const std::lock_guard lock(mutex_);
        job_stats out;
        std::uint64_t* const counts[] = {&out.ready, &out.running,   &out.done,
                                         &out.dead,  &out.cancelled, &out.delayed};
        for (const auto& [id, each] : jobs_) {
            ++*counts[static_cast<unsigned>(each.job.state)];
            if (each.job.state == job_state::running) out.running_here += each.job.owner;
            if (each.end_ms != 0 && each.end_ms > now_ms() - 60'000) ++out.done_lately;
        }
        out.is_paused = is_paused_;
        out.is_shut_down = is_shut_down_;
        return out;
    }

    std::uint32_t news(room where) noexcept override {
        const std::lock_guard lock(mutex_);
        return news_[static_cast<unsigned>(where)];
    }
    void wait(room where, std::uint32_t seen, std::chrono::nanoseconds span) override {
        std::unique_lock lock(mutex_);
        told_[static_cast<unsigned>(where)].wait_for(
            lock, span, [&] { return news_[static_cast<unsigned>(where)] != seen; });
    }
    void tell(room where) noexcept override {
        const std::lock_guard lock(mutex_);
        say(where);
    }

private:
    struct entry {
        row job;
        std::int32_t priority;
        std::int64_t put_ms = 0, end_ms = 0;
        std::string key, body, note, output;
    };

    entry* find_held(ticket at) {
        const auto found = jobs_.find(at.id);
        const bool is_held = found != jobs_.end() && found->second.job.token == at.token &&
                             found->second.job.state == job_state::running;
        return is_held ? &found->second : nullptr;
    }
    static job_info info_of(const entry& of) {
        return {.id = of.job.id,
                .state = of.job.state,
                .attempts = of.job.attempts,
                .crashes = of.job.crashes,
                .put_ms = of.put_ms,
                .begin_ms = of.job.begin_ms,
                .end_ms = of.end_ms,
                .body = of.body,
                .note = of.note};
    }

    static granted granted_of(const entry& of) {
        return {.at = {of.job.id, of.job.token},
                .attempt = of.job.attempts,
                .body = of.body,
                .max_attempts = of.job.max_attempts,
                .time_limit = of.job.time_limit};
    }
    void put_all(std::span<const new_job> all, std::span<job_id> ids) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            const job_options& options = *all[i].options;
            const auto known = keys_.find(options.key);
            if (!options.key.empty() && known != keys_.end()) {
                ids[i] = known->second;
                continue;
            }
            entry job{.job = {.id = ++last_id_,
                              .max_attempts = options.max_attempts,
                              .max_crashes = options.max_crashes,
                              .time_limit = options.time_limit},
                      .priority = options.priority,
                      .put_ms = now_ms(),
                      .key = options.key,
                      .body = std::string(all[i].body),
                      .note = {},
                      .output = {}};
            job.job.hold_back(now_ms(), options.delay);
            ids[i] = last_id_;
            if (!options.key.empty()) keys_.emplace(options.key, last_id_);
            file(jobs_.emplace(last_id_, std::move(job)).first->second);
        }
    }
    status end_one(ticket at, ending how, const last_words& words, job_span delay) {
        entry* const held = find_held(at);
        if (held == nullptr) return status::lease_lost;
        held->note = words.note;
        if (!words.output.empty()) held->output = words.output;
        change(*held, [&](row& job) { job.end(how, now_ms(), delay); });
        if (how == ending::forget) drop(jobs_.find(at.id));
        return status::ok;
    }
    std::map<job_id, entry>::iterator drop(std::map<job_id, entry>::iterator at) {
        keys_.erase(at->second.key);
        return jobs_.erase(at);
    }
    void say(room where) noexcept {
        ++news_[static_cast<unsigned>(where)];
        told_[static_cast<unsigned>(where)].notify_all();
    }
    // file and unfile put a job into the index of its state, and take it out.
    void file(const entry& each) {
        const row& job = each.job;
        if (job.state == job_state::ready) ready_.emplace(each.priority, job.id);
        if (job.state == job_state::delayed) delayed_.emplace(job.due_ms, job.id);
        if (job.state == job_state::running) running_.insert(job.id);
        const bool waits = job.state == job_state::ready || job.state == job_state::delayed;
        if (waits) say(room::takers);
        if (!job.is_unfinished() && !has_unfinished()) say(room::joiners);
    }
    void unfile(const entry& each) {
        ready_.erase({each.priority, each.job.id});
        delayed_.erase({each.job.due_ms, each.job.id});
        running_.erase(each.job.id);
    }
    template <class Change> void change(entry& each, Change how) {
        unfile(each);
        how(each.job);
        each.end_ms = each.job.is_unfinished() ? 0 : now_ms();
        file(each);
    }
    job_span release_delayed() {
        while (!delayed_.empty()) {
            const auto [due_ms, id] = *delayed_.begin();
            const std::int64_t now = now_ms();
            if (due_ms > now) return std::min(recheck, job_span(due_ms - now));
            change(jobs_.at(id), [](row& job) { job.state = job_state::ready; });
        }
        return recheck;
    }
    void reap() {
        const std::set<job_id> running = running_;
        for (const job_id id : running) {
            entry& each = jobs_.at(id);
            if (each.job.due_ms >= now_ms()) continue;
            if (each.job.owner == 1 && is_held_ && is_held_({id, each.job.token})) continue;
            each.note = crash_note;
            change(each, [](row& job) { job.lose_worker(); });
        }
    }
    [[nodiscard]] bool has_unfinished() const {
        return !ready_.empty() || !delayed_.empty() || !running_.empty();
    }

    const held_check is_held_;
    std::mutex mutex_;
    std::condition_variable told_[2];
    std::uint32_t news_[2] = {};
    std::map<job_id, entry> jobs_;
    std::map<std::string, job_id, std::less<>> keys_;
    std::map<std::string, std::string, std::less<>> facts_;
    std::set<std::pair<std::int32_t, job_id>> ready_;
    std::set<std::pair<std::int64_t, job_id>> delayed_;
    std::set<job_id> running_;
    job_id last_id_ = 0;
    bool is_shut_down_ = false, is_paused_ = false;
};

}  // namespace

std::unique_ptr<engine> open_memory(held_check is_held) {
    return std::make_unique<memory_engine>(std::move(is_held));
}

}  // namespace conq::jobs

// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "conq/jobs.hpp"
#include "conq/platform/clock.hpp"
#include "src/jobs/engines.hpp"
#include "src/jobs/process_mark.hpp"
#include "src/jobs/quiet_thread.hpp"
#include "src/jobs/row.hpp"

namespace conq {

using jobs::ending;
using jobs::room;

namespace {

// How long to wait after an attempt that failed.
job_span backoff_of(jobs::ticket at, std::uint32_t attempt) {
    constexpr job_span::rep first_ms = 1000, longest_ms = 3600'000;
    const std::uint32_t doublings = std::min<std::uint32_t>(attempt - 1, 20);
    const job_span::rep ms = std::min(longest_ms, first_ms << doublings);
    std::minstd_rand jitter(static_cast<unsigned>(at.id * 31 + at.token) + 1);
    return job_span(std::uniform_int_distribution<job_span::rep>(ms / 2, ms)(jitter));
}

}  // namespace

// The engine, and the thread that renews the leases of this handle and ends those that are over
// their time limit.
class job_queue::core {
public:
    explicit core(const jobs::queue_url& url)
        : engine_(opened(url)),
          lease_(url.lease),
          are_limits_advisory_(url.are_limits_advisory),
          heart_(jobs::quiet_thread([this] { beat(); })) {}
    core(const core&) = delete;
    core& operator=(const core&) = delete;
    ~core() {
        {
            const std::lock_guard lock(mutex_);
            is_ending_ = true;
        }
        changed_.notify_one();
        heart_.join();
    }

    jobs::engine& engine() noexcept { return *engine_; }
    [[nodiscard]] job_span lease() const noexcept { return lease_; }

    void hold(std::span<const jobs::granted> some) {
        const std::lock_guard lock(mutex_);
        bool is_limited = false;
        for (const jobs::granted& each : some) {
            const bool has_end = each.time_limit.count() > 0 && !are_limits_advisory_;
            const auto until = !has_end ? platform::never
                                        : platform::after(platform::monotonic_now(),
                                                          platform::span_ns(each.time_limit));
            held_.insert_or_assign(each.at.id, held{each.at.token, each.attempt, until});
            is_limited = is_limited || until != platform::never;
        }
        if (is_resting_ || is_limited) changed_.notify_one();
    }
    void let_go(jobs::ticket at) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = held_.find(at.id);
        if (found != held_.end() && found->second.token == at.token) held_.erase(found);
    }

private:
    std::unique_ptr<jobs::engine> opened(const jobs::queue_url& url) {
        const auto is_held = [this](const job_ticket& at) {
            const std::lock_guard lock(mutex_);
            const auto found = held_.find(at.id);
            return found != held_.end() && found->second.token == at.token;
        };
        return url.is_memory ? jobs::open_memory(is_held) : jobs::open_sqlite(url, is_held);
    }

    struct held {
        std::uint64_t token;
        std::uint32_t attempt;
        platform::instant_ns until;  // its time limit ends then
    };
    using locked = std::unique_lock<std::mutex>;

    void beat() {
        locked lock(mutex_);
        const std::uint64_t between = platform::span_ns(lease_ / 3);
        auto next = platform::after(platform::monotonic_now(), between);
        while (!is_ending_) {
            if (held_.empty()) {
                is_resting_ = true;
                changed_.wait(lock);
                is_resting_ = false;
                next = platform::after(platform::monotonic_now(), between);
                continue;
            }
            auto first = next;
            for (const auto& [id, each] : held_) first = std::min(first, each.until);
            const auto at = platform::monotonic_now();
            if (first > at) {
                changed_.wait_for(lock, std::chrono::nanoseconds(first - at));
                continue;  // look again: leases may have come or gone
            }
            end_late(lock, at);
            if (at < next) continue;
            next = platform::after(at, between);
            renew(lock);
        }
    }
    void renew(locked& lock) {
        std::vector<jobs::ticket> all;
        for (const auto& [id, each] : held_) all.push_back({id, each.token});
        lock.unlock();
        try {
            if (!all.empty()) engine_->renew(all, lease_);
        } catch (const store_error&) {
            // The leases may run out; the calls that end them will say so. The next beat tries
            // again.
        }
        lock.lock();
    }
    // A holder that takes too long loses the job: nobody would know whether it ever comes back.
    void end_late(locked& lock, platform::instant_ns at) {
        std::unordered_map<job_id, held> late;
        for (auto next = held_.begin(); next != held_.end();) {
            const auto here = next++;
            if (here->second.until <= at) late.insert(held_.extract(here));
        }
        lock.unlock();
        for (const auto& [id, each] : late) {
            const jobs::ticket which{id, each.token};
            status answer = status::ok;
            try {
                engine_->end({&which, 1}, ending::retry, {jobs::late_note},
                             backoff_of(which, each.attempt), {&answer, 1});
            } catch (const store_error&) {
                // The lease is not renewed any more, so it runs out.
            }
        }
        lock.lock();
    }

    const std::unique_ptr<jobs::engine> engine_;
    const job_span lease_;
    const bool are_limits_advisory_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<job_id, held> held_;
    bool is_ending_ = false, is_resting_ = false;
    std::thread heart_;
};

job_lease::job_lease(job_lease&& other) noexcept
    : queue_(other.queue_), job_(std::move(other.job_)), state_(other.state_) {
    if (other.state_ == status::ok) other.state_ = status::empty;
}

job_lease& job_lease::operator=(job_lease&& other) noexcept {
    if (this == &other) return *this;
    drop();
    queue_ = other.queue_;
    job_ = std::move(other.job_);
    state_ = other.state_;
    if (other.state_ == status::ok) other.state_ = status::empty;
    return *this;
}

job_lease::~job_lease() {
    drop();
}

void job_lease::drop() noexcept {
    if (state_ != status::ok) return;
    try {
        static_cast<void>(retry());
    } catch (...) {
        // The store did not take the call: the lease runs out there.
        queue_->core_->let_go(job_.at);
        state_ = status::empty;
    }
}

status job_lease::end(ending how, const jobs::last_words& words, job_span delay) {
    if (state_ != status::ok) return state_;
    status answer = status::ok;
    queue_->core_->engine().end({&job_.at, 1}, how, words, delay, {&answer, 1});
    return let_go(answer);
}

job_span job_lease::backoff() const {
    return backoff_of(job_.at, job_.attempt);
}

void job_lease::runs_as(pid_t process) {
    const std::string mark = state_ == status::ok ? jobs::process_mark(process) : "";
    if (!mark.empty()) queue_->core_->engine().note_process(job_.at, mark);
}

// Afterwards the lease holds nothing. Returns `state`.
status job_lease::let_go(status state) noexcept {
    queue_->core_->let_go(job_.at);
    state_ = status::empty;
    return state;
}

status job_lease::done(std::string_view result, std::string_view output) {
    return end(ending::done, {result, output}, {});
}
status job_lease::retry(std::string_view reason) {
    return end(ending::retry, {reason}, state_ == status::ok ? backoff() : job_span{});
}
status job_lease::retry(job_span delay, std::string_view reason) {
    return end(ending::retry, {reason}, delay);
}
status job_lease::fail(std::string_view reason, std::string_view output) {
    return end(ending::fail, {reason, output}, {});
}
status job_lease::release() {
    return end(ending::give_back, {}, {});
}

status job_lease::extend(job_span span) {
    if (state_ != status::ok) return state_;
    const bool is_held =
        queue_->core_->engine().hold(job_.at, span, jobs::keeper::owner).has_value();
    return is_held ? status::ok : let_go(status::lease_lost);
}
result<job_ticket> job_lease::detach(job_span span) {
    if (state_ != status::ok) return result<job_ticket>(state_);
    queue_->core_->let_go(job_.at);  // first, or a beat could lengthen it
    bool is_held = false;
    try {
        is_held = queue_->core_->engine().hold(job_.at, span, jobs::keeper::nobody).has_value();
    } catch (...) {
        queue_->core_->hold({&job_, 1});
        throw;
    }
    state_ = status::empty;
    if (!is_held) return result<job_ticket>(status::lease_lost);
    return {std::in_place, [this] { return job_.at; }};
}

job_queue::job_queue(std::string_view url) : core_(std::make_unique<core>(jobs::parse_url(url))) {}
job_queue::~job_queue() = default;

result<job_id> job_queue::put(std::string_view body, const job_options& options) {
    const jobs::new_job job{body, &options};
    job_id id = 0;
    const status state = core_->engine().put({&job, 1}, {&id, 1});
    if (state != status::ok) return result<job_id>(state);
    return {std::in_place, [id] { return id; }};
}

status job_queue::put_many(const std::vector<std::string>& bodies, std::vector<job_id>& ids,
                           const job_options& options) {
    std::vector<jobs::new_job> all;
    for (const std::string& each : bodies) all.push_back({each, &options});
    return put_many(all, ids);
}

status job_queue::put_many(std::span<const jobs::new_job> all, std::vector<job_id>& ids) {
    std::vector<job_id> fresh(all.size());
    ids.reserve(ids.size() + fresh.size());
    const status state = core_->engine().put(all, fresh);
    if (state == status::ok) ids.insert(ids.end(), fresh.begin(), fresh.end());
    return state;
}

namespace {

// How much time of a wait is left.
class time_left {
public:
    explicit time_left(std::uint64_t span_ns)
        : until_(platform::after(platform::monotonic_now(), span_ns)) {}
    [[nodiscard]] std::chrono::nanoseconds left(job_span longest) const {
        const auto now = platform::monotonic_now();
        const auto most = static_cast<std::uint64_t>(std::chrono::nanoseconds(longest).count());
        const std::uint64_t left_ns = until_ > now ? until_ - now : 0;
        return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(left_ns, most)));
    }
    [[nodiscard]] bool is_over() const { return platform::monotonic_now() >= until_; }

private:
    platform::instant_ns until_;
};

}  // namespace

jobs::claim_answer job_queue::claim(std::size_t max, std::vector<job_lease>& out) {
    std::vector<jobs::granted> granted;
    const jobs::claim_answer answer = core_->engine().claim(core_->lease(), max, granted);
    if (granted.empty()) return answer;
    core_->hold(granted);
    for (jobs::granted& each : granted) out.push_back(job_lease(*this, std::move(each)));
    return answer;
}

// The only job of `some`, or a lease that says why there is none.
job_lease job_queue::one(status why, std::vector<job_lease>& some) {
    return some.empty() ? job_lease(why) : std::move(some.front());
}

job_lease job_queue::try_take() {
    std::vector<job_lease> some;
    const status why = try_take_many(1, some);
    return one(why, some);
}

status job_queue::try_take_many(std::size_t max, std::vector<job_lease>& out) {
    return claim(max, out).state;
}

std::size_t job_queue::done_many(std::vector<job_lease>& leases) {
    return end_many(leases, ending::done);
}

std::size_t job_queue::done_and_forget(std::vector<job_lease>& leases) {
    return end_many(leases, ending::forget);
}

std::size_t job_queue::end_many(std::vector<job_lease>& leases, ending how) {
    std::vector<jobs::ticket> held;
    std::erase_if(leases, [](const job_lease& each) { return !each; });
    for (const job_lease& each : leases) held.push_back(each.job_.at);
    std::vector<status> answers(held.size());
    core_->engine().end(held, how, {}, {}, answers);
    for (job_lease& each : leases) {
        core_->let_go(each.job_.at);
        each.state_ = status::empty;
    }
    leases.clear();
    return static_cast<std::size_t>(std::count(answers.begin(), answers.end(), status::ok));
}

started_job job_queue::take_this(std::string_view body, const job_options& options, bool revives) {
    const jobs::new_job job{body, &options};
    jobs::start_answer answer = core_->engine().start(job, core_->lease(), revives);
    if (!answer.job) {
        return {job_lease(status::empty), answer.state, answer.id, answer.has_new_output};
    }
    core_->hold({&*answer.job, 1});
    return {job_lease(*this, std::move(*answer.job)), job_state::running, answer.id, {}};
}

job_lease job_queue::attach(job_ticket at) {
    auto held = core_->engine().hold(at, core_->lease(), jobs::keeper::owner);
    if (!held) return job_lease(status::lease_lost);
    core_->hold({&*held, 1});
    return {*this, std::move(*held)};
}

std::string job_queue::remember(std::string_view name, std::string_view value, bool replaces) {
    return core_->engine().remember(name, value, replaces);
}

status job_queue::take_within(std::size_t max, std::vector<job_lease>& out, std::uint64_t span_ns,
                              const asked& has_stopped) {
    if (has_stopped()) return status::stopped;
    const time_left waits(span_ns);
    for (;;) {
        const std::uint32_t seen = core_->engine().news(room::takers);
        const jobs::claim_answer answer = claim(max, out);
        if (answer.state != status::empty) return answer.state;
        if (has_stopped()) return status::stopped;
        if (waits.is_over()) return status::timed_out;
        core_->engine().wait(room::takers, seen, waits.left(answer.look_again));
    }
}

status job_queue::join_within(std::uint64_t span_ns, const asked& has_stopped) {
    if (has_stopped()) return status::stopped;
    const time_left waits(span_ns);
    for (;;) {
        const std::uint32_t seen = core_->engine().news(room::joiners);
        if (core_->engine().is_finished()) return status::ok;
        if (has_stopped()) return status::stopped;
        if (waits.is_over()) return status::timed_out;
        core_->engine().wait(room::joiners, seen, waits.left(jobs::recheck));
    }
}

void job_queue::tell_all() noexcept {
    core_->engine().tell(room::takers);
    core_->engine().tell(room::joiners);
}

bool job_queue::try_join() {
    return core_->engine().is_finished();
}
void job_queue::shutdown() {
    core_->engine().set_shut_down(true, false);
}
void job_queue::shutdown(immediate_t) {
    core_->engine().set_shut_down(true, true);
}
void job_queue::reopen() {
    core_->engine().set_shut_down(false, false);
}
void job_queue::pause() {
    core_->engine().set_paused(true);
}
void job_queue::resume() {
    core_->engine().set_paused(false);
}
bool job_queue::is_paused() {
    return core_->engine().is_paused();
}
bool job_queue::cancel(job_id id) {
    return core_->engine().cancel(id);
}
bool job_queue::revive(job_id id) {
    return core_->engine().revive(id);
}
bool job_queue::forget(job_id id) {
    return core_->engine().forget(id);
}
std::uint64_t job_queue::forget_all(job_state state) {
    if (state != job_state::done && state != job_state::dead && state != job_state::cancelled) {
        throw std::invalid_argument(
            "conq: forget_all: only finished jobs are forgotten: done, dead or cancelled ones");
    }
    constexpr std::size_t at_once = 1000;  // in a transaction, so that others get their turn
    std::uint64_t count = 0;
    jobs::forgotten some;
    do {
        some = core_->engine().forget_some(state, some.last, at_once);
        count += some.count;
    } while (some.last != 0);
    return count;
}
std::optional<job_info> job_queue::find(job_id id) {
    return core_->engine().find(id);
}
std::optional<std::string> job_queue::output(job_id id) {
    return core_->engine().output(id);
}
void job_queue::keep_outputs(bool keeps) {
    core_->engine().set_keeps_outputs(keeps);
}
std::vector<job_info> job_queue::list(job_state state, job_id after, std::size_t max) {
    return core_->engine().list(state, after, max);
}
job_id job_queue::newest() {
    return core_->engine().newest();
}
job_stats job_queue::stats() {
    return core_->engine().stats();
}

}  // namespace conq

// SPDX-License-Identifier: BSL-1.0
// job_queue: jobs that survive. Link conq::jobs. What it guarantees: docs/jobs.md
#ifndef CONQ_JOBS_HPP
#define CONQ_JOBS_HPP

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conq/contract/limit.hpp"
#include "conq/contract/result.hpp"
#include "conq/contract/status.hpp"
#include "conq/jobs/engine.hpp"

namespace conq {

class job_queue;
struct started_job;

/// A job that this process holds, or the reason why there is none. While it lives, a thread of the
/// library renews it, however busy the worker is. Ends: done, retry, fail, release; destroyed
/// without one, the job is handed back and the attempt is spent.
///
/// Each end answers ok, or lease_lost if the store has given the job to somebody else meanwhile;
/// then nothing was changed. Ends throw store_error; then the lease goes on. Must not outlive its
/// queue. Threads: as any value.
class [[nodiscard]] job_lease {
public:
    /// None, and why.
    explicit job_lease(status why) noexcept : state_(why) {}
    job_lease(job_lease&& other) noexcept;
    /// Drops what this lease holds, then takes over the other's.
    job_lease& operator=(job_lease&& other) noexcept;
    ~job_lease();

    /// Whether it holds a job.
    [[nodiscard]] explicit operator bool() const noexcept { return state_ == status::ok; }
    /// `ok`, or why there is no job; `empty` after an end.
    [[nodiscard]] status state() const noexcept { return state_; }
    /// The job's bytes.
    [[nodiscard]] const std::string& operator*() const noexcept { return job_.body; }
    [[nodiscard]] const std::string* operator->() const noexcept { return &job_.body; }
    /// The job's name, and this grant of it.
    [[nodiscard]] job_ticket ticket() const noexcept { return job_.at; }
    [[nodiscard]] job_id id() const noexcept { return job_.at.id; }
    /// Rises with each time that the job is handed out: let the target of an effect check it.
    [[nodiscard]] std::uint64_t token() const noexcept { return job_.at.token; }
    /// Which attempt this is, from 1; those that ended by the death of a worker are not counted.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return job_.attempt; }
    /// Whether retry, and a lease that is dropped, make a dead letter of it.
    [[nodiscard]] bool is_last_attempt() const noexcept {
        return job_.attempt >= job_.max_attempts;
    }
    /// How long it may be held, as it was put; 0: for ever. When that is over, counted from the
    /// take or attach, a thread of the library ends the attempt as retry does: then the ends here
    /// answer lease_lost.
    [[nodiscard]] job_span time_limit() const noexcept { return job_.time_limit; }
    /// Leaves the time limit to the holder, who can end the work itself: the lease goes on past it.
    void outlast_time_limit() noexcept;
    /// The job is done by that process, which we have started with this queue's files open (the key
    /// owner=family of the URL): should we die, it is not handed out again before that process has
    /// ended. Without this, not before all that we have started have ended. Throws store_error.
    void runs_as(pid_t process);
    /// How long retry without a delay would make the job wait.
    [[nodiscard]] job_span backoff() const;

    /// The good end. `result` is kept with the job, and `output` beside it (job_queue::output).
    status done(std::string_view result = {}, std::string_view output = {});
    /// The attempt failed: again after a delay that doubles with each, or a dead letter.
    status retry(std::string_view reason = {});
    /// The same after `delay`.
    status retry(job_span delay, std::string_view reason = {});
    /// A dead letter at once. `output` as with done.
    status fail(std::string_view reason, std::string_view output = {});
    /// Hands it back as if it had not been taken.
    status release();

    /// The store keeps it for at least `span` from now on, even if this process is stopped: ok or
    /// lease_lost. Not needed against a busy worker.
    status extend(job_span span);
    /// Lets go of it, and the lease lasts for `span` by time alone: no thread renews it, and no
    /// death ends it. Whoever has the ticket may take it up (job_queue::attach), in any process.
    /// None if the lease was lost. Then and afterwards this holds nothing.
    [[nodiscard]] result<job_ticket> detach(job_span span);

private:
    friend class job_queue;
    job_lease(job_queue& queue, jobs::granted job) noexcept
        : queue_(&queue), job_(std::move(job)), state_(status::ok) {}
    status end(jobs::ending how, const jobs::last_words& words, job_span delay);
    status let_go(status state) noexcept;
    void drop() noexcept;

    job_queue* queue_ = nullptr;
    jobs::granted job_;
    status state_;
};

/// A queue of jobs in a store, opened by URL (docs/formats/job_queue_url.md). Several handles, in
/// any number of processes, may be open on one store. Delivery is at least once: a job whose worker
/// died, or was stopped for longer than its lease, is handed out again, with a higher token.
///
/// Threads: all calls from any thread. Errors: store_error. Each call is a transaction.
class job_queue {
public:
    /// Opens the queue, and makes it if it is not there. Throws std::invalid_argument for a URL
    /// that is none, store_error for a store that cannot be used.
    explicit job_queue(std::string_view url);
    job_queue(const job_queue&) = delete;
    job_queue& operator=(const job_queue&) = delete;
    /// Ends this handle only. No call may run on it, and no lease of it may live.
    ~job_queue();

    /// Adds a job: its id, or shut_down. Never waits for room.
    result<job_id> put(std::string_view body, const job_options& options = {});
    /// Adds all in one transaction, and appends their ids to `ids`; or none: shut_down.
    [[nodiscard]] status put_many(const std::vector<std::string>& bodies, std::vector<job_id>& ids,
                                  const job_options& options = {});
    /// The same for jobs of which each has its own options.
    [[nodiscard]] status put_many(std::span<const jobs::new_job> all, std::vector<job_id>& ids);

    /// The next job; waits while there is none. After a shutdown it drains what is ready or
    /// delayed, then answers shut_down.
    job_lease take() {
        std::vector<job_lease> some;
        const status why = take_within(1, some, platform::never, never_asked());
        return one(why, some);
    }
    /// The same, until `stop` asks.
    template <stop_token_like Stop> job_lease take(Stop stop) {
        return take_limited(limit_of(std::move(stop)));
    }
    /// The same, for a span, or until `stop` asks.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    job_lease take_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return take_limited(limit_for(span, std::move(stop)));
    }
    /// The same, until a time point, or until `stop` asks.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    job_lease take_until(std::chrono::time_point<Clock, Duration> point, Stop stop = {}) {
        return take_limited(limit_until(point, std::move(stop)));
    }
    /// The next job if there is one now; else empty or shut_down.
    job_lease try_take();

    /// The next jobs, up to `max`, in one transaction, at the end of `out`: ok when it has one or
    /// more; it waits only while there is none. `max` is at least 1.
    [[nodiscard]] status take_many(std::size_t max, std::vector<job_lease>& out) {
        return take_within(max, out, platform::never, never_asked());
    }
    /// The same, until `stop` asks.
    template <stop_token_like Stop>
    [[nodiscard]] status take_many(std::size_t max, std::vector<job_lease>& out, Stop stop) {
        return take_limited(max, out, limit_of(std::move(stop)));
    }
    /// The next jobs that there are now.
    [[nodiscard]] status try_take_many(std::size_t max, std::vector<job_lease>& out);
    /// Ends all of them well in one transaction, and empties `leases`. Answers for how many that
    /// was ok; the others' leases were lost. If it throws, they are all held on.
    [[nodiscard]] std::size_t done_many(std::vector<job_lease>& leases);
    /// The same, and forgets them: where nobody asks what became of a job, the store stays small,
    /// and it is faster.
    [[nodiscard]] std::size_t done_and_forget(std::vector<job_lease>& leases);

    /// Takes the job of the key that `options` names, and puts it if the queue does not know it;
    /// neither delays nor a pause hold it back. There is none to take if it runs elsewhere or is
    /// finished; `revives` takes a dead letter or a cancelled one, too.
    started_job take_this(std::string_view body, const job_options& options, bool revives = false);

    /// Takes up a lease that was detached: from now on this process keeps it. lease_lost if it has
    /// ended, or the job was given to somebody else since.
    job_lease attach(job_ticket at);

    /// What is remembered with the queue under a name, after `value` was stored there if nothing
    /// was, or if it `replaces` that.
    std::string remember(std::string_view name, std::string_view value, bool replaces = false);

    /// Returns when every job is finished: done, dead, or cancelled.
    void join() { static_cast<void>(join_within(platform::never, never_asked())); }
    /// The same, until `stop` asks.
    template <stop_token_like Stop> [[nodiscard]] status join(Stop stop) {
        return join_limited(limit_of(std::move(stop)));
    }
    /// The same, for a span, or until `stop` asks.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status join_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return join_limited(limit_for(span, std::move(stop)));
    }
    /// The same, until a time point, or until `stop` asks.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status join_until(std::chrono::time_point<Clock, Duration> point,
                                    Stop stop = {}) {
        return join_limited(limit_until(point, std::move(stop)));
    }
    /// Whether every job is finished.
    [[nodiscard]] bool try_join();

    /// For every process, and for good until reopen: no more puts, takes drain.
    void shutdown();
    /// And what nobody holds is cancelled.
    void shutdown(immediate_t);
    /// Lifts a shutdown.
    void reopen();
    /// For every process: nothing is handed out until resume. What is held goes on.
    void pause();
    void resume();
    /// Whether it is paused now.
    [[nodiscard]] bool is_paused();

    /// Finishes a job that nobody holds; false if it is held, finished or unknown.
    [[nodiscard]] bool cancel(job_id id);
    /// A dead letter or a cancelled job becomes ready again, with all its attempts; false if it is
    /// neither.
    [[nodiscard]] bool revive(job_id id);
    /// Forgets a finished job; false if it is not finished or unknown.
    [[nodiscard]] bool forget(job_id id);
    /// Forgets all jobs in a finished state (done, dead or cancelled), some in each transaction:
    /// how many. Throws std::invalid_argument for another state.
    [[nodiscard]] std::uint64_t forget_all(job_state state);
    /// A job as it is now; none if it is unknown.
    [[nodiscard]] std::optional<job_info> find(job_id id);
    /// What a job has written, as its lease's end gave it; none if that gave none, or if the store
    /// has dropped it: it keeps those of seven days and 256 MiB, the oldest ends go first.
    [[nodiscard]] std::optional<std::string> output(job_id id);
    /// Whether outputs stay for as long as their jobs; for every process, and for good.
    void keep_outputs(bool keeps);
    /// Up to `max` jobs in a state with higher ids than `after`, in order of ids. Reads all jobs in
    /// between, some in each transaction: each is as it was at some time during the call.
    [[nodiscard]] std::vector<job_info> list(job_state state, job_id after = 0,
                                             std::size_t max = 1000);
    /// The highest id that was given so far; 0: none. Takes no time, so it says whether stats does.
    [[nodiscard]] job_id newest();
    /// How many jobs are in each state. Reads all jobs, some in each transaction, and counts each
    /// once.
    [[nodiscard]] job_stats stats();

private:
    friend class job_lease;
    using asked = std::function<bool()>;
    static asked never_asked() {
        return [] { return false; };
    }
    struct teller {
        job_queue* queue;
        void operator()() const noexcept { queue->tell_all(); }
    };

    template <class Stop>
    status take_limited(std::size_t max, std::vector<job_lease>& out, limit<Stop> within) {
        const platform::stop_callback_t<Stop, teller> callback(within.stop, teller{this});
        return take_within(max, out, within.span_ns,
                           [&] { return bool(within.stop.stop_requested()); });
    }
    template <class Stop> job_lease take_limited(limit<Stop> within) {
        std::vector<job_lease> some;
        const status why = take_limited(1, some, std::move(within));
        return one(why, some);
    }
    template <class Stop> status join_limited(limit<Stop> within) {
        const platform::stop_callback_t<Stop, teller> callback(within.stop, teller{this});
        return join_within(within.span_ns, [&] { return bool(within.stop.stop_requested()); });
    }
    status take_within(std::size_t max, std::vector<job_lease>& out, std::uint64_t span_ns,
                       const asked& has_stopped);
    std::size_t end_many(std::vector<job_lease>& leases, jobs::ending how);
    jobs::claim_answer claim(std::size_t max, std::vector<job_lease>& out);
    static job_lease one(status why, std::vector<job_lease>& some);
    status join_within(std::uint64_t span_ns, const asked& has_stopped);
    void tell_all() noexcept;

    class core;
    std::unique_ptr<core> core_;
};

/// What take_this answers.
struct [[nodiscard]] started_job {
    job_lease lease;  ///< The job, if it is to be done here; else its state is `empty`.
    job_state state;  ///< What has become of it; `running` without a lease: somebody else has it.
    job_id id = 0;    ///< Its name.
    job_span ended_ago{0};  ///< If it is finished: since when.
};

}  // namespace conq

#endif

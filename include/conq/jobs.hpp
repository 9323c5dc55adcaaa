// SPDX-License-Identifier: BSL-1.0
// job_queue: a queue whose jobs survive the process. Link conq::jobs. Its guarantees: docs/jobs.md
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

/// A job that this process holds, or the reason why there is none. While the lease lives, a thread
/// of the library renews it, however busy the worker is.
///
/// done(), retry(), fail() and release() end the lease. A lease that is destroyed before that is
/// dropped: it ends as by retry(), so the attempt is spent.
///
/// Each of these calls returns `ok`, or `lease_lost` if the store has taken the job back meanwhile;
/// then it has changed nothing. If the lease holds no job, it returns state(). If it throws
/// store_error, the lease goes on. Each is one transaction of the store.
///
/// A lease must not outlive its queue. Threads: used by one at a time, as any value; it may move to
/// another.
class [[nodiscard]] job_lease {
public:
    /// A lease without a job, because of `why`.
    explicit job_lease(status why) noexcept : state_(why) {}
    job_lease(job_lease&& other) noexcept;
    /// Drops its own job, then takes over the other lease's.
    job_lease& operator=(job_lease&& other) noexcept;
    ~job_lease();

    /// Whether the lease holds a job.
    [[nodiscard]] explicit operator bool() const noexcept { return state_ == status::ok; }
    /// `ok`, or why there is no job; `empty` after an end.
    [[nodiscard]] status state() const noexcept { return state_; }
    /// The job's bytes.
    [[nodiscard]] const std::string& operator*() const noexcept { return job_.body; }
    [[nodiscard]] const std::string* operator->() const noexcept { return &job_.body; }
    /// The job's id, and the token of this grant.
    [[nodiscard]] job_ticket ticket() const noexcept { return job_.at; }
    [[nodiscard]] job_id id() const noexcept { return job_.at.id; }
    /// A number that rises each time the job is handed out. Let what the job changes check it, and
    /// refuse a worker whose number is lower than one that was seen.
    [[nodiscard]] std::uint64_t token() const noexcept { return job_.at.token; }
    /// Which attempt this is, from 1. Attempts that ended because the worker died do not count, nor
    /// do those that release() gave back.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return job_.attempt; }
    /// Whether this is the last attempt: retry(), or dropping the lease, then makes the job a dead
    /// letter.
    [[nodiscard]] bool is_last_attempt() const noexcept {
        return job_.attempt >= job_.max_attempts;
    }
    /// How long the attempt may take, as the options of its put say; 0: no limit. It is counted
    /// from the take or attach. When it is over, a thread of the library ends the attempt as
    /// retry() does; the calls that end this lease then return lease_lost. With the key
    /// time_limit=advisory of the URL, the holder has to end the work itself.
    [[nodiscard]] job_span time_limit() const noexcept { return job_.time_limit; }
    /// Names the process that does the job; this process must have started it with the queue's
    /// files open (the key owner=family of the URL). If this process dies, the lease stays until
    /// that process has ended, however long that takes; without this call, until every process that
    /// this one started has. Does nothing if that process has ended already. Throws store_error.
    void runs_as(pid_t process);
    /// How long the job waits after a retry() that names no delay: 1 s, doubled with each further
    /// attempt, 1 h at most, and shortened at random by up to half.
    [[nodiscard]] job_span backoff() const;

    /// Ends the lease: the job is done. The store keeps `result` with the job, and `output` too,
    /// unless it is empty (see job_queue::output).
    status done(std::string_view result = {}, std::string_view output = {});
    /// Ends the lease: the attempt has failed because of `reason`. The job is handed out again
    /// after backoff(), or is a dead letter if this was the last attempt.
    status retry(std::string_view reason = {});
    /// The same, but the job waits for `delay`.
    status retry(job_span delay, std::string_view reason = {});
    /// Ends the lease: the job becomes a dead letter at once, because of `reason`. `output`: as in
    /// done().
    status fail(std::string_view reason, std::string_view output = {});
    /// Ends the lease as if the job had not been taken: the attempt does not count.
    status release();

    /// Makes the lease last for at least `span` from now on, even if this process is stopped
    /// meanwhile. Returns ok or lease_lost. A busy worker does not need it: the lease is renewed
    /// anyway.
    status extend(job_span span);
    /// Lets go of the job. Its lease lasts for `span`, by time alone: no thread renews it, and the
    /// death of a process does not end it. Any process that has the ticket may take it up
    /// (job_queue::attach). Returns the ticket, or lease_lost. Then and afterwards this lease holds
    /// nothing.
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

/// A queue of jobs in a store, which a URL names (docs/formats/job_queue_url.md). Several handles,
/// in any number of processes, may be open on one store. Delivery is at least once: a job whose
/// worker died, or was stopped for longer than its lease, is handed out again, with a higher token.
///
/// Threads: any may make all calls. Errors: every call may throw store_error. Progress: a call is
/// one transaction of the store, unless it says otherwise, and may wait for those of others. A call
/// that waits makes one each time it looks.
class job_queue {
public:
    /// Opens the queue; creates it if it does not exist. Throws std::invalid_argument if `url` is
    /// not the URL of a queue, store_error if the store cannot be used.
    explicit job_queue(std::string_view url);
    job_queue(const job_queue&) = delete;
    job_queue& operator=(const job_queue&) = delete;
    /// Closes this handle; a queue in a file goes on. No call may be running on the handle, and no
    /// lease from it may be alive.
    ~job_queue();

    /// Adds a job. Returns its id, or shut_down. If the queue knows the key in `options`, adds
    /// nothing and returns the id of the job with that key. Never waits for room.
    result<job_id> put(std::string_view body, const job_options& options = {});
    /// Adds all jobs in one transaction, and appends their ids to `ids`; or adds none and returns
    /// shut_down.
    [[nodiscard]] status put_many(const std::vector<std::string>& bodies, std::vector<job_id>& ids,
                                  const job_options& options = {});
    /// The same for jobs that each have their own options.
    [[nodiscard]] status put_many(std::span<const jobs::new_job> all, std::vector<job_id>& ids);

    /// Takes the next job; waits while there is none. After a shutdown it takes the jobs that are
    /// still ready or delayed, and returns shut_down when there are no more.
    job_lease take() {
        std::vector<job_lease> some;
        const status why = take_within(1, some, platform::never, never_asked());
        return one(why, some);
    }
    /// The same, but returns `stopped` once `stop` asks.
    template <stop_token_like Stop> job_lease take(Stop stop) {
        return take_limited(limit_of(std::move(stop)));
    }
    /// The same, but returns `timed_out` after `span`, `stopped` once `stop` asks.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    job_lease take_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return take_limited(limit_for(span, std::move(stop)));
    }
    /// The same, but returns `timed_out` at `point`, `stopped` once `stop` asks.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    job_lease take_until(std::chrono::time_point<Clock, Duration> point, Stop stop = {}) {
        return take_limited(limit_until(point, std::move(stop)));
    }
    /// Takes the next job if there is one now; else returns empty or shut_down. Does not wait for
    /// one.
    job_lease try_take();

    /// Takes the next jobs, up to `max` (at least 1), in one transaction, and appends them to
    /// `out`. Waits only while there is none. Returns ok if it has taken one or more.
    [[nodiscard]] status take_many(std::size_t max, std::vector<job_lease>& out) {
        return take_within(max, out, platform::never, never_asked());
    }
    /// The same, but returns `stopped` once `stop` asks.
    template <stop_token_like Stop>
    [[nodiscard]] status take_many(std::size_t max, std::vector<job_lease>& out, Stop stop) {
        return take_limited(max, out, limit_of(std::move(stop)));
    }
    /// The same, but only the jobs that are there now; else returns empty or shut_down.
    [[nodiscard]] status try_take_many(std::size_t max, std::vector<job_lease>& out);
    /// Ends all leases as done() does, in one transaction, and empties `leases`. Returns how many
    /// of the jobs are done; the other leases were lost. Leases that hold no job are ignored. If it
    /// throws, all the jobs are still held.
    [[nodiscard]] std::size_t done_many(std::vector<job_lease>& leases);
    /// The same, and the store forgets the jobs. Where nobody asks later what became of a job, this
    /// keeps the store small and is faster.
    [[nodiscard]] std::size_t done_and_forget(std::vector<job_lease>& leases);

    /// Takes the job with the key that `options` names; if the queue does not know the key, puts
    /// the job first. Neither a delay nor a pause holds it back. Takes nothing if the job is held
    /// elsewhere or is finished; but if `revives`, a dead letter or a cancelled job is taken, too.
    /// Does not wait for the job.
    started_job take_this(std::string_view body, const job_options& options, bool revives = false);

    /// Takes up a detached lease: from now on this process renews it. Returns lease_lost if the
    /// lease has ended, or the job has been handed out again since.
    job_lease attach(job_ticket at);

    /// Returns the value that the queue stores under `name`. Stores `value` first if there is none,
    /// or if `replaces`.
    std::string remember(std::string_view name, std::string_view value, bool replaces = false);

    /// Waits until every job is finished: done, dead, or cancelled.
    void join() { static_cast<void>(join_within(platform::never, never_asked())); }
    /// The same, but returns `stopped` once `stop` asks; else ok.
    template <stop_token_like Stop> [[nodiscard]] status join(Stop stop) {
        return join_limited(limit_of(std::move(stop)));
    }
    /// The same, but returns `timed_out` after `span`, `stopped` once `stop` asks.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status join_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return join_limited(limit_for(span, std::move(stop)));
    }
    /// The same, but returns `timed_out` at `point`, `stopped` once `stop` asks.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status join_until(std::chrono::time_point<Clock, Duration> point,
                                    Stop stop = {}) {
        return join_limited(limit_until(point, std::move(stop)));
    }
    /// Whether every job is finished. Does not wait.
    [[nodiscard]] bool try_join();

    /// Shuts the queue down for every process, until reopen(). Puts then return shut_down; takes go
    /// on until no job is ready or delayed, then return shut_down.
    void shutdown();
    /// The same, and cancels every job that nobody holds.
    void shutdown(immediate_t);
    /// Undoes a shutdown. Jobs that it has cancelled stay so.
    void reopen();
    /// Pauses the queue for every process: until resume(), no take hands out a job. Jobs that are
    /// held go on.
    void pause();
    void resume();
    /// Whether the queue is paused now.
    [[nodiscard]] bool is_paused();

    /// Cancels a job that is ready or delayed. Returns false if it is held, finished or unknown.
    [[nodiscard]] bool cancel(job_id id);
    /// Makes a dead letter or a cancelled job ready again, with all its attempts. Returns false if
    /// the job is neither.
    [[nodiscard]] bool revive(job_id id);
    /// Deletes a finished job from the store. Returns false if it is not finished, or unknown.
    [[nodiscard]] bool forget(job_id id);
    /// Deletes all jobs in a finished state (done, dead or cancelled) from the store, in several
    /// transactions. Returns how many. Throws std::invalid_argument for another state.
    [[nodiscard]] std::uint64_t forget_all(job_state state);
    /// The job as it is now; none if it is unknown.
    [[nodiscard]] std::optional<job_info> find(job_id id);
    /// The output of the job: what was given when its lease ended. None if nothing was given, or if
    /// the store has dropped it. The store keeps the outputs of seven days, up to 256 MiB; it drops
    /// those of the jobs that ended first. See keep_outputs.
    [[nodiscard]] std::optional<std::string> output(job_id id);
    /// Sets whether outputs stay for as long as their jobs. It holds for every process, until it is
    /// set anew.
    void keep_outputs(bool keeps);
    /// Up to `max` jobs in `state` whose ids are higher than `after`, in order of ids. Reads all
    /// jobs in between, whatever their state, in several transactions: each job is as it was at
    /// some time during the call.
    [[nodiscard]] std::vector<job_info> list(job_state state, job_id after = 0,
                                             std::size_t max = 1000);
    /// The highest id given so far; 0 if none. Fast, however many jobs there are: use it to judge
    /// whether stats() would be slow.
    [[nodiscard]] job_id newest();
    /// How many jobs are in each state. O(jobs): reads all of them, in several transactions, and
    /// counts each once.
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

/// What take_this returns.
struct [[nodiscard]] started_job {
    job_lease lease;  ///< Holds the job if this process got it; else its state is `empty`.
    job_state state;  ///< The job's; if `running` and `lease` is empty, another has it.
    job_id id = 0;    ///< The job's id.
    /// Whether it is finished, and got its output after this handle had opened the queue. No clock
    /// is asked. If jobs are forgotten meanwhile, this may be false for one that ended since.
    bool has_new_output = false;
};

}  // namespace conq

#endif

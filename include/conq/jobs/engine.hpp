// SPDX-License-Identifier: BSL-1.0
// The interface of a store of jobs. Each call is one atomic step of the store. The store has the
// clock, so callers pass spans, never instants. The store also wakes those who wait; it need not be
// a file.
#ifndef CONQ_JOBS_ENGINE_HPP
#define CONQ_JOBS_ENGINE_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "conq/contract/status.hpp"

namespace conq {

/// Names a job in its queue, for as long as the queue exists: never 0, and never used again.
using job_id = std::uint64_t;

/// The unit of the times that job queues take and return.
using job_span = std::chrono::milliseconds;

/// The store cannot be used, or does not hold what it should. The message names the store and says
/// what to do about it. What was acknowledged before is not changed.
class store_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The store failed while it committed the changes of a call; whether it kept them is not known.
/// They are there as a whole or not at all: open the store anew and look.
class in_doubt_error : public store_error {
public:
    using store_error::store_error;
};

/// How a job is to be treated.
struct job_options {
    /// Jobs with lower priorities are taken first; those with equal ones in the order in which they
    /// were put.
    std::int32_t priority = 0;
    /// The job is not handed out before this time has passed, by the store's clock.
    job_span delay{0};
    /// How many attempts may fail; the last of them makes the job a dead letter.
    std::uint32_t max_attempts = 25;
    /// How many workers may die while they hold the job; the last of them makes it a dead letter.
    std::uint32_t max_crashes = 5;
    /// How long an attempt may take; 0: no limit. An attempt that takes longer has failed, and a
    /// worker that is still at it has lost its lease.
    job_span time_limit{0};
    /// Unless empty: if the queue knows a job with this key, whatever its state, a put adds nothing
    /// and returns the id of that job.
    std::string key{};
    /// Compares all.
    friend bool operator==(const job_options&, const job_options&) = default;
};

/// The state of a job.
enum class job_state : std::uint8_t {
    ready = 0,      ///< Can be taken.
    running = 1,    ///< A worker holds its lease.
    done = 2,       ///< Finished, with success.
    dead = 3,       ///< A dead letter: finished, without success.
    cancelled = 4,  ///< Finished by cancel, or by shutdown(immediate).
    delayed = 5     ///< Becomes ready when its delay is over.
};

/// A job as the store knows it.
struct job_info {
    job_id id = 0;                      ///< Its id.
    job_state state = job_state::done;  ///< Its state.
    std::uint32_t attempts = 0;         ///< How many attempts it had, without the crashes.
    std::uint32_t crashes = 0;          ///< How many workers died while they held it.
    /// When it was put, was last handed out, and was finished; 0: not yet. In milliseconds of the
    /// store's clock: since 1970 if that clock knows the date.
    std::int64_t put_ms = 0, begin_ms = 0, end_ms = 0;
    std::string body;  ///< Its bytes.
    std::string note;  ///< Its result, or why its last attempt failed.
};

/// Names one grant of a job. The token rises with each grant: a target of effects that checks it is
/// safe from a worker that goes on after its lease was lost.
struct job_ticket {
    job_id id = 0;            ///< The job.
    std::uint64_t token = 0;  ///< The number of the grant.
    /// Compares both.
    friend bool operator==(const job_ticket&, const job_ticket&) = default;
};

/// How many jobs are in each state.
struct job_stats {
    std::uint64_t ready = 0;      ///< Can be taken.
    std::uint64_t delayed = 0;    ///< Become ready when their delay is over.
    std::uint64_t running = 0;    ///< Leased.
    std::uint64_t done = 0;       ///< Finished, with success.
    std::uint64_t dead = 0;       ///< Dead letters.
    std::uint64_t cancelled = 0;  ///< Cancelled.
    /// Of the leased ones, those whose leases the handle that was asked keeps.
    std::uint64_t running_here = 0;
    /// Finished in the last minute, with success or not.
    std::uint64_t done_lately = 0;
    bool is_paused = false;     ///< Whether the queue is paused.
    bool is_shut_down = false;  ///< Whether the queue is shut down.
    /// How many jobs join waits for.
    [[nodiscard]] std::uint64_t unfinished() const noexcept { return ready + delayed + running; }
};

namespace jobs {

/// A job to put.
struct new_job {
    std::string_view body;       ///< Its bytes.
    const job_options* options;  ///< How it is to be treated.
};

/// One grant of a job.
using ticket = job_ticket;

/// A job that was handed out.
struct granted {
    ticket at;                       ///< This grant.
    std::uint32_t attempt = 1;       ///< Which attempt this is, from 1; crashes do not count.
    std::string body;                ///< Its bytes.
    std::uint32_t max_attempts = 0;  ///< See job_options.
    job_span time_limit{0};          ///< See job_options.
};

/// The result of engine::claim.
struct claim_answer {
    status state = status::empty;  ///< ok, empty or shut_down (and drained).
    job_span look_again{0};        ///< Unless ok: look again after this time, even if not woken.
};

/// The result of engine::start.
struct start_answer {
    job_state state = job_state::running;  ///< The job's; if `running` without `job`: elsewhere.
    std::optional<granted> job;            ///< The job, if it was handed out.
    job_id id = 0;                         ///< The job's id.
    /// Whether it is finished, and got its output after this engine was opened.
    bool has_new_output = false;
};

/// The result of engine::forget_some.
struct forgotten {
    std::uint64_t count = 0;  ///< How many were forgotten.
    job_id last = 0;          ///< The last job that was looked at; 0: there was none.
};

/// How a lease ends.
enum class ending : std::uint8_t {
    done,       ///< The job is done; the note is the result.
    retry,      ///< The attempt failed; again after the delay, or dead if it was the last.
    fail,       ///< A dead letter at once; the note says why.
    give_back,  ///< As if the job had not been handed out.
    forget      ///< The job is done, and the store keeps nothing of it.
};

/// What the store keeps when a lease ends.
struct last_words {
    std::string_view note{};    ///< The result, or why the attempt failed.
    std::string_view output{};  ///< Unless empty: replaces the output of earlier attempts.
};

/// Who keeps a lease alive. `owner`: this process, which renews it; if the process dies, the lease
/// ends as soon as the store sees that. `nobody`: the lease lasts for its time.
enum class keeper : std::uint8_t { owner, nobody };

/// The two groups of waiting threads: `takers` wait for jobs, `joiners` until all jobs are
/// finished.
enum class room : std::uint8_t { takers, joiners };

/// A store of jobs. Threads: any may make all calls. Errors: store_error; then the call has changed
/// nothing, unless the error is an in_doubt_error.
class engine {
public:
    engine() = default;
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    virtual ~engine() = default;

    /// Adds all jobs, or none if the queue is shut down. `ids`: as many as `jobs`; filled in.
    virtual status put(std::span<const new_job> jobs, std::span<job_id> ids) = 0;
    /// Hands out the next jobs, up to `max`, each for the span `lease`, and appends them to `out`.
    /// First it takes back the jobs whose leases have expired or whose holders have died. Returns
    /// ok if it has handed out one or more.
    virtual claim_answer claim(job_span lease, std::size_t max, std::vector<granted>& out) = 0;
    /// Hands out this very job, unless it is held or finished; puts it first if its key is not
    /// known. Neither a delay nor a pause holds it back; if `revives`, a dead letter or a cancelled
    /// job is handed out, too.
    virtual start_answer start(const new_job& job, job_span lease, bool revives) = 0;
    /// Returns the value stored under `name`. Stores `value` first if there is none, or if
    /// `replaces`.
    virtual std::string remember(std::string_view name, std::string_view value, bool replaces) = 0;
    /// Ends all these leases in the same way. The answer for each is ok, or lease_lost if nothing
    /// was changed.
    virtual void end(std::span<const ticket> held, ending how, const last_words& words,
                     job_span delay, std::span<status> answers) = 0;
    /// If the lease is still held, it lasts for `lease` from now on and is kept by `by`, whoever
    /// kept it before. Returns the job, or none if the lease is lost.
    virtual std::optional<granted> hold(ticket at, job_span lease, keeper by) = 0;
    /// Each lease that is still held lasts for `lease` from now on, or longer. Lost ones stay lost.
    virtual void renew(std::span<const ticket> held, job_span lease) = 0;
    /// Names the process that does the job of a lease, which the lease's owner has started; the
    /// name is that of no other process. If the owner dies, and the store sees that, the lease
    /// stays until that process has ended; without this call, until all that the owner has started
    /// have. No time ends it.
    virtual void note_process(ticket at, std::string_view process) = 0;
    /// Whether all jobs are finished.
    virtual bool is_finished() = 0;
    /// Cancels a job that is ready or delayed. Returns false if it is held, finished or unknown.
    virtual bool cancel(job_id id) = 0;
    /// Makes a dead letter or a cancelled job ready, with all its attempts. Returns false if the
    /// job is neither.
    virtual bool revive(job_id id) = 0;
    /// Deletes a finished job. Returns false if it is not finished, or unknown.
    virtual bool forget(job_id id) = 0;
    /// Shuts the queue down, or opens it again. If `drops`, cancels every job that nobody holds.
    virtual void set_shut_down(bool is_shut_down, bool drops) = 0;
    /// Pauses the queue, or resumes it: while it is paused, claim hands out nothing.
    virtual void set_paused(bool is_paused) = 0;
    /// Whether the queue is paused.
    virtual bool is_paused() = 0;
    /// Up to `max` jobs in `state` whose ids are higher than `after`, in order of ids. Each is as
    /// it was at some time during the call.
    virtual std::vector<job_info> list(job_state state, job_id after, std::size_t max) = 0;
    /// The job as it is now; none if it is unknown.
    virtual std::optional<job_info> find(job_id id) = 0;
    /// The output of the job; none if it has none, or the store has dropped it. A store may drop
    /// outputs of finished jobs, those of the oldest ends first, unless it is set to keep them.
    virtual std::optional<std::string> output(job_id id) = 0;
    /// Sets whether outputs stay for as long as their jobs.
    virtual void set_keeps_outputs(bool keeps) = 0;
    /// Looks at the next `max` jobs whose ids are higher than `after`, and deletes those in
    /// `state`, which is one of the finished states.
    virtual forgotten forget_some(job_state state, job_id after, std::size_t max) = 0;
    /// The highest id given so far; 0 if none.
    virtual job_id newest() = 0;
    /// How many jobs are in each state. Each job is counted once.
    virtual job_stats stats() = 0;

    /// A number that each tell() of this room changes: read it before looking for jobs, and pass it
    /// to wait().
    virtual std::uint32_t news(room where) noexcept = 0;
    /// Sleeps until the room is told something after `seen` was read, for at most `span`. It may
    /// return for no reason.
    virtual void wait(room where, std::uint32_t seen, std::chrono::nanoseconds span) = 0;
    /// Wakes those who sleep in the room, in this process and maybe in others, to look again.
    virtual void tell(room where) noexcept = 0;
};

}  // namespace jobs
}  // namespace conq

#endif

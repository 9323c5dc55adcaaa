// SPDX-License-Identifier: BSL-1.0
// What a store has to do to hold jobs. Each call is one atomic step of the store; the store has the
// clock, so spans are passed and never instants; who waits is told by the store, which need not be
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

/// Names a job in its queue, for as long as the queue exists: never 0, never used again.
using job_id = std::uint64_t;

/// Spans of job queues.
using job_span = std::chrono::milliseconds;

/// A store that cannot be used, or does not hold what it should: the message names it and the mend.
/// What was acknowledged before is not touched.
class store_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The store failed just as it was to keep what a call has changed: whether it did is not known. It
/// is either there or not, as a whole; look, after opening the store anew.
class in_doubt_error : public store_error {
public:
    using store_error::store_error;
};

/// How a job is to be treated.
struct job_options {
    /// Lower ones are taken first; equal ones in order of put.
    std::int32_t priority = 0;
    /// It is not handed out before so much time has passed, by the store's clock.
    job_span delay{0};
    /// So many attempts may end without done; the last one makes it a dead letter.
    std::uint32_t max_attempts = 25;
    /// So many workers may die over it; the last one makes it a dead letter.
    std::uint32_t max_crashes = 5;
    /// An attempt that takes longer has failed, and the lease of a worker that is still at it is
    /// lost; 0: it may take for ever.
    job_span time_limit{0};
    /// Unless empty: a put with a key that the queue knows adds nothing and answers the job of that
    /// key, whatever has become of it.
    std::string key{};
    /// Compares all.
    friend bool operator==(const job_options&, const job_options&) = default;
};

/// What has become of a job.
enum class job_state : std::uint8_t {
    ready = 0,      ///< Can be taken.
    running = 1,    ///< Somebody holds its lease.
    done = 2,       ///< Finished well.
    dead = 3,       ///< A dead letter: finished, without success.
    cancelled = 4,  ///< Finished by cancel, or dropped by shutdown(immediate).
    delayed = 5     ///< Becomes ready in time.
};

/// A job as the store knows it.
struct job_info {
    job_id id = 0;                      ///< Its name.
    job_state state = job_state::done;  ///< What has become of it.
    std::uint32_t attempts = 0;         ///< How often it was handed out, crashes not counted.
    std::uint32_t crashes = 0;          ///< How many workers died over it.
    /// When it was put, handed out last, and finished, in milliseconds of the store's clock, since
    /// 1970 if it knows the day; 0: not yet.
    std::int64_t put_ms = 0, begin_ms = 0, end_ms = 0;
    std::string body;  ///< Its bytes.
    std::string note;  ///< Its result, or why it failed last.
};

/// One grant of a job. The token rises with each grant: a target that checks it is safe from a
/// worker that came back from the dead.
struct job_ticket {
    job_id id = 0;            ///< The job.
    std::uint64_t token = 0;  ///< Which grant of it.
    /// Compares both.
    friend bool operator==(const job_ticket&, const job_ticket&) = default;
};

/// How many jobs are in each state.
struct job_stats {
    std::uint64_t ready = 0;      ///< Can be taken.
    std::uint64_t delayed = 0;    ///< Become ready in time.
    std::uint64_t running = 0;    ///< Leased.
    std::uint64_t done = 0;       ///< Finished well.
    std::uint64_t dead = 0;       ///< Dead letters.
    std::uint64_t cancelled = 0;  ///< Cancelled.
    /// Finished in the last minute, in whatever way.
    std::uint64_t done_lately = 0;
    bool is_paused = false;     ///< Whether nothing is handed out.
    bool is_shut_down = false;  ///< Whether nothing is put.
    /// What join waits for.
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
    std::uint32_t attempt = 1;       ///< Which attempt this is, from 1, crashes not counted.
    std::string body;                ///< Its bytes.
    std::uint32_t max_attempts = 0;  ///< See job_options.
    job_span time_limit{0};          ///< See job_options.
};

/// What a claim came to.
struct claim_answer {
    status state = status::empty;  ///< ok, empty or shut_down (and drained).
    job_span look_again{0};        ///< Unless ok: look again after so long, whatever is told.
};

/// What became of the wish for one certain job.
struct start_answer {
    job_state state = job_state::running;  ///< Of the job; `running` with none here: elsewhere.
    std::optional<granted> job;            ///< If it is handed out.
    job_id id = 0;                         ///< Its name.
    job_span ended_ago{0};                 ///< If it is finished: since when.
};

/// What forgetting some jobs came to.
struct forgotten {
    std::uint64_t count = 0;  ///< How many were forgotten.
    job_id last = 0;          ///< The last that was looked at; 0: there were none.
};

/// How a lease ends.
enum class ending : std::uint8_t {
    done,       ///< Well; the note is the result.
    retry,      ///< The attempt is spent; again after the delay, or dead if it was the last.
    fail,       ///< A dead letter at once; the note says why.
    give_back,  ///< As if it had not been handed out.
    forget      ///< Well, and the store keeps nothing of the job.
};

/// What is kept of a lease that ends.
struct last_words {
    std::string_view note{};    ///< The result, or why it failed.
    std::string_view output{};  ///< What it has written, in place of what an earlier attempt has.
};

/// Who keeps a lease alive: this process, which renews it, and whose death ends it where the store
/// sees that; or nobody, and it lasts for its time.
enum class keeper : std::uint8_t { owner, nobody };

/// Who sleeps: those who wait for jobs, those who wait for the end.
enum class room : std::uint8_t { takers, joiners };

/// A store of jobs. Threads: all calls from any thread. Errors: store_error; then the call has
/// changed nothing, unless it is an in_doubt_error.
class engine {
public:
    engine() = default;
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    virtual ~engine() = default;

    /// Adds all of them, or none if the queue is shut down; `ids` has room for all.
    virtual status put(std::span<const new_job> jobs, std::span<job_id> ids) = 0;
    /// Hands out the next jobs for `lease`, up to `max`, at the end of `out`: ok if there was one.
    /// First it takes back what expired and what the dead held.
    virtual claim_answer claim(job_span lease, std::size_t max, std::vector<granted>& out) = 0;
    /// Hands out this very job, which is put if its key is not known, unless it runs or is
    /// finished; delays and pauses do not hold it back. `revives`: nor does being a dead letter or
    /// cancelled.
    virtual start_answer start(const new_job& job, job_span lease, bool revives) = 0;
    /// What is remembered under that name; stored by the way if nothing is, or if it `replaces`.
    virtual std::string remember(std::string_view name, std::string_view value, bool replaces) = 0;
    /// Ends leases, all in the same way: each is ok, or lease_lost and nothing is changed.
    virtual void end(std::span<const ticket> held, ending how, const last_words& words,
                     job_span delay, std::span<status> answers) = 0;
    /// A lease that is still held lasts for `lease` from now on, kept as `by` says, whoever kept it
    /// before: the job; none if it is lost.
    virtual std::optional<granted> hold(ticket at, job_span lease, keeper by) = 0;
    /// The leases that are still held last for `lease` from now on, or longer; lost ones
    /// stay lost.
    virtual void renew(std::span<const ticket> held, job_span lease) = 0;
    /// A lease that is held and owned is a process's, which the owner has started and names in a
    /// way that no other one has: should the owner die, and the store see that, it lasts while that
    /// process does, not while any that he has started do.
    virtual void note_process(ticket at, std::string_view process) = 0;
    /// Whether nothing is unfinished.
    virtual bool is_finished() = 0;
    /// Finishes a job that is not running; false if it runs, is finished or unknown.
    virtual bool cancel(job_id id) = 0;
    /// Makes a dead letter or a cancelled job ready, with all its attempts; false if it is neither.
    virtual bool revive(job_id id) = 0;
    /// Forgets a finished job; false if it is not finished or unknown.
    virtual bool forget(job_id id) = 0;
    /// No more puts (or puts again); `drops`: and all that nobody holds is cancelled.
    virtual void set_shut_down(bool is_shut_down, bool drops) = 0;
    /// Nothing is handed out (or is again).
    virtual void set_paused(bool is_paused) = 0;
    /// Whether that is so.
    virtual bool is_paused() = 0;
    /// Up to `max` jobs in that state with higher ids than `after`, in order of ids; each as it was
    /// at some time during the call.
    virtual std::vector<job_info> list(job_state state, job_id after, std::size_t max) = 0;
    /// A job as it is now; none if it is unknown.
    virtual std::optional<job_info> find(job_id id) = 0;
    /// The output of a job; none if it has none, or has it no more: outputs of finished jobs may be
    /// dropped, those of the oldest ends first, unless the store keeps them.
    virtual std::optional<std::string> output(job_id id) = 0;
    /// Whether outputs stay for as long as their jobs.
    virtual void set_keeps_outputs(bool keeps) = 0;
    /// Of the next `max` jobs with higher ids than `after`, forgets those in that state, which is
    /// one of the finished ones.
    virtual forgotten forget_some(job_state state, job_id after, std::size_t max) = 0;
    /// The highest id that was given; 0: none.
    virtual job_id newest() = 0;
    /// How many jobs are in each state; each is counted once.
    virtual job_stats stats() = 0;

    /// What has been told to a room so far: taken before looking, given to wait.
    virtual std::uint32_t news(room where) noexcept = 0;
    /// Sleeps until something is told after `seen`, at most `span`; may return for no reason.
    virtual void wait(room where, std::uint32_t seen, std::chrono::nanoseconds span) = 0;
    /// Tells this process's sleepers, and maybe others, to look.
    virtual void tell(room where) noexcept = 0;
};

}  // namespace jobs
}  // namespace conq

#endif

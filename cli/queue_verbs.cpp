// SPDX-License-Identifier: BSL-1.0
// conq join, retry, cancel, drop, pause, resume, shutdown and reopen: each stands for a call of
// job_queue.
#include <string>
#include <vector>

#include "cli/message.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"
#include "conq/jobs.hpp"

namespace conq::cli {
namespace {

// The line of a verb that takes numbers of jobs.
struct jobs_line : verb_line {
    jobs_line(std::string verb, std::string usage) : verb_line(std::move(verb), std::move(usage)) {
        add_words("jobs", words, "Numbers of jobs, as conq ls shows them");
    }
    // Calls `call` for each job. Names the jobs for which it failed; then the exit code is 1.
    template <class Call> int each(const Call& call, const char* refusal) const {
        int code = 0;
        for (const std::string& word : words) {
            if (call(parse_id(word))) continue;
            complain(fmt::format("job {}: {}", word, refusal));
            code = 1;
        }
        return code;
    }
    std::vector<std::string> words;
};

// A verb without words or options of its own.
template <class Call>
int simple_main(const std::vector<std::string>& words, const char* verb, const char* usage,
                const Call& call) {
    verb_line line(verb, usage);
    if (!line.parse(words)) return 0;
    job_queue queue(line.queue().url());
    call(queue);
    return 0;
}

template <class Call> void for_all(job_queue& queue, job_state state, const Call& call) {
    for (job_id after = 0;;) {
        const std::vector<job_info> some = queue.list(state, after);
        if (some.empty()) return;
        for (const job_info& each : some) call(each);
        after = some.back().id;
    }
}

}  // namespace

int join_main(const std::vector<std::string>& words) {
    verb_line line(
        "join",
        "join -q FILE [--timeout DUR]\n\n"
        "Waits until no item is unfinished.\n\n"
        "Exit codes: 0 every item succeeded or was cancelled; 123 some failed; 3 it took longer\n"
        "than --timeout.\n\n"
        "  conq put -q mail.q < addresses; conq join -q mail.q && echo all done\n");
    line.add_duration("--timeout", "Wait at most DUR (0: do not wait)");
    if (!line.parse(words)) return 0;
    const queue_name name = line.queue();
    job_queue queue(name.url());
    if (!queue.try_join()) tell_of_pause(queue, name);
    if (const auto span = line.duration("--timeout")) {
        if (queue.join_for(*span) != status::ok) return exit_codes::nothing;
    } else {
        queue.join();
    }
    return queue.stats().dead == 0 ? 0 : exit_codes::some_dead;
}

int retry_main(const std::vector<std::string>& words) {
    jobs_line line(
        "retry",
        "retry -q FILE [JOB...]\n\n"
        "Makes failed and cancelled jobs ready again, with all their attempts. Without JOB: all\n"
        "that failed.\n\n"
        "  conq ls -q mail.q; conq retry -q mail.q 17 21\n"
        "  conq retry -q mail.q && conq work -q mail.q\n");
    if (!line.parse(words)) return 0;
    job_queue queue(line.queue().url());
    if (line.words.empty()) {
        std::uint64_t count = 0;
        for_all(queue, job_state::dead,
                [&](const job_info& each) { count += queue.revive(each.id) ? 1 : 0; });
        complain(fmt::format("{} jobs are ready again", count));
        return 0;
    }
    return line.each([&](job_id id) { return queue.revive(id); },
                     "not failed and not cancelled, so there is nothing to retry");
}

int cancel_main(const std::vector<std::string>& words) {
    jobs_line line("cancel",
                   "cancel -q FILE JOB...\n\n"
                   "Cancels jobs that nobody has begun: they will not be run.\n\n"
                   "  conq cancel -q mail.q 17 21\n");
    if (!line.parse(words)) return 0;
    if (line.words.empty()) throw usage_error("which jobs? Give numbers that conq ls shows");
    job_queue queue(line.queue().url());
    return line.each([&](job_id id) { return queue.cancel(id); },
                     "is running, finished or unknown, and cannot be cancelled");
}

int drop_main(const std::vector<std::string>& words) {
    jobs_line line(
        "drop",
        "drop -q FILE --done | --failed | --cancelled | JOB...\n\n"
        "Removes finished jobs from the queue. An item that is put again later is new.\n\n"
        "  conq drop -q mail.q --done\n"
        "  conq drop -q mail.q 17\n");
    bool done = false, failed = false, cancelled = false;
    line.add_flag("--done", done, "Remove all jobs that succeeded");
    line.add_flag("--failed", failed, "Remove all jobs that failed");
    line.add_flag("--cancelled", cancelled, "Remove all jobs that were cancelled");
    if (!line.parse(words)) return 0;
    if (!done && !failed && !cancelled && line.words.empty()) {
        throw usage_error("drop what? Give --done, --failed, --cancelled, or numbers of jobs");
    }
    job_queue queue(line.queue().url());
    std::uint64_t count = 0;
    if (done) count += queue.forget_all(job_state::done);
    if (failed) count += queue.forget_all(job_state::dead);
    if (cancelled) count += queue.forget_all(job_state::cancelled);
    if (done || failed || cancelled) complain(fmt::format("{} jobs are forgotten", count));
    return line.each([&](job_id id) { return queue.forget(id); },
                     "is not finished, or unknown, and cannot be dropped");
}

int pause_main(const std::vector<std::string>& words) {
    return simple_main(
        words, "pause",
        "pause -q FILE\n\nHands no items out, to conq work and conq get in any process, until "
        "conq resume.\nRunning jobs go on, and so does conq run -q.\n\n  conq pause -q mail.q\n",
        [](job_queue& queue) { queue.pause(); });
}

int resume_main(const std::vector<std::string>& words) {
    return simple_main(
        words, "resume",
        "resume -q FILE\n\nHands items out again after conq pause.\n\n  conq resume -q mail.q\n",
        [](job_queue& queue) { queue.resume(); });
}

int shutdown_main(const std::vector<std::string>& words) {
    verb_line line(
        "shutdown",
        "shutdown -q FILE [--now]\n\n"
        "Accepts no more items, from any process, until conq reopen. Items in the queue are still\n"
        "handed out; after the last one conq get and conq work --follow end.\n\n"
        "  conq shutdown -q mail.q\n");
    bool now = false;
    line.add_flag("--now", now, "Also cancel all jobs that nobody has begun");
    if (!line.parse(words)) return 0;
    job_queue queue(line.queue().url());
    if (now) {
        queue.shutdown(immediate);
    } else {
        queue.shutdown();
    }
    return 0;
}

int reopen_main(const std::vector<std::string>& words) {
    return simple_main(words, "reopen",
                       "reopen -q FILE\n\nAccepts items again after conq shutdown.\n\n"
                       "  conq reopen -q mail.q\n",
                       [](job_queue& queue) { queue.reopen(); });
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
// conq out: prints what a job has written.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "cli/job_record.hpp"
#include "cli/message.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"
#include "conq/jobs.hpp"

namespace conq::cli {
namespace {

[[noreturn]] void refuse(job_queue& queue, job_id id) {
    const auto job = queue.find(id);
    if (!job) throw own_error(fmt::format("job {}: unknown: conq ls shows jobs", id));
    if (job->begin_ms == 0) throw own_error(fmt::format("job {}: it has not been run yet", id));
    throw own_error(
        fmt::format("job {}: no output is kept: it runs, or did not end in conq run or work, or "
                    "is older than what the queue keeps (--keep)",
                    id));
}

}  // namespace

int out_main(const std::vector<std::string>& words) {
    verb_line line(
        "out",
        "out -q FILE JOB [--json]\n\n"
        "Prints what a job wrote in conq run or conq work: its standard output, and its standard\n"
        "error to standard error. For a job that conq done ended it prints the RESULT. The queue\n"
        "keeps the first 1 MiB of each stream, for the last 7 days and 256 MiB; with --keep of\n"
        "conq run or conq work for all jobs.\n\n"
        "  conq out -q done.q 17\n"
        "  conq out -q done.q 17 --json | jq .duration_ms\n");
    std::string word;
    bool as_data = false;
    line.add_word("job", word, "The number of a job, as conq ls shows it");
    line.add_flag("--json", as_data, "Print the JSON object that conq run --json prints");
    if (!line.parse(words)) return 0;
    if (word.empty()) throw usage_error("which job? Give a number that conq ls shows");
    const job_id id = parse_id(word);
    job_queue queue(line.queue().url());
    if (const auto stored = queue.output(id)) {
        const auto streams = output_of_json(*stored);
        if (as_data || !streams) {
            print_data(*stored + '\n');
            return 0;
        }
        print_data(streams->out);
        std::fwrite(streams->err.data(), 1, streams->err.size(), stderr);
        return 0;
    }
    const auto job = queue.find(id);
    if (as_data || !job || job->state != job_state::done || job->note.empty()) refuse(queue, id);
    print_data(job->note);
    return 0;
}

}  // namespace conq::cli

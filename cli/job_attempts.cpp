// SPDX-License-Identifier: BSL-1.0
#include "cli/job_attempts.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "cli/message.hpp"
#include "cli/pace.hpp"

namespace conq::cli {

std::unique_ptr<line_tag> tag_of(const word_list& items) {
    std::string tag;
    for (std::size_t i = 0; i < items.size(); ++i)
        tag += (i == 0 ? "" : " ") + std::string(items[i]);
    std::replace(tag.begin(), tag.end(), '\n', ' ');
    return std::make_unique<line_tag>(line_tag{tag + '\t', {}});
}

job_record job_attempts::run(const job& each, job_output& output) const {
    const run_options& options = with_.options;
    job_record record{.sequence = each.number + 1, .id = each.id};
    record.begin = std::chrono::system_clock::now();
    if (auto bad = bad_item(each, options, with_.command)) {
        record.ended = std::move(*bad);
        return record;
    }
    for (;;) {
        run_once(each, record, output);
        if (!record.ended.may_be_retried() || record.tries > options.retries) return record;
        with_.out.say(fmt::format("{}; run again ({} of {})", failure_line(each, record.ended),
                                  record.tries, options.retries));
        if (!wait_before_retry(record.tries)) return record;
        drop(output);
    }
}

void job_attempts::drop(job_output& output) const {
    for (const job_output::stream& kept : output.streams) with_.overflow.release(kept.spooled);
    output = {};
}

void job_attempts::run_once(const job& each, job_record& record, job_output& output) const {
    const run_options& options = with_.options;
    const job_numbers numbers{.sequence = record.sequence, .slot = each.slot};
    process_request request{
        .number = each.number,
        .arguments = with_.command.filled(each.items, numbers),
        .input = options.feeds_stdin ? &each.items : nullptr,
        .delimiter = options.delimiter,
        .variables = each.variables,
        .time_limit = options.time_limit.count() != 0 ? options.time_limit : each.time_limit,
        .on_slow = each.on_slow,
        .on_started = each.on_started,
        .may_print = options.prints_output()};
    ++record.tries;
    request.variables.push_back(fmt::format("CONQ_SEQ={}", numbers.sequence));
    request.variables.push_back(fmt::format("CONQ_SLOT={}", numbers.slot));
    request.variables.push_back(
        fmt::format("CONQ_ATTEMPT={}", each.attempts_before + record.tries));
    if (with_.log.is_open()) record.command = quoted(request.arguments);
    if (options.tags) output.tag = tag_of(each.items);
    record.begin = std::chrono::system_clock::now();
    const auto begin = std::chrono::steady_clock::now();
    record.ended = with_.processes.run(request, output);
    if (record.ended.how == outcome::kind::not_started) return;
    record.begin += request.begin - begin;  // it may have waited until another job ended
    record.took = std::chrono::steady_clock::now() - request.begin;
    if (with_.log.is_open() && !with_.log.add(record)) with_.on_log_full();
}

// False: no more runs are to be started.
bool job_attempts::wait_before_retry(unsigned tries) const {
    using std::chrono::milliseconds;
    constexpr milliseconds longest = std::chrono::hours(1);
    milliseconds span = with_.options.backoff;
    for (unsigned i = 1; i < tries && span < longest; ++i) span = std::min(2 * span, longest);
    return sleep_unless(with_.interrupt, span);
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
// conq ls and conq doctor: show what is in a queue, and whether its file is sound.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/holders.hpp"
#include "cli/message.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"
#include "conq/jobs.hpp"
#include "src/jobs/place.hpp"

namespace conq::cli {
namespace {

using json = nlohmann::ordered_json;  // the one kind of JSON in the program
constexpr std::int64_t shown_most = 20;

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// "5.0s", "12m", "3.5h".
std::string span_text(double seconds) {
    if (seconds < 120) return fmt::format("{:.1f}s", seconds);
    if (seconds < 7200) return fmt::format("{:.0f}m", seconds / 60);
    return fmt::format("{:.1f}h", seconds / 3600);
}

// A note, which may hold any bytes, as one line without control characters.
std::string on_a_line(const std::string& note) {
    std::string text = shown(note, 200).substr(1);
    return text.erase(text.rfind('\''), 1);
}

double rate_of(const job_stats& stats) {
    return static_cast<double>(stats.done_lately) / 60;
}

// Bytes as text; what is not UTF-8 is replaced.
json text_of(const std::string& bytes) {
    return json::parse(json(bytes).dump(-1, ' ', false, json::error_handler_t::replace));
}

json job_json(const job_info& each) {
    json out{{"id", each.id},           {"item", text_of(each.body)}, {"attempts", each.attempts},
             {"crashes", each.crashes}, {"put_ms", each.put_ms},      {"begin_ms", each.begin_ms}};
    if (each.end_ms != 0) out["end_ms"] = each.end_ms;
    if (!each.note.empty()) out["note"] = text_of(each.note);
    return out;
}

std::string as_json(const job_stats& stats, const std::vector<job_info>& running,
                    const std::vector<job_info>& dead) {
    json out{{"v", 1},
             {"ready", stats.ready},
             {"delayed", stats.delayed},
             {"running", stats.running},
             {"done", stats.done},
             {"failed", stats.dead},
             {"cancelled", stats.cancelled},
             {"paused", stats.is_paused},
             {"shut_down", stats.is_shut_down},
             {"per_second", rate_of(stats)},
             {"running_jobs", json::array()},
             {"failed_jobs", json::array()}};
    for (const job_info& each : running) out["running_jobs"].push_back(job_json(each));
    for (const job_info& each : dead) out["failed_jobs"].push_back(job_json(each));
    return out.dump() + '\n';
}

std::string as_text(const job_stats& stats, const std::vector<job_info>& running,
                    const std::vector<job_info>& dead) {
    std::string out = fmt::format(
        "{} ready, {} delayed, {} running, {} done, {} failed, {} cancelled", stats.ready,
        stats.delayed, stats.running, stats.done, stats.dead, stats.cancelled);
    if (stats.is_paused) out += "; paused";
    if (stats.is_shut_down) out += "; shut down";
    out += '\n';
    if (const double rate = rate_of(stats); rate > 0) {
        out += rate < 1 ? fmt::format("{} in the last minute", stats.done_lately)
                        : fmt::format("{:.1f} a second in the last minute", rate);
        if (stats.unfinished() != 0) {
            out += ", about " + span_text(static_cast<double>(stats.unfinished()) / rate) + " left";
        }
        out += '\n';
    }
    const std::int64_t now = now_ms();
    for (const job_info& each : running) {
        out += fmt::format(
            "running {}\t{}\tfor {}\n", each.id, shown(each.body),
            span_text(static_cast<double>(std::max<std::int64_t>(0, now - each.begin_ms)) / 1000));
    }
    for (const job_info& each : dead) {
        out += fmt::format("failed {}\t{}\t{}\n", each.id, shown(each.body), on_a_line(each.note));
    }
    return out;
}

// What the user should know about the file system that the file lies on. A file on a network file
// system would not have been opened.
std::string place_text(const jobs::place& where) {
    if (where.how == jobs::place::kind::local) return {};
    return fmt::format(
        "it lies on {}: if that reaches other machines, let none of them open the queue\n",
        where.name);
}

}  // namespace

int ls_main(const std::vector<std::string>& words) {
    verb_line line(
        "ls",
        "ls -q FILE [--json] [-n N]\n\n"
        "Shows how many jobs are in each state, how many end per second, which jobs are running\n"
        "and for how long, and which failed and why.\n\n"
        "  conq ls -q mail.q\n"
        "  conq ls -q mail.q --json | jq .failed\n");
    bool as_data = false;
    std::int64_t most = shown_most;
    line.add_flag("--json", as_data, "Print one JSON object");
    line.add_number("-n,--most", most, 0, 1'000'000,
                    "List at most N running and N failed jobs (default: 20)");
    if (!line.parse(words)) return 0;
    job_queue queue(line.queue().url());
    const job_stats stats = queue.stats();
    // To find jobs of a state reads all jobs before them; if there are none, we need not read.
    const auto some = [&](job_state state, std::uint64_t count) {
        const auto max = std::min(static_cast<std::uint64_t>(most), count);
        return max == 0 ? std::vector<job_info>() : queue.list(state, 0, max);
    };
    const auto running = some(job_state::running, stats.running);
    const auto dead = some(job_state::dead, stats.dead);
    print_data((as_data ? as_json : as_text)(stats, running, dead));
    return 0;
}

int doctor_main(const std::vector<std::string>& words) {
    verb_line line(
        "doctor",
        "doctor -q FILE\n\n"
        "Compares every job with its checksum, and lists the processes that have the queue open,\n"
        "with those that a killed conq has left behind. Ends with 1 if the file is damaged or "
        "lies\n"
        "on a network file system.\n\n"
        "  conq doctor -q mail.q\n");
    if (!line.parse(words)) return 0;
    job_queue queue(line.queue().url());
    std::uint64_t count = 0;
    for (const job_state state : {job_state::ready, job_state::running, job_state::done,
                                  job_state::dead, job_state::cancelled, job_state::delayed}) {
        for (job_id after = 0;;) {
            const std::vector<job_info> some = queue.list(state, after);
            if (some.empty()) break;
            count += some.size();
            after = some.back().id;
        }
    }
    std::string out = fmt::format("{} jobs, each fits its checksum\n", count) +
                      place_text(jobs::place_of(line.queue().path()));
    for (const holder& each : holders_of(line.queue().path())) {
        out += fmt::format("process {} ({}) has it open", each.id, each.name);
        if (!each.job.empty()) out += ": job " + each.job;
        if (each.is_left_behind) out += ", left behind by a conq that is no more";
        out += '\n';
    }
    print_data(out);
    return 0;
}

}  // namespace conq::cli

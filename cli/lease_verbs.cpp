// SPDX-License-Identifier: BSL-1.0
// conq done, fail, extend and release: they end or extend a lease of conq get, which its token
// names.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/message.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"
#include "conq/jobs.hpp"

namespace conq::cli {
namespace {

using std::chrono::milliseconds;

// A verb whose first word is a token.
struct token_line : verb_line {
    token_line(std::string verb, std::string usage) : verb_line(std::move(verb), std::move(usage)) {
        add_word("token", token, "What conq get has printed before the item");
    }
    // Calls `end` with the lease that the token stands for. Returns the exit code.
    template <class End> int with_lease(const End& end) {
        if (token.empty())
            throw usage_error("which item? Give the token that conq get has printed");
        const job_ticket at = parse_ticket(token);
        job_queue queue(this->queue().url());
        job_lease lease = queue.attach(at);
        const status answer = lease ? end(lease) : status::lease_lost;
        if (answer == status::ok) return 0;
        complain(
            fmt::format("{}: the lease is lost: it has ended, or its time was over and the "
                        "item was handed out again; nothing was changed",
                        token));
        return exit_codes::lease_lost;
    }
    std::string token;
};

}  // namespace

int done_main(const std::vector<std::string>& words) {
    token_line line(
        "done",
        "done -q FILE TOKEN [RESULT]\n\n"
        "Reports that an item which conq get has handed out is done.\n\n"
        "  token_item=$(conq get -q mail.q) &&\n"
        "  send \"${token_item#*$'\\t'}\" && conq done -q mail.q \"${token_item%%$'\\t'*}\"\n");
    std::string result;
    line.add_word("result", result, "Kept with the job");
    if (!line.parse(words)) return 0;
    return line.with_lease([&](job_lease& lease) { return lease.done(result); });
}

int fail_main(const std::vector<std::string>& words) {
    token_line line(
        "fail",
        "fail -q FILE TOKEN [REASON]\n\n"
        "Reports that an item which conq get has handed out failed. It becomes a failed job (a\n"
        "dead letter), which conq ls shows and conq retry runs again. With --again only this\n"
        "attempt has failed: the item is handed out again until its attempts are used up.\n\n"
        "  conq fail -q mail.q 12.1 'no such address'\n"
        "  conq fail -q mail.q 12.1 --again --delay 5m\n");
    std::string reason;
    bool again = false;
    line.add_word("reason", reason, "Kept with the job");
    line.add_flag("--again", again, "Hand the item out again, unless this was its last attempt");
    line.add_duration("--delay",
                      "With --again: only after DUR (default: 1s, doubled with each attempt)");
    if (!line.parse(words)) return 0;
    const std::optional<milliseconds> delay = line.duration("--delay");
    if (delay && !again) throw usage_error("--delay is about --again: give both");
    return line.with_lease([&](job_lease& lease) {
        if (!again) return lease.fail(reason);
        return delay ? lease.retry(*delay, reason) : lease.retry(reason);
    });
}

int extend_main(const std::vector<std::string>& words) {
    token_line line("extend",
                    "extend -q FILE TOKEN [--lease DUR]\n\n"
                    "Extends the lease of an item: it ends DUR from now.\n\n"
                    "  conq extend -q mail.q 12.1 --lease 1h\n");
    line.add_duration("--lease", "Let the lease end DUR from now (default: 10m)");
    if (!line.parse(words)) return 0;
    const milliseconds span = line.duration("--lease", false).value_or(std::chrono::minutes(10));
    return line.with_lease([&](job_lease& lease) { return lease.detach(span).state(); });
}

int release_main(const std::vector<std::string>& words) {
    token_line line("release",
                    "release -q FILE TOKEN\n\n"
                    "Hands the item back at once. This spends no attempt.\n\n"
                    "  conq release -q mail.q 12.1\n");
    if (!line.parse(words)) return 0;
    return line.with_lease([](job_lease& lease) { return lease.release(); });
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
// conq put: puts items into a queue, many in one transaction.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "cli/item_reader.hpp"
#include "cli/message.hpp"
#include "cli/run_input.hpp"
#include "cli/verb_line.hpp"
#include "cli/verbs.hpp"
#include "conq/jobs.hpp"
#include "src/jobs/occurrences.hpp"

namespace conq::cli {
namespace {

struct put_options {
    std::vector<std::string> items;
    std::string input_path, key;
    bool once = false, is_nul_delimited = false, keeps_empty = false;
    job_options job;
};

// Puts items in batches, so that readers see them early and each transaction stays short.
class batch_putter {
public:
    batch_putter(job_queue& queue, const put_options& options) : queue_(queue), options_(options) {}

    /// How many items the queue has taken for certain.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// False: the queue is shut down.
    bool add(std::string item) {
        job_options how = options_.job;
        how.key = options_.key;
        if (options_.once) how.key = fmt::format("{} {}", seen_.count(item), item);
        bytes_ += item.size();
        bodies_.push_back(std::move(item));
        hows_.push_back(std::move(how));
        return (bodies_.size() < items_most && bytes_ < bytes_most) || flush();
    }
    bool flush() {
        std::vector<jobs::new_job> all;
        all.reserve(bodies_.size());
        for (std::size_t i = 0; i < bodies_.size(); ++i) all.push_back({bodies_[i], &hows_[i]});
        std::vector<job_id> ids;
        const status answer = queue_.put_many(all, ids);
        if (answer == status::ok) count_ += all.size();
        bodies_.clear();
        hows_.clear();
        bytes_ = 0;
        return answer == status::ok;
    }

private:
    static constexpr std::size_t items_most = 2000, bytes_most = 1 << 20;
    job_queue& queue_;
    const put_options& options_;
    jobs::occurrences seen_;
    std::vector<std::string> bodies_;
    std::vector<job_options> hows_;
    std::size_t bytes_ = 0;
    std::uint64_t count_ = 0;
};

int open_items(const std::string& path) {
    if (path.empty() || path == "-") return STDIN_FILENO;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) return file;
    throw own_error(fmt::format("cannot read {}: {}: -a takes a file that you may read",
                                shown_name(path), std::strerror(errno)));
}

bool put_all(batch_putter& putter, const put_options& options) {
    for (const std::string& each : options.items) {
        if (!putter.add(each)) return false;
    }
    if (!options.items.empty()) return putter.flush();
    item_reader reader(open_items(options.input_path), ::eventfd(0, EFD_CLOEXEC),
                       options.is_nul_delimited ? '\0' : '\n', options.keeps_empty,
                       std::string().max_size() / 2);
    while (auto each = reader.next()) {
        if (!putter.add(std::move(each->bytes))) return false;
        // Items that come slowly, as from tail -f, are put as they come.
        if (!reader.has_more_read() && !putter.flush()) return false;
    }
    if (reader.skipped() != 0) complain(skipped_line(reader.skipped()));
    return putter.flush();
}

}  // namespace

int put_main(const std::vector<std::string>& words) {
    verb_line line(
        "put",
        "put -q FILE [OPTION...] [ITEM...]\n\n"
        "Adds items to the queue: the words ITEM, or the lines of standard input. Creates the\n"
        "queue if it does not exist. Each item is added, even if the queue has the same bytes\n"
        "already, unless you give --once or --key.\n\n"
        "  conq put -q mail.q alice@example.org\n"
        "  conq put -q mail.q < addresses\n"
        "  tail -f new-addresses | conq put -q mail.q\n"
        "  conq put -q mail.q --once < addresses     (run it again: adds only what is new)\n");
    put_options options;
    std::int64_t priority = 0, attempts = 3;
    line.add_words("items", options.items, "Items");
    line.add_text("-a,--arg-file", options.input_path, "FILE",
                  "Read items from FILE, not standard input");
    line.add_flag("-0,--null", options.is_nul_delimited,
                  "Items end with a NUL byte, not a line end");
    line.add_flag("--keep-empty", options.keeps_empty, "Do not skip empty lines");
    line.add_flag("--once", options.once,
                  "Add only what put --once or conq run -q has not added before: an item is\n"
                  "known by its bytes and by how often they came before in the input");
    line.add_text("--key", options.key, "K",
                  "Name the item K; adds nothing if the queue has an item of that name");
    line.add_number("--priority", priority, -1'000'000'000, 1'000'000'000,
                    "Hand out items of lower N first (default: 0)");
    line.add_number("--attempts", attempts, 1, 1'000'000,
                    "Try an item N times in all (default: 3); the wait between attempts starts\n"
                    "at 1s and doubles");
    line.add_duration("--delay", "Hand the items out only after DUR");
    line.add_duration("-t,--timeout",
                      "End an attempt that takes longer than DUR (conq work, conq get -- CMD)");
    const auto sign = std::find(words.begin(), words.end(), ":::");
    if (!line.parse({words.begin(), sign})) return 0;
    if (sign != words.end()) {
        if (!options.items.empty()) throw usage_error("ITEM goes before or behind :::, not both");
        options.items.assign(sign + 1, words.end());
        if (options.items.empty()) return 0;  // the list is empty: nothing to put
    }
    options.job.priority = static_cast<std::int32_t>(priority);
    options.job.max_attempts = static_cast<std::uint32_t>(attempts);
    options.job.delay = line.duration("--delay").value_or(job_span(0));
    options.job.time_limit = line.duration("--timeout").value_or(job_span(0));
    if (!options.key.empty() && (options.once || options.items.size() != 1)) {
        throw usage_error("--key names one item: give one ITEM, and not --once");
    }
    if (!options.items.empty() && !options.input_path.empty()) {
        throw usage_error("-a and ITEM both say what to put: give one of them");
    }
    if (options.items.empty() && options.input_path.empty() && ::isatty(STDIN_FILENO) == 1) {
        throw usage_error(
            "standard input is a terminal: pipe items into it, name a file (-a), or give them");
    }
    const queue_name name = line.queue(true);
    job_queue queue(name.url());
    batch_putter putter(queue, options);
    try {
        if (put_all(putter, options)) return 0;
    } catch (const store_error& error) {
        throw own_error(fmt::format("{}; of this input {} items are in the queue for certain",
                                    without_name(error.what()), putter.count()));
    }
    complain(fmt::format("{} is shut down and takes no items: conq reopen lifts that; {} are in it",
                         shown_name(name.path()), putter.count()));
    return exit_codes::shut_down;
}

}  // namespace conq::cli

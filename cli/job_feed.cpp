// SPDX-License-Identifier: BSL-1.0
#include "cli/job_feed.hpp"

#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

// How many bytes the arguments may take: what the kernel allows for arguments and environment
// together (man 2 execve), less the environment and some room for the path of a script.
std::size_t arguments_bytes_max() {
    constexpr std::size_t kernel_max = 6 * 1024 * 1024, spare = 16'384;
    const long said = ::sysconf(_SC_ARG_MAX);
    std::size_t bytes = std::min(kernel_max, said > 0 ? static_cast<std::size_t>(said) : 131'072);
    for (char** each = environ; *each != nullptr; ++each) {
        bytes -= std::min(bytes, ::strlen(*each) + 1 + sizeof(char*));
    }
    return bytes - std::min(bytes, spare);
}

// The outcome of a job whose item cannot be an argument.
outcome unfit_outcome(const job& which, const run_options& options) {
    const std::string mend =
        options.feeds_stdin ? "--stdin without " + options.placeholder : "--stdin";
    const std::string_view item = which.items[0];
    std::string why = item.find('\0') == item.npos
                          ? "too long for an argument: use " + mend
                          : fmt::format(
                                "it has a NUL byte, which no argument may hold: is -0 "
                                "missing? {} takes it",
                                mend);
    return {outcome::kind::failed, 0, std::move(why), {}, true};
}

}  // namespace

std::optional<outcome> bad_item(const job& which, const run_options& options,
                                const command_template& command) {
    if (which.unfit_bytes != 0) return unfit_outcome(which, options);
    for (std::size_t i = 0; i < which.items.size(); ++i) {
        std::string fault = command.fault_of(which.items[i]);
        if (!fault.empty()) return outcome{outcome::kind::failed, 0, std::move(fault), {}, true};
    }
    return std::nullopt;
}

std::string failure_line(const job& which, const outcome& ended) {
    std::string why = ended.message;
    if (why.empty() && ended.how == outcome::kind::died) {
        why = fmt::format("died of signal {} ({})", ended.detail, ::strsignal(ended.detail));
    } else if (why.empty()) {
        why = fmt::format("exit code {}", ended.detail);
    }
    std::string items = shown(which.items[0]);
    if (which.items.size() > 1) items += fmt::format(" and {} more", which.items.size() - 1);
    if (which.unfit_bytes > argument_bytes_max) {
        items += fmt::format(", of {} bytes in all", which.unfit_bytes);
    }
    return fmt::format("job {}, {}: {}", which.id != 0 ? which.id : which.number + 1, items, why);
}

job_feed::job_feed(const run_options& options, const command_template& command, int input,
                   int interrupt)
    : options_(options),
      command_(command),
      reader_(input, interrupt, options.has_items ? '\0' : options.delimiter,
              options.keeps_empty || options.columns.how == column_style::kind::csv,
              options.feeds_stdin ? std::string().max_size() / 2 : argument_bytes_max),
      room_(arguments_bytes_max() - std::min(command.fixed_bytes(), arguments_bytes_max())) {}

std::optional<job> job_feed::next() {
    while (auto each = next_item()) {
        const bool has_room = made_bytes_ + command_.bytes_of(each->bytes.size()) <= room_;
        if (!made_.items.empty() && (!has_room || is_unfit(*each))) {
            left_over_ = std::move(each);
            return finish();
        }
        add(*each);
        if (made_.unfit_bytes != 0 || made_.items.size() == options_.items_per_job) return finish();
    }
    if (reader_.is_interrupted() || made_.items.empty()) return std::nullopt;
    return finish();
}

// Whether the item would have to be an argument, or a part of one, and cannot.
bool job_feed::is_unfit(const item& each) const {
    const std::size_t longest = command_.longest_with(each.size);
    return longest > argument_bytes_max ||
           (longest != 0 && each.bytes.find('\0') != std::string::npos);
}

std::optional<item> job_feed::next_item() {
    if (left_over_) return std::exchange(left_over_, std::nullopt);
    const bool is_csv = options_.columns.how == column_style::kind::csv;
    auto each = is_csv ? next_of_csv() : reader_.next();
    if (each) items_read_.fetch_add(1);
    return each;
}

// While a quote is open the item continues on the next line, as long as it can still be an
// argument.
std::optional<item> job_feed::next_of_csv() {
    auto each = reader_.next();
    while (each && each->size == 0 && !options_.keeps_empty) {
        ++skipped_;
        each = reader_.next();
    }
    while (each && !options_.has_items && each->size <= argument_bytes_max &&
           is_open(each->bytes)) {
        const auto more = reader_.next();
        if (!more) break;
        each->bytes += options_.delimiter + more->bytes;
        each->size += 1 + more->size;
    }
    return each;
}

void job_feed::add(const item& each) {
    made_.items.add(each.bytes);
    made_bytes_ += command_.bytes_of(each.bytes.size());
    made_end_ = reader_.bytes();
    if (is_unfit(each)) made_.unfit_bytes = each.size;
}

job job_feed::finish() {
    made_.input_bytes = made_end_ - std::exchange(finished_end_, made_end_);
    made_bytes_ = 0;
    return std::exchange(made_, job{.number = made_.number + 1});
}

}  // namespace conq::cli

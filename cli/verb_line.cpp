// SPDX-License-Identifier: BSL-1.0
#include "cli/verb_line.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

#include "cli/duration.hpp"
#include "cli/message.hpp"
#include "cli/option_table.hpp"
#include "cli/spelling.hpp"

namespace conq::cli {

struct verb_line::parser {
    std::string verb, usage, path, hint;
    CLI::App app;
    bool wants_help = false;
    std::map<std::string, std::string> spans;  // by the option's name

    [[nodiscard]] std::string help() const { return help_text("Usage: conq " + usage, app); }
};

verb_line::verb_line(std::string verb, std::string usage)
    : parser_(std::make_unique<parser>(std::move(verb), std::move(usage))) {
    CLI::App& app = parser_->app;
    app.name("conq " + parser_->verb);
    app.set_help_flag();
    app.add_flag("-h,--help", parser_->wants_help, "Show this help");
    app.add_option("-q,--queue", parser_->path, "The queue's file (default: what CONQ_QUEUE names)")
        ->type_name("FILE")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->envname("CONQ_QUEUE");
}
verb_line::~verb_line() = default;

void verb_line::add_flag(const std::string& name, bool& into, const std::string& about) {
    parser_->app.add_flag(name, into, about);
}
void verb_line::add_text(const std::string& name, std::string& into, const std::string& type,
                         const std::string& about) {
    parser_->app.add_option(name, into, about)
        ->type_name(type)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}
void verb_line::add_number(const std::string& name, std::int64_t& into, std::int64_t least,
                           std::int64_t most, const std::string& about) {
    parser_->app.add_option(name, into, about)
        ->type_name("N")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->check(CLI::Range(least, most));
}
void verb_line::add_duration(const std::string& name, const std::string& about) {
    const std::string last = name.substr(name.rfind(',') + 1);  // "-t,--timeout"
    parser_->app.add_option(name, parser_->spans[last], about)
        ->type_name("DUR")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}
void verb_line::add_word(const std::string& name, std::string& into, const std::string& about) {
    parser_->app.add_option(name, into, about)->type_name("");
}
void verb_line::add_words(const std::string& name, std::vector<std::string>& into,
                          const std::string& about) {
    parser_->app.add_option(name, into, about)->type_name("");
}

void verb_line::hint(const std::string& where_words_go) {
    parser_->hint = ": " + where_words_go;
}

bool verb_line::parse(const std::vector<std::string>& words) {
    if (asks_for_table(words)) {
        print_data(option_table(parser_->app));
        return false;
    }
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 wants them
    try {
        parser_->app.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        std::string fault = parse_fault(parser_->app, error, words);
        const bool has_queue = parser_->app.count("-q") > 0 || parser_->path != "";
        if (fault.ends_with("too many")) {
            fault += !has_queue ? ": the queue's file goes behind -q" : parser_->hint;
        }
        throw usage_error(fmt::format("{}: see conq {} --help", fault, parser_->verb));
    }
    if (parser_->wants_help) print_data(parser_->help());
    return !parser_->wants_help;
}

std::optional<std::chrono::milliseconds> verb_line::duration(const std::string& name,
                                                             bool takes_zero) const {
    if (parser_->app.count(name) == 0) return std::nullopt;
    const std::string& value = parser_->spans.at(name);
    return takes_zero && value == "0" ? std::chrono::milliseconds(0) : parse_duration(name, value);
}

queue_name verb_line::queue(bool makes) const {
    if (parser_->path.empty()) {
        throw usage_error(fmt::format("conq {}: name the queue's file: -q FILE", parser_->verb));
    }
    queue_name name(parser_->path);
    if (!makes) name.require();
    return name;
}

namespace {

// The whole word as a number from 1.
std::optional<std::uint64_t> number_of(std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = error == std::errc() && end == word.data() + word.size() && number != 0;
    return is_number ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string shown(job_ticket at) {
    return fmt::format("{}.{}", at.id, at.token);
}

job_ticket parse_ticket(const std::string& word) {
    const std::string_view text = word;
    const std::size_t dot = text.find('.');
    if (dot != std::string::npos) {
        const auto id = number_of(text.substr(0, dot)), token = number_of(text.substr(dot + 1));
        if (id && token) return {*id, *token};
    }
    throw usage_error(fmt::format(
        "{}: no token: give the first word of a line that conq get has printed, as 12.1",
        shown(word)));
}

job_id parse_id(const std::string& word) {
    if (const auto id = number_of(word)) return *id;
    throw usage_error(
        fmt::format("{}: no number of a job: give one that conq ls shows", shown(word)));
}

void tell_of_pause(job_queue& queue, const queue_name& name) {
    if (!queue.is_paused()) return;
    complain(fmt::format("{} is paused: nothing is handed out until conq resume",
                         shown_name(name.path())));
}

void print_data(std::string_view text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (is_written && std::fflush(stdout) == 0) return;
    throw own_error(fmt::format("cannot write standard output: {}", std::strerror(errno)));
}

}  // namespace conq::cli

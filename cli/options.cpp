// SPDX-License-Identifier: BSL-1.0
#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/command_template.hpp"
#include "cli/duration.hpp"
#include "cli/message.hpp"
#include "cli/option_table.hpp"
#include "cli/spelling.hpp"

namespace conq::cli {
namespace {

struct parsed {
    run_options options;
    bool is_nul_delimited = false;
    std::string delimiter;
    std::string jobs = "100%", time_limit, backoff, halt, start_delay, separator, header, orphans;
    bool is_csv = false, is_tsv = false;
};

// The options of the table that are about a queue.
void describe_queue(CLI::App& app, parsed& into) {
    run_options& o = into.options;
    app.add_option("-q,--queue", o.queue_path,
                   "Keep each item's outcome in FILE: run the same command again\n"
                   "after a kill, and it runs only what is left")
        ->type_name("FILE");
    app.add_flag("--retry-failed", o.retries_failed, "With -q: run items again that failed before");
    app.add_flag("--force", o.forces,
                 "With -q: accept another command than the one stored in FILE");
    app.add_flag("--replay", o.replays, "With -q: print the stored output of skipped items, too");
    app.add_flag("--keep", o.keeps_outputs,
                 "With -q: from now on keep the output of all jobs, not only of the\n"
                 "last 7 days and 256 MiB");
    app.add_option("--orphans", into.orphans,
                   "With -q: wait for processes that a killed conq has left running\n"
                   "(default), or kill them")
        ->type_name("wait|kill")
        ->check(CLI::IsMember({"wait", "kill"}));
}

// The one table of options, for conq run.
void describe(CLI::App& app, parsed& into) {
    run_options& o = into.options;
    app.set_help_flag();
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.add_flag("-h,--help", o.wants_help, "Show this help");
    app.add_option("-j,--jobs", into.jobs,
                   "Run N jobs at once (default: one per processor); N%: N percent of\n"
                   "the processors; +N: N more than there are processors")
        ->type_name("N");
    app.add_flag("-k,--keep-order", o.keeps_order, "Print output in the order of the input");
    app.add_option("-n,--items", o.items_per_job, "Give N items to each job (default: 1)")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000));
    auto* nul = app.add_flag("-0,--null", into.is_nul_delimited,
                             "Items end with a NUL byte, not a line end");
    app.add_option("-d,--delimiter", into.delimiter,
                   "Items end with the character C (\\n, \\t, \\0, \\\\, \\xNN work, too)")
        ->type_name("C")
        ->excludes(nul);
    app.add_option("-I,--placeholder", o.placeholder,
                   "Replace STR instead of {}, and no other placeholder")
        ->type_name("STR");
    auto* separator =
        app.add_option("--colsep", into.separator, "Split items into columns at STR: {1}, {2} ...")
            ->type_name("STR");
    auto* csv = app.add_flag("--csv", into.is_csv, "Split items into columns as CSV (RFC 4180)");
    csv->excludes(separator);
    app.add_flag("--tsv", into.is_tsv, "Split items into columns at tabs")
        ->excludes(separator)
        ->excludes(csv);
    app.add_option("--header", into.header,
                   "Take the names of columns from the first item: {name}, {name.} ...")
        ->type_name(":");
    app.add_option("-a,--arg-file", o.input_path, "Read items from FILE, not standard input")
        ->type_name("FILE");
    app.add_option("-s,--shell", o.shell_line,
                   "Run sh -c TEXT for each item, with the item as \"$1\"")
        ->type_name("TEXT");
    app.add_option("-t,--timeout", into.time_limit,
                   "End a job that takes longer than DUR (250ms, 1.5s, 5m, 1h)")
        ->type_name("DUR");
    app.add_option("--retries", o.retries, "Run a failed job again, up to N times")
        ->type_name("N")
        ->check(CLI::Range(0, 1'000'000));
    app.add_option("--backoff", into.backoff,
                   "Wait DUR before the first retry, and twice as long before each further\n"
                   "one, up to an hour")
        ->type_name("DUR");
    app.add_option("--halt", into.halt,
                   "Take no more items once N jobs have failed; N%: once N percent of\n"
                   "at least ten jobs have failed")
        ->type_name("N");
    app.add_option("--joblog", o.job_log_path, "Append a line for each run of a job to FILE")
        ->type_name("FILE");
    app.add_option("--delay", into.start_delay, "Start jobs at least DUR apart")->type_name("DUR");
    app.add_flag("--json", o.shows_records,
                 "Print a JSON object for each job that has ended, with its output");
    app.add_flag("--tag", o.tags, "Print the item and a tab before each line of its output");
    app.add_option("-o,--output", o.output_folder,
                   "Write each job's output to DIR/N.out and DIR/N.err; N is {#}, with -q\n"
                   "the number of the job in FILE")
        ->type_name("DIR");
    app.add_flag("--keep-empty", o.keeps_empty, "Do not skip empty items");
    app.add_flag("--stdin", o.feeds_stdin, "Give the item to the job as its standard input");
    describe_queue(app, into);
    app.add_flag("--dry-run", o.is_dry_run, "Print the commands that would run, and run none");
}

// The options of conq work: all options of conq run that are not about input, and one of its own.
void describe_work(CLI::App& app, parsed& into) {
    describe(app, into);
    for (const char* each : {"-k", "-n", "-0", "-d", "-a", "--header", "--keep-empty",
                             "--retry-failed", "--replay", "--dry-run"}) {
        app.remove_option(app.get_option(each));
    }
    app.get_option("-q")
        ->description("The queue's file (default: what CONQ_QUEUE names)")
        ->envname("CONQ_QUEUE");
    app.get_option("--force")->description("Accept another command than the one stored in FILE");
    app.add_flag("--follow", into.options.follows,
                 "Wait for more items until the queue is shut down");
}

// Whether a value follows the option of this name. False for an unknown option, which the parser
// reports later.
bool takes_value(const CLI::App& app, const std::string& name) {
    const CLI::Option* option = app.get_option_no_throw(name);
    return option != nullptr && option->get_items_expected_max() > 0;
}

// How many words belong to the option `word`: 1, or 2 if its value is the next word.
std::size_t words_of_option(const CLI::App& app, const std::string& word) {
    if (word.starts_with("--")) {
        return word.find('=') == std::string::npos && takes_value(app, word) ? 2 : 1;
    }
    for (std::size_t i = 1; i < word.size(); ++i) {  // -kj4: up to the letter with a value
        if (takes_value(app, std::string("-") + word[i])) return i + 1 == word.size() ? 2 : 1;
    }
    return 1;
}

// Reads "\t", "\n", "\0", "\\", "\xNN" or a single byte. Throws usage_error.
char parse_delimiter(const std::string& text) {
    if (text.size() == 1) return text[0];
    if (text == "\\n") return '\n';
    if (text == "\\t") return '\t';
    if (text == "\\0") return '\0';
    if (text == "\\\\") return '\\';
    if (text.size() == 4 && text.starts_with("\\x") && std::isxdigit(text[2]) != 0 &&
        std::isxdigit(text[3]) != 0) {
        return static_cast<char>(std::stoi(text.substr(2), nullptr, 16));
    }
    throw usage_error(
        fmt::format("-d {}: give one character, or one of \\n \\t \\0 \\\\ \\xNN", shown(text)));
}

// Reads "8", "50%" or "+2". Throws usage_error.
std::size_t parse_jobs(const std::string& text) {
    constexpr std::uint64_t most = 10'000;
    const bool is_more = text.starts_with('+'), is_share = !is_more && text.ends_with('%');
    const char* const begin = text.data() + (is_more ? 1 : 0);
    const char* const end = text.data() + text.size() - (is_share ? 1 : 0);
    std::uint64_t number = 0;
    const auto [read, error] = std::from_chars(begin, std::max(begin, end), number);
    const std::uint64_t processors = std::max(1u, std::thread::hardware_concurrency());
    std::uint64_t jobs = std::min(number, 100 * most);  // so that nothing below overflows
    if (is_more) jobs += processors;
    if (is_share) jobs = std::max<std::uint64_t>(1, processors * jobs / 100);
    const bool is_number = begin < end && error == std::errc() && read == end;
    if (is_number && (number > 0 || is_more) && jobs <= most) return jobs;
    throw usage_error(
        fmt::format("-j {}: give a number of jobs from 1 to {}, a share of the "
                    "processors as 50%, or so many more than processors as +2",
                    shown(text), most));
}

// Reads "3" or "10%". Throws usage_error.
void parse_halt(const std::string& text, run_options& into) {
    const bool is_share = text.ends_with('%');
    const char* const end = text.data() + text.size() - (is_share ? 1 : 0);
    std::uint64_t number = 0;
    const auto [read, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || read != end || number == 0 || (is_share && number > 100)) {
        throw usage_error(fmt::format(
            "--halt {}: give a number of failures from 1, or a share of the jobs as 10%",
            shown(text)));
    }
    if (is_share) {
        into.halt_percent = static_cast<unsigned>(number);
    } else {
        into.halt_failures = number;
    }
}

// Takes the command and the items after :::, and checks the line of -s.
void take_command(run_options& o, std::vector<std::string> words, bool has_line) {
    const auto sign = std::find(words.begin(), words.end(), ":::");
    o.has_items = sign != words.end();
    if (o.has_items) {
        if (!o.input_path.empty()) {
            throw usage_error("-a and ::: both say where items are: give one of them");
        }
        o.items.assign(sign + 1, words.end());
        if (std::find(o.items.begin(), o.items.end(), ":::") != o.items.end()) {
            throw usage_error(
                "::: twice: there is one list of items; pipe them in, or name a file (-a), if one "
                "of them is :::");
        }
        words.erase(sign, words.end());
    }
    o.command = std::move(words);
    if (!has_line || o.wants_help) return;
    if (o.shell_line.empty()) throw usage_error("-s: the text is empty: give a line for sh");
    if (!o.command.empty()) {
        throw usage_error(
            fmt::format("-s and the command {}: give one of them; the item is \"$1\" "
                        "in the text of -s",
                        shown(o.command.front())));
    }
    if (o.shell_line.find(o.placeholder) != std::string::npos) {
        throw usage_error(
            fmt::format("-s {}: {} is not replaced in a line for sh, where an item "
                        "could do anything: write \"$1\" instead",
                        shown(o.shell_line), o.placeholder));
    }
}

void take_columns(run_options& o, const parsed& from, bool has_separator) {
    o.has_header = !from.header.empty();
    if (o.has_header && from.header != ":") {
        throw usage_error(
            fmt::format("--header {}: write --header : and the first item names the columns",
                        shown(from.header)));
    }
    if (o.has_header && o.placeholder != "{}") {
        throw usage_error("-I replaces one text only, and not {name}: leave out -I, or --header");
    }
    if (has_separator && from.separator.empty()) {
        throw usage_error("--colsep: the separator is empty: give the bytes between two columns");
    }
    if (from.is_csv) {
        o.columns.how = column_style::kind::csv;
    } else if (has_separator || from.is_tsv) {
        const bool is_tab = from.is_tsv || from.separator == "\\t";
        o.columns = {column_style::kind::separated, is_tab ? "\t" : from.separator};
    } else {
        return;
    }
    if (o.placeholder != "{}") {
        throw usage_error("-I replaces one text only, and not {1}: leave out -I, or the columns");
    }
    const auto brace = std::adjacent_find(
        o.shell_line.begin(), o.shell_line.end(),
        [](char one, char next) { return one == '{' && next >= '1' && next <= '9'; });
    if (brace != o.shell_line.end()) {
        throw usage_error(
            fmt::format("-s {}: columns are not replaced in a line for sh: write \"$1\" for the "
                        "first one",
                        shown(o.shell_line)));
    }
}

void check_queue(const run_options& o, bool has_queue) {
    if (!has_queue) {
        if (!o.retries_failed && !o.forces && !o.replays && !o.keeps_outputs) return;
        throw usage_error(
            "--retry-failed, --force, --replay and --keep are about a queue: name its file (-q)");
    }
    if (o.queue_path.empty()) throw usage_error("-q: the file's name is empty: name a file");
    if (o.items_per_job != 1) {
        throw usage_error("-q keeps an outcome for each item: leave out -n, or -q");
    }
    if (o.is_dry_run) throw usage_error("--dry-run runs nothing that -q could keep: leave out -q");
}

void check_output(const run_options& o, bool has_folder) {
    if (has_folder && o.output_folder.empty()) {
        throw usage_error("-o: the folder's name is empty: name a folder");
    }
    const int ways = (o.shows_records ? 1 : 0) + (o.tags ? 1 : 0) + (has_folder ? 1 : 0);
    if (ways > 1) throw usage_error("--json, --tag and -o each say where output goes: give one");
}

run_options parse_options(CLI::App& app, parsed& into, const std::vector<std::string>& words,
                          const std::string& verb) {
    std::size_t at = 0;
    while (at < words.size() && words[at].size() > 1 && words[at][0] == '-' && words[at] != "--") {
        at += words_of_option(app, words[at]);
    }
    at = std::min(at, words.size());
    std::vector<std::string> options(words.begin(),
                                     words.begin() + static_cast<std::ptrdiff_t>(at));
    if (at < words.size() && words[at] == "--") ++at;
    std::reverse(options.begin(), options.end());  // CLI11 wants the last word first
    try {
        app.parse(options);
    } catch (const CLI::ParseError& error) {
        throw usage_error(
            fmt::format("{}: see {} --help; a command that begins with - goes after --",
                        parse_fault(app, error, words), verb));
    }
    run_options& o = into.options;
    o.shown_words = verb;
    for (const std::string& each : words) o.shown_words += ' ' + shell_quoted(each);
    if (!into.delimiter.empty()) o.delimiter = parse_delimiter(into.delimiter);
    const auto is_given = [&app](const char* name) {
        const CLI::Option* const option = app.get_option_no_throw(name);
        return option != nullptr && option->count() > 0;
    };
    if (is_given("-d") && into.delimiter.empty()) {
        throw usage_error("-d: the delimiter is empty: give one character");
    }
    if (into.is_nul_delimited) o.delimiter = '\0';
    if (is_given("-a") && o.input_path.empty()) {
        throw usage_error("-a: the file's name is empty: name a file to read items from");
    }
    if (o.placeholder.empty()) throw usage_error("-I: the placeholder is empty: give a text");
    check_queue(o, app.count("-q") > 0);
    o.ends_orphans = into.orphans == "kill";
    if (!into.orphans.empty() && o.queue_path.empty()) {
        throw usage_error("--orphans is about a queue: name its file (-q)");
    }
    check_output(o, app.count("-o") > 0);
    take_columns(o, into, app.count("--colsep") > 0);
    o.jobs = parse_jobs(into.jobs);
    if (app.count("--delay") > 0) o.start_delay = parse_duration("--delay", into.start_delay);
    if (app.count("-t") > 0) o.time_limit = parse_duration("-t", into.time_limit);
    if (app.count("--backoff") > 0) o.backoff = parse_duration("--backoff", into.backoff);
    if (app.count("--backoff") > 0 && o.retries == 0) {
        throw usage_error("--backoff: nothing is run again without --retries N");
    }
    if (app.count("--halt") > 0) parse_halt(into.halt, o);
    if (app.count("--joblog") > 0 && o.job_log_path.empty()) {
        throw usage_error("--joblog: the file's name is empty: name a file to write to");
    }
    take_command(o, {words.begin() + static_cast<std::ptrdiff_t>(at), words.end()},
                 app.count("-s") > 0);
    return o;
}

}  // namespace

run_options parse_run_options(const std::vector<std::string>& words) {
    parsed into;
    CLI::App app("", "conq run");
    describe(app, into);
    return parse_options(app, into, words, "conq run");
}

run_options parse_work_options(const std::vector<std::string>& words) {
    parsed into;
    into.options.works = true;
    CLI::App app("", "conq work");
    describe_work(app, into);
    run_options options = parse_options(app, into, words, "conq work");
    if (options.wants_help) return options;
    if (options.has_items) throw usage_error("conq work takes items from the queue: leave out :::");
    if (options.queue_path.empty()) throw usage_error("conq work: name the queue's file: -q FILE");
    return options;
}

std::string run_option_table() {
    parsed into;
    CLI::App app;
    describe(app, into);
    return option_table(app);
}

std::string work_option_table() {
    parsed into;
    CLI::App app;
    describe_work(app, into);
    return option_table(app);
}

std::string work_help() {
    parsed into;
    CLI::App app("", "conq work");
    describe_work(app, into);
    return help_text(
        "Usage: conq work -q FILE [OPTION...] [CMD [ARG...]]\n\n"
        "Runs CMD for each item in the queue, whoever put it there, until no item is unfinished.\n"
        "You may start it in several terminals at once. Without CMD it runs the command that is\n"
        "stored with the queue: that of the first conq run -q or conq work that named one. An "
        "item\n"
        "that fails is tried again until its attempts are used up (conq put --attempts). Output,\n"
        "placeholders, exit codes and signals are those of conq run.\n\n"
        "  conq put -q enc.q *.wav; conq work -q enc.q flac --best {}\n"
        "  conq work -q enc.q -j 4                        (another terminal)\n"
        "  conq work -q enc.q --follow                    (until conq shutdown)\n",
        app);
}

std::string run_help() {
    parsed into;
    CLI::App app("", "conq run");
    describe(app, into);
    return help_text(
               "Usage: conq run [OPTION...] CMD [ARG...] [::: ITEM...]\n"
               "       conq run [OPTION...] -s TEXT [::: ITEM...]\n\n"
               "Runs CMD for each item of standard input, several at once, and keeps each job's\n"
               "output together. An item is a line. {} in CMD or ARG is replaced by the item, as\n"
               "part of one argument and never through a shell. Without a placeholder the item is\n"
               "the last argument. Other placeholders: {.} the item without its extension, {/} "
               "its\n"
               "name without the folder, {//} its folder, {/.} its name without the extension,\n"
               "{#} the job's number, {%} its slot among the jobs that run at once. With -I STR\n"
               "only STR is replaced.\n\n"
               "  find . -name '*.wav' -print0 | conq run -0 flac --best {}\n"
               "  conq run -a urls -j 8 curl -sSO\n"
               "  seq 1000 | conq run -k -n 50 ./simulate --seeds {}\n"
               "  ls *.wav | conq run flac -o out/{.}.flac {}\n"
               "  find . -name '*.wav' | conq run -q done.q flac {}    (again, after a kill)\n"
               "  conq run --csv -a songs.csv ./tag --title {1} {2}\n"
               "  ls *.log | conq run -k -s 'grep -c ERROR \"$1\" | sort'\n",
               app) +
           "\nExit codes: 0 every job succeeded; 1 an error of conq itself; 2 wrong use;\n"
           "4 the queue is shut down (-q); 123 a job failed; 124 every job that failed took too\n"
           "long (-t); 125 a job died of a signal; 126 CMD cannot be run; 127 CMD is not found;\n"
           "130 interrupted; 143 terminated.\n"
           "Ctrl-C: take no more items and let the running jobs end. Ctrl-C again: end them.\n";
}

}  // namespace conq::cli

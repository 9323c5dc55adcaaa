// SPDX-License-Identifier: BSL-1.0
// The words after a verb that works on a queue, and the queue that they name.
#ifndef CONQ_CLI_VERB_LINE_HPP
#define CONQ_CLI_VERB_LINE_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/queue_name.hpp"
#include "conq/jobs.hpp"

namespace conq::cli {

/// The exit codes of verbs, besides 0, 1 (own error) and 2 (wrong use).
namespace exit_codes {
inline constexpr int nothing = 3;      ///< get: empty, or timed out; join: timed out
inline constexpr int shut_down = 4;    ///< put, get
inline constexpr int lease_lost = 5;   ///< done, fail, extend, release
inline constexpr int timed_out = 124;  ///< get -- CMD: it took too long
inline constexpr int some_dead = 123;  ///< join, work: dead letters
}  // namespace exit_codes

/// The options of a verb: each verb adds its own, then parses.
class verb_line {
public:
    /// `usage`: what follows "conq ", an empty line, then what the verb does, and examples.
    verb_line(std::string verb, std::string usage);
    verb_line(const verb_line&) = delete;
    verb_line& operator=(const verb_line&) = delete;
    ~verb_line();

    /// These add options and words. parse() sets their values. Every verb has -q and -h.
    void add_flag(const std::string& name, bool& into, const std::string& about);
    void add_text(const std::string& name, std::string& into, const std::string& type,
                  const std::string& about);
    void add_number(const std::string& name, std::int64_t& into, std::int64_t least,
                    std::int64_t most, const std::string& about);
    void add_duration(const std::string& name, const std::string& about);
    void add_word(const std::string& name, std::string& into, const std::string& about);
    void add_words(const std::string& name, std::vector<std::string>& into,
                   const std::string& about);

    /// What the message about a word too many adds.
    void hint(const std::string& where_words_go);

    /// Reads the words. False: they ask for help or for the table of options, and this has been
    /// printed. Throws usage_error.
    bool parse(const std::vector<std::string>& words);
    /// The value of an option that is a length of time: from 1 ms on and, if it `takes_zero`, also
    /// 0. None if the option was not given. Throws usage_error.
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(const std::string& name,
                                                                    bool takes_zero = true) const;

    /// The queue that -q, or CONQ_QUEUE, names. `makes`: its file need not exist yet. Throws
    /// usage_error, own_error.
    [[nodiscard]] queue_name queue(bool makes = false) const;

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

/// A ticket as a word, "ID.TOKEN", and a word as a ticket. Throws usage_error.
std::string shown(job_ticket at);
job_ticket parse_ticket(const std::string& word);
/// A word as the number of a job. Throws usage_error.
job_id parse_id(const std::string& word);

/// If the queue is paused, tells the user, who waits for items. Throws store_error.
void tell_of_pause(job_queue& queue, const queue_name& name);

/// Writes all of the text to standard output. Throws own_error.
void print_data(std::string_view text);

}  // namespace conq::cli

#endif

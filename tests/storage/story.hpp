// SPDX-License-Identifier: BSL-1.0
// A story: calls on one queue while its storage fails. It records what the queue acknowledged, and
// so what must be found in the file afterwards.
#ifndef CONQ_TESTS_STORAGE_STORY_HPP
#define CONQ_TESTS_STORAGE_STORY_HPP

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "src/jobs/engines.hpp"

/// What was acknowledged.
struct acknowledged {
    std::vector<std::string> puts;   ///< In order.
    std::set<std::string> dones;     ///< Jobs that are done.
    std::set<std::string> forgets;   ///< Which an end was to forget, acknowledged or not.
    std::set<std::string> tries;     ///< All that a put was made of.
    std::set<std::string> refusals;  ///< Whose put has thrown that nothing was changed.
};

/// Uses an engine like a program that goes on when a call throws.
class story {
public:
    /// Keeps WALs short, so that the story makes checkpoints.
    story(const std::string& path, conq::jobs::durability level);

    /// Makes all calls of an engine, some of them often. Each may throw store_error, and nothing
    /// else.
    void run();
    /// Closes the queue.
    void close() { queue_.reset(); }
    [[nodiscard]] const acknowledged& heard() const noexcept { return heard_; }
    /// What was thrown.
    [[nodiscard]] const std::vector<std::string>& errors() const noexcept { return errors_; }

private:
    template <class Call> bool attempt(Call call);
    bool open();
    void put(const std::string& body);
    void put_batch(const std::vector<std::string>& bodies);
    std::vector<conq::jobs::granted> claim(std::size_t most = 1);
    void end(const std::vector<conq::jobs::granted>& some, conq::jobs::ending how);

    conq::jobs::queue_url url_;
    std::unique_ptr<conq::jobs::engine> queue_;
    acknowledged heard_;
    std::vector<std::string> errors_;
    bool is_in_doubt_ = false;
};

/// What the disk must keep.
struct must_keep {
    bool puts;   ///< Every acknowledged put; else those up to some.
    bool dones;  ///< Every acknowledged done.
};

/// Works off the queue in that file. Returns what is wrong with it: empty if nothing.
std::vector<std::string> faults_in(const std::string& path, const acknowledged& heard,
                                   must_keep what);

/// What SQLite says about that file as a whole: "ok" if nothing is wrong.
std::string integrity(const std::string& path);

#endif

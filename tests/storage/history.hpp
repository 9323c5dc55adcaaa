// SPDX-License-Identifier: BSL-1.0
// What processes have written down about what they did to a queue, and whether a queue may behave
// so.
#ifndef CONQ_TESTS_STORAGE_HISTORY_HPP
#define CONQ_TESTS_STORAGE_HISTORY_HPP

#include <string>
#include <vector>

#include "conq/jobs.hpp"

/// A file that processes append lines to; the lines outlive the killing of their process.
class history {
public:
    explicit history(const std::string& path);
    history(const history&) = delete;
    history& operator=(const history&) = delete;
    ~history();

    /// Writes down that the put of the job with this body was acknowledged, that it was taken, that
    /// it will be forgotten, that its done was acknowledged.
    void put(const std::string& body) { write('P', body); }
    void taken(const std::string& body) { write('T', body); }
    void forgets(const std::string& body) { write('F', body); }
    void done(const std::string& body) { write('D', body); }
    /// Whether nobody has written down anything.
    [[nodiscard]] bool is_empty() const;
    /// What is wrong, once the queue is at its end: empty if nothing.
    std::vector<std::string> faults(conq::job_queue& queue) const;

private:
    void write(char what, const std::string& body);

    std::string path_;
    int file_;
};

#endif

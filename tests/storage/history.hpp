// SPDX-License-Identifier: BSL-1.0
// What processes wrote down of what they did to a queue, and whether a queue may do that.
#ifndef CONQ_TESTS_STORAGE_HISTORY_HPP
#define CONQ_TESTS_STORAGE_HISTORY_HPP

#include <string>
#include <vector>

#include "conq/jobs.hpp"

/// A file that processes append lines to, which outlive their being killed.
class history {
public:
    explicit history(const std::string& path);
    history(const history&) = delete;
    history& operator=(const history&) = delete;
    ~history();

    /// The job of this body was acknowledged (put), was taken, will be forgotten, was acknowledged
    /// (done).
    void put(const std::string& body) { write('P', body); }
    void taken(const std::string& body) { write('T', body); }
    void forgets(const std::string& body) { write('F', body); }
    void done(const std::string& body) { write('D', body); }
    /// What is wrong, when the queue is at its end: empty if nothing.
    std::vector<std::string> faults(conq::job_queue& queue) const;

private:
    void write(char what, const std::string& body);

    std::string path_;
    int file_;
};

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef CONQ_TESTS_JOBS_COMMITS_HELD_HPP
#define CONQ_TESTS_JOBS_COMMITS_HELD_HPP

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

/// Holds a queue's lock of commits, as a process does that is stopped in the middle of a
/// transaction.
class commits_held {
public:
    explicit commits_held(const std::string& queue)
        : file_(::open((queue + "-lock").c_str(), O_RDWR | O_CLOEXEC)) {
        struct flock lock{};
        lock.l_type = F_WRLCK;
        lock.l_start = 64;
        lock.l_len = 1;
        EXPECT_EQ(::fcntl(file_, F_OFD_SETLKW, &lock), 0);
    }
    commits_held(const commits_held&) = delete;
    commits_held& operator=(const commits_held&) = delete;
    ~commits_held() { ::close(file_); }

private:
    int file_;
};

#endif

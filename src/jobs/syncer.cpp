// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/syncer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "conq/jobs/engine.hpp"
#include "src/jobs/again.hpp"
#include "src/jobs/place.hpp"

namespace conq::jobs {
namespace {

constexpr std::chrono::milliseconds batch_window{20};

}  // namespace

syncer::wal_file::wal_file(const std::string& path)
    : file_(again([&path] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); })) {
    if (file_ >= 0) return;
    const int error = errno;
    throw store_error("conq: " + path + ": cannot open: " + std::strerror(error) + ": " +
                      mend_of_open(error));
}

syncer::wal_file::~wal_file() {
    ::close(file_);
}

bool syncer::wal_file::sync() const {
    return again([this] { return ::fdatasync(file_); }) == 0;
}

void syncer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_dirty_ || is_ending_; });
        if (!is_dirty_) return;
        changed_.wait_for(lock, batch_window, [this] { return is_ending_; });
        is_dirty_ = false;
        lock.unlock();
        if (!wal_.sync()) shared_.note_failure();
        lock.lock();
    }
}

}  // namespace conq::jobs

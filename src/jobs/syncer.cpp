// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/syncer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

namespace conq::jobs {
namespace {

constexpr std::chrono::milliseconds batch_window{20};

}  // namespace

void syncer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_dirty_ || is_ending_; });
        if (!is_dirty_) return;
        changed_.wait_for(lock, batch_window, [this] { return is_ending_; });
        is_dirty_ = false;
        lock.unlock();
        const int file = ::open(wal_.c_str(), O_RDONLY | O_CLOEXEC);
        const bool is_synced = file >= 0 && ::fdatasync(file) == 0;
        if (file >= 0) ::close(file);
        lock.lock();
        has_failed_ = has_failed_ || !is_synced;
    }
}

}  // namespace conq::jobs

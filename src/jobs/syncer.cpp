// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/syncer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "src/jobs/again.hpp"

namespace conq::jobs {
namespace {

constexpr std::chrono::milliseconds batch_window{20};

}  // namespace

bool syncer::sync_once() const {
    const int file = again([this] { return ::open(wal_.c_str(), O_RDONLY | O_CLOEXEC); });
    if (file < 0) return false;
    const bool is_synced = again([file] { return ::fdatasync(file); }) == 0;
    ::close(file);
    return is_synced;
}

void syncer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_dirty_ || is_ending_; });
        if (!is_dirty_) return;
        changed_.wait_for(lock, batch_window, [this] { return is_ending_; });
        is_dirty_ = false;
        lock.unlock();
        if (!sync_once()) shared_.note_failure();
        lock.lock();
    }
}

}  // namespace conq::jobs

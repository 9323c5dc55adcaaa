// SPDX-License-Identifier: BSL-1.0
// Watches that only a process that holds the lock of commits begins a checkpoint, or writes a byte
// of the header of the WAL or of the file itself. SQLite 3.7.0 to 3.51.2 can damage a file if
// several processes do so at the same time.
#ifndef CONQ_TESTING_STORAGE_LOCK_WATCH_HPP
#define CONQ_TESTING_STORAGE_LOCK_WATCH_HPP

#include <atomic>
#include <cstdint>
#include <string>

#include "testing/storage/watched.hpp"

namespace conq::testing {

/// The watch. Processes that are forked from this one share it, so it also counts what they did
/// before they were killed. It sees whether this process holds the lock, not which of several
/// handles does.
class lock_watch final : public storage_listener {
public:
    /// What the watch has seen.
    struct counts {
        std::atomic<std::uint64_t> checkpoints, headers, pages, faults;
    };

    lock_watch();
    ~lock_watch() override;
    int before(storage_event& event) override;
    [[nodiscard]] const counts& seen() const noexcept { return *seen_; }

private:
    counts* seen_;
};

/// Whether this process holds the lock of commits of the queue in the file `path`.
bool holds_commit_lock(const std::string& path);

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// Proves that no checkpoint begins, and no byte of the header of the WAL nor of the file itself is
// written, by a process that does not hold the lock of commits. SQLite 3.7.0 to 3.51.2 can damage a
// file where processes do that at the same time.
#ifndef CONQ_TESTING_STORAGE_LOCK_WATCH_HPP
#define CONQ_TESTING_STORAGE_LOCK_WATCH_HPP

#include <atomic>
#include <cstdint>
#include <string>

#include "testing/storage/watched.hpp"

namespace conq::testing {

/// The watch, which processes that are forked from here share: also what they did before they were
/// killed. It sees the lock of this process, not which of several handles holds it.
class lock_watch final : public storage_listener {
public:
    /// What it has seen.
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

// SPDX-License-Identifier: BSL-1.0
// Makes the N-th call of SQLite on a file fail.
#ifndef CONQ_TESTING_STORAGE_FAULT_PLAN_HPP
#define CONQ_TESTING_STORAGE_FAULT_PLAN_HPP

#include <atomic>
#include <cstdint>

#include "testing/storage/watched.hpp"

namespace conq::testing {

/// Which calls fail.
enum class storage_fault : std::uint8_t {
    io_error,     ///< Any call, as if the disk were broken.
    disk_full,    ///< A write, or an extension of a file.
    short_write,  ///< A write, after half of its bytes.
    failed_sync,  ///< A sync.
};

/// Makes the `at`-th call that the fault can hit fail, counted from 1, and if it `lasts`, each such
/// call that follows. Threads: as the listener.
class fault_plan final : public storage_listener {
public:
    fault_plan(storage_fault fault, std::uint64_t at, bool lasts)
        : fault_(fault), at_(at), lasts_(lasts) {}
    int before(storage_event& event) override;
    /// How many calls have failed.
    [[nodiscard]] std::uint64_t fired() const noexcept { return fired_; }
    /// `end` stops the failures, `begin` lets calls fail again. Calls are counted only while they
    /// may fail.
    void end() noexcept { has_ended_ = true; }
    void begin() noexcept { has_ended_ = false; }

private:
    const storage_fault fault_;
    const std::uint64_t at_;
    const bool lasts_;
    std::atomic<std::uint64_t> calls_{0}, fired_{0};
    std::atomic<bool> has_ended_{false};
};

}  // namespace conq::testing

#endif

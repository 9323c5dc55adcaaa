// SPDX-License-Identifier: BSL-1.0
// Who holds the leases in a queue's file, and when a lease is lost.
#ifndef CONQ_SRC_JOBS_HOLDERS_HPP
#define CONQ_SRC_JOBS_HOLDERS_HPP

#include <cstdint>
#include <string>

#include "src/jobs/engines.hpp"
#include "src/jobs/row.hpp"
#include "src/jobs/shared_file.hpp"

namespace conq::jobs {

/// The holders of leases, as one handle sees them. Threads: one at a time, under the lock of
/// commits.
class holders {
public:
    /// `is_held`: see open_sqlite.
    holders(shared_file& shared, held_check is_held);

    /// The number of this handle, once it has one.
    std::uint64_t me = 0;
    /// The number of leases that go by time: no handle has it, and it differs from boot to boot.
    /// Their clock begins anew at a boot, which no holder of a ticket has outlived.
    const std::uint64_t by_time;

    /// Whether the lease of a running job is lost: its holder has died, or has not renewed it.
    /// `process`: the mark of the process that does the job, or nothing. `now_ms`: by awake_ms().
    /// Throws store_error.
    [[nodiscard]] bool is_lost(const row& job, const std::string& process, std::int64_t now_ms);

private:
    [[nodiscard]] bool is_left(std::uint64_t owner, const std::string& process);

    shared_file& shared_;
    const held_check is_held_;
};

}  // namespace conq::jobs

#endif

// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/holders.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "src/jobs/process_mark.hpp"
#include "src/jobs/seal.hpp"

namespace conq::jobs {
namespace {

constexpr std::uint64_t time_flag = std::uint64_t{1} << 63;

std::uint64_t number_of_this_boot() {
    std::ifstream in("/proc/sys/kernel/random/boot_id");
    return time_flag | sum_of(std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace

holders::holders(shared_file& shared, held_check is_held)
    : by_time(number_of_this_boot()), shared_(shared), is_held_(std::move(is_held)) {}

bool holders::is_lost(const row& job, const std::string& process, std::int64_t now_ms) {
    const std::uint64_t owner = job.owner;
    if ((owner & time_flag) != 0) return owner != by_time || job.due_ms < now_ms;
    const bool is_late = job.due_ms < shared_.could_renew_until();
    // This handle lives, so what it holds is not lost: it was late to renew, as this call may be.
    if (owner == me) return is_late && !(is_held_ && is_held_({job.id, job.token}));
    return shared_.is_alive(owner) ? is_late : !is_left(owner, process);
}

// Whether an owner that has died left the job's process running (any that it started, if it is not
// known which one). Time does not end such a lease: the job would run twice at once.
bool holders::is_left(std::uint64_t owner, const std::string& process) {
    return shared_.has_family(owner) && (process.empty() || !has_ended(process));
}

}  // namespace conq::jobs

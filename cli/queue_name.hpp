// SPDX-License-Identifier: BSL-1.0
// The queue that -q names.
#ifndef CONQ_CLI_QUEUE_NAME_HPP
#define CONQ_CLI_QUEUE_NAME_HPP

#include <string>
#include <string_view>
#include <vector>

#include "conq/jobs/engine.hpp"

namespace conq::cli {

/// Options for every conq: it ends a job that takes longer than its limit itself.
inline constexpr std::string_view own_limits = "time_limit=advisory";

/// Options for a conq that runs commands: its leases end when it and the processes that it started
/// have ended, and not by time. So no item runs twice at once.
inline constexpr std::string_view family_lease = "lease=30d&owner=family&time_limit=advisory";

/// The name of a queue: the path of its file, a URL (docs/formats/job_queue_url.md), or @NAME, a
/// file of that name in $XDG_STATE_HOME/conq. Immutable.
class queue_name {
public:
    /// Throws usage_error for a URL or name that is not valid.
    explicit queue_name(const std::string& given);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// The URL, with `more` options, as "lease=30d&owner=family", except for those that it has
    /// already.
    [[nodiscard]] std::string url(std::string_view more = own_limits) const;
    /// Throws own_error unless the file exists.
    void require() const;
    /// The environment variables that tell a command about its job. The name of the queue among
    /// them is valid in any folder.
    [[nodiscard]] std::vector<std::string> variables(job_id id) const;

private:
    std::string path_;
    std::string options_{};  // of the URL
};

}  // namespace conq::cli

#endif

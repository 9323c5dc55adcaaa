// SPDX-License-Identifier: BSL-1.0
// What -q names.
#ifndef CONQ_CLI_QUEUE_NAME_HPP
#define CONQ_CLI_QUEUE_NAME_HPP

#include <string>
#include <string_view>
#include <vector>

#include "conq/jobs/engine.hpp"

namespace conq::cli {

/// A queue: the path of its file, a URL (docs/formats/job_queue_url.md), or @NAME, a file of that
/// name in $XDG_STATE_HOME/conq. Immutable.
class queue_name {
public:
    /// Throws usage_error for a URL or name that is none.
    explicit queue_name(const std::string& given);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// With options in addition, as "lease=30d&owner=family", but for those that were named.
    [[nodiscard]] std::string url(std::string_view more = {}) const;
    /// Throws own_error unless the file is there.
    void require() const;
    /// What a command's environment says of its job: the name leads to the queue from any folder.
    [[nodiscard]] std::vector<std::string> variables(job_id id) const;

private:
    std::string path_;
    std::string options_{};  // of the URL
};

/// For those who run commands: a lease goes back when the processes that they started have ended,
/// too, and not by time: no item runs twice at once.
inline constexpr std::string_view family_lease = "lease=30d&owner=family";

}  // namespace conq::cli

#endif

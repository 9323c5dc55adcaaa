// SPDX-License-Identifier: BSL-1.0
// The URLs of job queues: docs/formats/job_queue_url.md
#ifndef CONQ_SRC_JOBS_URL_HPP
#define CONQ_SRC_JOBS_URL_HPP

#include <string>
#include <string_view>

#include "conq/jobs/engine.hpp"

namespace conq::jobs {

/// Which failures a commit survives: see docs/jobs.md
enum class durability { process, batch, power };

/// The parts of a URL.
struct queue_url {
    bool is_memory = false;                ///< Whether the scheme is memory:, not sqlite:
    std::string path;                      ///< Of the file.
    durability level = durability::batch;  ///< durability=
    job_span lease{30'000};                ///< lease=
    bool is_family = false;                ///< owner=
    bool are_limits_advisory = false;      ///< time_limit=
    /// At how many pages of the WAL a checkpoint is made. No key of the URL: for tests.
    int checkpoint_pages = 20'000;
};

/// Takes a URL apart. Throws std::invalid_argument, which names what is known.
queue_url parse_url(std::string_view text);

}  // namespace conq::jobs

#endif

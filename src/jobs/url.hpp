// SPDX-License-Identifier: BSL-1.0
// The URLs of job queues: docs/formats/job_queue_url.md
#ifndef CONQ_SRC_JOBS_URL_HPP
#define CONQ_SRC_JOBS_URL_HPP

#include <string>
#include <string_view>

#include "conq/jobs/engine.hpp"

namespace conq::jobs {

/// What survives what.
enum class durability { process, batch, power };

/// A URL, taken apart.
struct queue_url {
    bool is_memory = false;                ///< memory: or sqlite:
    std::string path;                      ///< Of the file.
    durability level = durability::batch;  ///< durability=
    job_span lease{30'000};                ///< lease=
    bool is_family = false;                ///< owner=
    /// A checkpoint is made when the WAL is so long: no key, for tests.
    int checkpoint_pages = 20'000;
};

/// Takes a URL apart. Throws std::invalid_argument that names what is known.
queue_url parse_url(std::string_view text);

}  // namespace conq::jobs

#endif

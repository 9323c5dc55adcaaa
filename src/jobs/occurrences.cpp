// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/occurrences.hpp"

namespace conq::jobs {

occurrences::table::table() : base("") {
    base.run(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "CREATE TABLE seen(bytes BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;"
        "BEGIN");
}

occurrences::occurrences()
    : add_(table_.base,
           "INSERT INTO seen VALUES(?1, 1) ON CONFLICT(bytes) DO UPDATE SET count = count + 1 "
           "RETURNING count") {}

std::uint64_t occurrences::count(std::string_view bytes) {
    std::uint64_t count = 0;
    for (add_.bind(bytes); add_.step();) count = static_cast<std::uint64_t>(add_.integer(0));
    return count;
}

}  // namespace conq::jobs

// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/outputs.hpp"

#include "src/jobs/seal.hpp"

namespace conq::jobs {
namespace {

constexpr std::int64_t bytes_most = 256 << 20, age_most_ms = std::int64_t{7} * 24 * 3600 * 1000;
constexpr int trims_most = 16;  // so that a transaction stays short; each keep() adds one

std::int64_t sum_of_output(std::string_view bytes, job_id id) {
    const std::string_view name(reinterpret_cast<const char*>(&id), sizeof id);
    return static_cast<std::int64_t>(sum_of(name, sum_of(bytes)));
}

}  // namespace

void outputs::keep(job_id id, std::string_view bytes, bool keeps_all) {
    const auto job = static_cast<std::int64_t>(id);
    std::int64_t seq = 1, upto = static_cast<std::int64_t>(bytes.size());
    if (last_.bind().step()) {
        seq += last_.integer(0);
        upto += last_.integer(1);
    }
    last_.reset();
    drop_.bind(job).finish();  // after that look: the number of the last output is not used again
    add_.bind(seq, job, wall_ms(), upto, sum_of_output(bytes, id), bytes).finish();
    point_.bind(seq, job).finish();
    for (int i = 0; i < trims_most && !keeps_all; ++i) {
        trim_.bind(upto - bytes_most, wall_ms() - age_most_ms).finish();
        if (sqlite3_changes(base_.handle()) == 0) break;
    }
}

std::int64_t outputs::newest() {
    const std::int64_t number = last_.bind().step() ? last_.integer(0) : 0;
    last_.reset();
    return number;
}

std::int64_t outputs::number_of(job_id id) {
    const bool is_there = of_.bind(static_cast<std::int64_t>(id)).step();
    const std::int64_t number = is_there ? of_.integer(0) : 0;
    of_.reset();
    return number;
}

std::optional<std::string> outputs::find(job_id id) {
    std::optional<std::string> found;
    bool is_sound = true;
    if (find_.bind(static_cast<std::int64_t>(id)).step()) {
        found = find_.bytes(0);
        is_sound = find_.integer(1) == sum_of_output(*found, id);
    }
    find_.reset();
    if (is_sound) return found;
    throw store_error("conq: " + base_.path() + ": the output of job " + std::to_string(id) +
                      " does not match its checksum: the file is damaged: restore it from a copy");
}

}  // namespace conq::jobs

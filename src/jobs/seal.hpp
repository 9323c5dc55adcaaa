// SPDX-License-Identifier: BSL-1.0
// The clocks and checksums of the file of a queue: docs/formats/queue_file.md
#ifndef CONQ_SRC_JOBS_SEAL_HPP
#define CONQ_SRC_JOBS_SEAL_HPP

#include <time.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "src/jobs/row.hpp"

namespace conq::jobs {

inline std::int64_t clock_ms(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}
// The clock of delays, which outlive a boot.
inline std::int64_t wall_ms() {
    return clock_ms(CLOCK_REALTIME);
}
// The clock of leases: nobody can set it, and it stands still while the machine sleeps, as those do
// who renew leases. After a boot the owners of leases are dead anyway.
inline std::int64_t awake_ms() {
    return clock_ms(CLOCK_MONOTONIC);
}

// FNV-1a with 64 bits, by words of 8 bytes, lowest byte first; the remaining bytes one by one. A
// step for a word costs as much as one for a byte. Each step is one-to-one, so a change of one word
// changes the sum.
inline std::uint64_t sum_of(std::string_view bytes, std::uint64_t from = 0xcbf29ce484222325) {
    constexpr std::uint64_t prime = 0x100000001b3;
    for (; bytes.size() >= sizeof from; bytes.remove_prefix(sizeof from)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        from = (from ^ word) * prime;
    }
    for (const char each : bytes) from = (from ^ static_cast<unsigned char>(each)) * prime;
    return from;
}

inline std::int64_t seal(const row& job, std::int64_t body_sum) {
    const std::uint64_t fields[] = {job.id,
                                    static_cast<std::uint64_t>(job.state),
                                    job.token,
                                    job.attempts,
                                    job.crashes,
                                    job.max_attempts,
                                    job.max_crashes,
                                    static_cast<std::uint64_t>(job.time_limit.count()),
                                    static_cast<std::uint64_t>(body_sum)};
    return static_cast<std::int64_t>(
        sum_of({reinterpret_cast<const char*>(fields), sizeof fields}));
}

}  // namespace conq::jobs

#endif

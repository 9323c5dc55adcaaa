// SPDX-License-Identifier: BSL-1.0
// Limits how many jobs run at once, no matter which thread starts them.
#ifndef CONQ_CLI_JOB_SLOTS_HPP
#define CONQ_CLI_JOB_SLOTS_HPP

#include <cstddef>
#include <cstdint>

#include "conq/lifo_queue.hpp"

namespace conq::cli {

/// Slot numbers from 1, each for one job at a time; low ones first. Any thread.
class job_slots {
public:
    explicit job_slots(std::size_t count) : free_(count) {
        for (std::uint64_t number = count; number != 0; --number) free_.put(number);
    }

    /// Waits for a free number, and holds it until destroyed.
    class held {
    public:
        explicit held(job_slots& from) : from_(from), number_(*from.free_.get()) {}
        held(const held&) = delete;
        held& operator=(const held&) = delete;
        ~held() { from_.free_.put(number_); }
        [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    private:
        job_slots& from_;
        const std::uint64_t number_;
    };

private:
    lifo_queue<std::uint64_t> free_;
};

}  // namespace conq::cli

#endif

// SPDX-License-Identifier: BSL-1.0
// Places at which a test can inject a failure: the n-th allocation, construction, copy or move.
#ifndef CONQ_TESTING_FAULTS_POINTS_HPP
#define CONQ_TESTING_FAULTS_POINTS_HPP

#include <cstdint>
#include <exception>

namespace conq::testing {

/// What can be made to fail. These are bits: a plan may name several.
enum fault_kind : unsigned {
    allocation_fault = 1,
    construction_fault = 2,
    copy_fault = 4,
    move_fault = 8,
    any_fault = 15
};

/// What a construction, copy or move throws when a plan strikes it. An allocation throws
/// std::bad_alloc, as a real one does.
struct planned_fault : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "a planned fault"; }
};

/// While a plan lives, the n-th point (from 1) of `kinds` that its thread passes fails, once. A
/// thread has one plan at a time. Threads: belongs to one thread.
class fault_plan {
public:
    fault_plan(unsigned kinds, std::uint64_t n) noexcept;
    fault_plan(const fault_plan&) = delete;
    fault_plan& operator=(const fault_plan&) = delete;
    ~fault_plan();

    /// Whether the plan has struck.
    [[nodiscard]] bool has_fired() const noexcept;
    /// How many points have been passed, the failed one included.
    [[nodiscard]] std::uint64_t passed() const noexcept;

private:
    const std::uint64_t n_;
};

/// A place at which a plan of this thread may strike. Then it throws std::bad_alloc for an
/// allocation, otherwise planned_fault.
void fault_point(fault_kind kind);

}  // namespace conq::testing

#endif

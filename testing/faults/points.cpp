// SPDX-License-Identifier: BSL-1.0
#include "testing/faults/points.hpp"

#include <new>

namespace conq::testing {

namespace {

struct plan {
    unsigned kinds = 0;
    std::uint64_t left = 0;
    bool has_fired = false;
};
constinit thread_local plan current;

}  // namespace

fault_plan::fault_plan(unsigned kinds, std::uint64_t n) noexcept : n_(n) {
    current = {kinds, n, false};
}

fault_plan::~fault_plan() {
    current = {};
}

bool fault_plan::has_fired() const noexcept {
    return current.has_fired;
}

std::uint64_t fault_plan::passed() const noexcept {
    return n_ - current.left;
}

void fault_point(fault_kind kind) {
    if ((current.kinds & kind) == 0 || current.has_fired || --current.left != 0) return;
    current.has_fired = true;
    if (kind == allocation_fault) throw std::bad_alloc();
    throw planned_fault();
}

}  // namespace conq::testing

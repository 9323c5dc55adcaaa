// SPDX-License-Identifier: BSL-1.0
// Items that know whether they are alive. Each item counts itself, notices if it is used or
// destroyed when it is not alive, and fails where the thread's fault_plan says so, before anything
// has changed.
#ifndef CONQ_TESTING_FAULTS_ITEMS_HPP
#define CONQ_TESTING_FAULTS_ITEMS_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "testing/faults/points.hpp"

namespace conq::testing {

/// What all items have in common. The counts are relaxed: they must not order threads.
class item_census {
public:
    /// How many items are alive.
    [[nodiscard]] static std::int64_t alive() noexcept {
        return alive_.load(std::memory_order_relaxed);
    }
    /// How often, since the last call, something was used or destroyed that was not alive.
    [[nodiscard]] static std::int64_t take_crimes() noexcept { return crimes_.exchange(0); }

    /// Resets the counts: for canaries, whose items are not destroyed as they should be.
    static void forget() noexcept {
        alive_.store(0);
        crimes_.store(0);
    }

    static void add(std::int64_t change) noexcept {
        alive_.fetch_add(change, std::memory_order_relaxed);
    }
    static void report_crime() noexcept { crimes_.fetch_add(1, std::memory_order_relaxed); }

private:
    static inline std::atomic<std::int64_t> alive_{0}, crimes_{0};
};

/// An item of some 240 bytes, so that a segment holds 16. Its move may throw or not, and it has a
/// copy (which may throw) or none.
template <bool IsNothrowMove, bool IsCopyable> class item {
public:
    int value;
    bool is_moved_from = false;

    explicit item(int v) : value(v) {
        fault_point(construction_fault);
        begin();
    }
    item(const item& other)
        requires IsCopyable
        : value(other.value), is_moved_from(other.is_moved_from) {
        other.check();
        fault_point(copy_fault);
        begin();
    }
    item(item&& other) noexcept(IsNothrowMove) : value(other.value) {
        other.check();
        if constexpr (!IsNothrowMove) fault_point(move_fault);
        is_moved_from = other.is_moved_from;
        other.is_moved_from = true;
        begin();
    }
    item& operator=(const item&) = delete;
    ~item() {
        check();
        self_ = nullptr;
        item_census::add(-1);
    }

    /// Whether the item still is what it was made as.
    [[nodiscard]] bool is_intact(int v) const noexcept {
        check();
        return value == v && !is_moved_from;
    }

private:
    void begin() noexcept {
        self_ = this;
        item_census::add(1);
    }
    void check() const noexcept {
        if (self_ != this) item_census::report_crime();
    }

    const item* volatile self_ = nullptr;  // volatile: keeps the destructor's last store
    std::byte padding_[216] = {};
};

/// For the lock-free buffers: only its construction and copy can fail.
using steady_item = item<true, true>;
using steady_move_only = item<true, false>;
/// For the locked buffer: everything can fail.
using fragile_item = item<false, true>;
using fragile_move_only = item<false, false>;

}  // namespace conq::testing

#endif

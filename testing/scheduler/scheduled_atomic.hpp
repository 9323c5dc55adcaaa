// SPDX-License-Identifier: BSL-1.0
// std::atomic and plain data on the deterministic scheduler.
#ifndef CONQ_TESTING_SCHEDULER_SCHEDULED_ATOMIC_HPP
#define CONQ_TESTING_SCHEDULER_SCHEDULED_ATOMIC_HPP

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "testing/scheduler/scheduler.hpp"

namespace conq::testing {

/// The members of std::atomic; each call is a point of the schedule. The trace shows where it was
/// called.
template <class T> class scheduled_atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
    using order = std::memory_order;
    static constexpr order strongest = std::memory_order_seq_cst;

public:
    scheduled_atomic(T value = {}) : cell_(bits(value)) {}  // NOLINT: as std::atomic's

    T load(order how = strongest, place at = place::current()) const {
        return value(run().load(cell_, how, at));
    }
    void store(T to, order how = strongest, place at = place::current()) {
        run().store(cell_, bits(to), how, at);
    }
    T exchange(T to, order how = strongest, place at = place::current()) {
        return change("exchange", [to](T) { return to; }, how, at);
    }
    T fetch_add(T by, order how = strongest, place at = place::current()) {
        return change("add", [by](T was) { return static_cast<T>(was + by); }, how, at);
    }
    T fetch_sub(T by, order how = strongest, place at = place::current()) {
        return change("sub", [by](T was) { return static_cast<T>(was - by); }, how, at);
    }
    T fetch_or(T with, order how = strongest, place at = place::current()) {
        return change("or", [with](T was) { return static_cast<T>(was | with); }, how, at);
    }
    T fetch_and(T with, order how = strongest, place at = place::current()) {
        return change("and", [with](T was) { return static_cast<T>(was & with); }, how, at);
    }
    bool compare_exchange_strong(T& expected, T to, order success = strongest,
                                 order failure = strongest, place at = place::current()) {
        return compare_exchange(expected, to, success, failure, false, at);
    }
    bool compare_exchange_weak(T& expected, T to, order success = strongest,
                               order failure = strongest, place at = place::current()) {
        return compare_exchange(expected, to, success, failure, true, at);
    }

    [[nodiscard]] const cell& shared() const noexcept { return cell_; }

private:
    static scheduler& run() noexcept { return *scheduler::current(); }
    static std::uint64_t bits(T from) noexcept {
        std::uint64_t to = 0;
        std::memcpy(&to, &from, sizeof from);
        return to;
    }
    static T value(std::uint64_t from) noexcept {
        T to;
        std::memcpy(&to, &from, sizeof to);
        return to;
    }
    template <class Change> T change(const char* what, Change to, order how, const place& at) {
        return value(run().rmw(
            what, cell_, [&](std::uint64_t was) { return bits(to(value(was))); }, how, at));
    }
    bool compare_exchange(T& expected, T to, order success, order failure, bool is_weak,
                          const place& at) {
        std::uint64_t seen = bits(expected);
        const bool done =
            run().compare_exchange(cell_, seen, bits(to), success, failure, is_weak, at);
        expected = value(seen);
        return done;
    }

    cell cell_;
};

/// Plain data. The scheduler checks that something orders the accesses of different threads. It
/// behaves like a T.
template <class T> class scheduled_plain {
public:
    scheduled_plain(T value = {}) : value_(value) { wrote(); }  // NOLINT: as a T
    scheduled_plain(const scheduled_plain& other) : value_(other.get()) { wrote(); }
    scheduled_plain& operator=(const scheduled_plain& other) { return *this = other.get(); }
    scheduled_plain& operator=(T value) {
        wrote();
        value_ = value;
        return *this;
    }
    ~scheduled_plain() = default;

    operator T() const { return get(); }  // NOLINT: as a T
    T operator->() const
        requires std::is_pointer_v<T>
    {
        return get();
    }
    scheduled_plain& operator+=(T by) { return *this = static_cast<T>(get() + by); }
    scheduled_plain& operator-=(T by) { return *this = static_cast<T>(get() - by); }
    scheduled_plain& operator++() { return *this += 1; }
    scheduled_plain& operator--() { return *this -= 1; }

private:
    T get() const {
        if (scheduler* s = scheduler::current()) s->read_plain(this);
        return value_;
    }
    void wrote() {
        if (scheduler* s = scheduler::current()) s->write_plain(this);
    }

    T value_;
};

}  // namespace conq::testing

#endif

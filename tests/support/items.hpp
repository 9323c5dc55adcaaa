// SPDX-License-Identifier: BSL-1.0
// Items that tests put: counted, throwing, move-only.
#ifndef CONQ_TESTS_SUPPORT_ITEMS_HPP
#define CONQ_TESTS_SUPPORT_ITEMS_HPP

#include <atomic>
#include <stdexcept>

namespace conq::test {

/// Counts its living objects; a moved-from one says so.
struct counted {
    static inline std::atomic<int> alive{0};
    int value;
    bool is_moved_from = false;

    explicit counted(int v = 0) noexcept : value(v) { ++alive; }
    counted(const counted& other) noexcept : value(other.value) { ++alive; }
    counted(counted&& other) noexcept : value(other.value) {
        other.is_moved_from = true;
        ++alive;
    }
    counted& operator=(const counted&) = default;
    counted& operator=(counted&&) = default;
    ~counted() { --alive; }
};

/// Can only be moved, and so simply that it counts as trivially copyable: a number for something.
struct handle {
    int value;

    explicit handle(int v) noexcept : value(v) {}
    handle(handle&&) = default;
    handle& operator=(handle&&) = default;
};

/// Throws from its copy or its move when told to, before anything has changed.
struct throwing {
    static inline std::atomic<bool> throws_on_move{false};
    static inline std::atomic<bool> throws_on_copy{false};
    static inline std::atomic<int> alive{0};
    int value;

    explicit throwing(int v = 0) : value(v) { ++alive; }
    throwing(const throwing& other) : value(other.value) {
        if (throws_on_copy) throw std::runtime_error("copy");
        ++alive;
    }
    throwing(throwing&& other) noexcept(false) : value(other.value) {
        if (throws_on_move) throw std::runtime_error("move");
        ++alive;
    }
    throwing& operator=(const throwing&) = default;
    ~throwing() { --alive; }
};

/// As `throwing`, but it can only be moved.
struct throwing_move_only {
    static inline std::atomic<bool> throws{false};
    int value;

    explicit throwing_move_only(int v = 0) : value(v) {}
    throwing_move_only(throwing_move_only&& other) noexcept(false) : value(other.value) {
        if (throws) throw std::runtime_error("move");
    }
};

}  // namespace conq::test

#endif

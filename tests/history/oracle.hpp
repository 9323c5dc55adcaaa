// SPDX-License-Identifier: BSL-1.0
// Brute force: tries every order of a small history against the specification of a queue, as Wing
// and Gong do, and remembers the states that lead nowhere.
#ifndef CONQ_TESTS_HISTORY_ORACLE_HPP
#define CONQ_TESTS_HISTORY_ORACLE_HPP

#include <array>
#include <cstdint>
#include <vector>

#include "testing/history/checker.hpp"

namespace conq::test {

/// A queue as its specification has it: what is in, in the order in which it comes out.
struct model {
    const testing::rules* by;
    std::array<std::uint64_t, 16> items{};
    std::uint8_t size = 0;
    bool is_closed = false;
    std::uint64_t bound = 0;
    std::uint64_t unfinished = 0;

    explicit model(const testing::rules& promised) : by(&promised), bound(promised.bound) {}

    /// Carries the call out. False: it cannot have this answer now. The value of a get that did not
    /// answer is any.
    [[nodiscard]] bool carry_out(const testing::operation& op);
    [[nodiscard]] bool is_full() const noexcept { return bound != 0 && size >= bound; }

private:
    [[nodiscard]] bool put(const testing::operation& op);
    [[nodiscard]] bool get(const testing::operation& op);
    [[nodiscard]] std::size_t place_for(std::uint64_t value) const;
};

/// Whether a history has an order: one that respects the clock, or, for spsc, each thread's own
/// order. At most 12 calls, whose values differ in their last 4 bits.
class oracle {
public:
    static constexpr std::size_t calls_most = 12;
    [[nodiscard]] bool has_order(const testing::history& of, const testing::rules& by);

private:
    struct seen_set {
        std::vector<std::uint64_t> slots = std::vector<std::uint64_t>(1024);
        std::size_t used = 0;
        [[nodiscard]] bool insert(std::uint64_t key);  // not 0; false: it is in
        void clear();
    };
    [[nodiscard]] bool search(std::uint32_t carried_out, const model& now);
    [[nodiscard]] bool hand_over(std::uint32_t carried_out, const model& now, std::size_t put);

    const std::vector<testing::operation>* calls_ = nullptr;
    std::array<std::uint32_t, 16> before_{};  // calls that have to come before each
    std::uint32_t must_ = 0;                  // calls that answered
    seen_set seen_;
};

}  // namespace conq::test

#endif

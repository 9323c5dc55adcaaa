// SPDX-License-Identifier: BSL-1.0
// A word that threads move forward by compare-and-swap, and a guess of it beside.
//
// A load of a word waits for the end of the locked instruction that has just moved it. So of
// several puts in a row each waited for the one before: 14.1 ns a put. A plain store is handed on
// at once, so the next put begins with what the one before has stored as a guess, and its
// compare-and-swap, which expects the guess, proves it right: 8.8 ns. Both stand on one line, which
// the compare-and-swap needs anyway. (Measured: docs/speed.md. Known as value speculation.)
#ifndef CONQ_BUFFERS_GUESSED_WORD_HPP
#define CONQ_BUFFERS_GUESSED_WORD_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/config.hpp"

namespace conq {

/// See above. Threads: any. Non-blocking, O(1).
template <class Platform> struct guessed_word {
    /// The word. It never holds the same value twice.
    typename Platform::template atomic<std::uint64_t> word{0};
    /// Something that it held, mostly the last.
    typename Platform::template atomic<std::uint64_t> guess{0};

    /// The guess. Whoever gets it sees all that happened before the word was moved there.
    [[nodiscard]] CONQ_HOT std::uint64_t guessed() const noexcept {
        return guess.load(std::memory_order_acquire);  // (1) with (2)
    }
    /// Moves the word from `expected` to `value`, if it is there.
    [[nodiscard]] CONQ_HOT bool claim(std::uint64_t expected, std::uint64_t value) noexcept {
        return word.compare_exchange_strong(
            expected, value, std::memory_order_seq_cst,
            std::memory_order_relaxed);  // (3) relaxed: a failure reads nothing
    }
    /// The word was moved to `value`. Best called last: a store to a line just locked holds up
    /// those behind it.
    CONQ_HOT void settle(std::uint64_t value) noexcept {
        guess.store(value, std::memory_order_release);  // (2) with (1)
    }
    /// The word itself, for whoever has found the guess wrong, or has time.
    [[nodiscard]] std::uint64_t look() noexcept {
        const std::uint64_t value = word.load();
        settle(value);
        return value;
    }
};

}  // namespace conq

#endif

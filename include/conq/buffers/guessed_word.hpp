// SPDX-License-Identifier: BSL-1.0
// A word that threads move forward by compare-and-swap, and beside it a guess of its value.
//
// A load of a word waits until the locked instruction that has just changed it has ended. So each
// of several puts in a row waited for the one before: 14.1 ns a put. A plain store is forwarded at
// once: each put also stores the new value as a guess, with which the next put begins. The
// compare-and-swap of that put expects the guess, and so proves it right: 8.8 ns. Both are on one
// cache line, which the compare-and-swap needs anyway. (Measured: docs/speed.md. Known as value
// speculation.)
#ifndef CONQ_BUFFERS_GUESSED_WORD_HPP
#define CONQ_BUFFERS_GUESSED_WORD_HPP

#include <atomic>
#include <cstdint>

#include "conq/platform/config.hpp"

namespace conq {

/// The word and its guess: see the head of this file. Threads: any. Progress: non-blocking. O(1).
template <class Platform> struct guessed_word {
    /// The word. It never holds the same value twice.
    typename Platform::template atomic<std::uint64_t> word{0};
    /// A value that the word has held, mostly the latest.
    typename Platform::template atomic<std::uint64_t> guess{0};

    /// The guess. The caller sees all that happened before the word was moved to this value.
    [[nodiscard]] CONQ_HOT std::uint64_t guessed() const noexcept {
        return guess.load(std::memory_order_acquire);  // (1) with (2)
    }
    /// Moves the word from `expected` to `value`. False: it holds another value; nothing changed.
    [[nodiscard]] CONQ_HOT bool claim(std::uint64_t expected, std::uint64_t value) noexcept {
        return word.compare_exchange_strong(
            expected, value, std::memory_order_seq_cst,
            std::memory_order_relaxed);  // (3) relaxed: a failure reads nothing
    }
    /// Stores the guess after the word was moved to `value`. Best called last: a store to a cache
    /// line that was just locked delays the stores behind it.
    CONQ_HOT void settle(std::uint64_t value) noexcept {
        guess.store(value, std::memory_order_release);  // (2) with (1)
    }
    /// Reads the word itself, and renews the guess: for calls whose guess was wrong, or that have
    /// time.
    [[nodiscard]] std::uint64_t look() noexcept {
        const std::uint64_t value = word.load();
        settle(value);
        return value;
    }
};

}  // namespace conq

#endif

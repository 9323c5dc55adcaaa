// SPDX-License-Identifier: BSL-1.0
// The heap of a test program, counted and able to fail. A program that links this has its operator
// new and delete replaced: each allocation is a fault point, each living block is counted. Apart
// from it, an allocator for a queue's Traits that keeps a count of its own, so that a test can tell
// what a queue allocates by its allocator from what it does not.
//
// ThreadSanitizer insists on an operator new of its own: there that one neither counts nor fails.
#ifndef CONQ_TESTING_FAULTS_HEAP_HPP
#define CONQ_TESTING_FAULTS_HEAP_HPP

#include <cstddef>
#include <cstdint>

#include "testing/faults/sanitizers.hpp"

namespace conq::testing {

/// Whether operator new is replaced.
inline constexpr bool operator_new_can_fail = !CONQ_TESTING_TSAN;

/// What is allocated and not freed.
struct heap_use {
    std::int64_t blocks = 0;
    std::int64_t bytes = 0;
    friend bool operator==(const heap_use&, const heap_use&) = default;
};

/// Of operator new, by the whole program. Exact while nobody allocates.
[[nodiscard]] heap_use heap_in_use() noexcept;

/// Of all counting_allocators.
[[nodiscard]] heap_use counted_in_use() noexcept;

/// What counting_allocator comes down to: a fault point, then memory. Throws std::bad_alloc.
[[nodiscard]] void* allocate_counted(std::size_t bytes, std::size_t alignment);
void free_counted(void* memory) noexcept;

/// An allocator that can fail and counts, on malloc: it passes operator new by.
template <class T> struct counting_allocator {
    using value_type = T;
    counting_allocator() = default;
    template <class U>
    counting_allocator(const counting_allocator<U>&) noexcept {}  // NOLINT: allocators convert
    T* allocate(std::size_t n) {
        return static_cast<T*>(allocate_counted(n * sizeof(T), alignof(T)));
    }
    void deallocate(T* memory, std::size_t) noexcept { free_counted(memory); }
    friend bool operator==(counting_allocator, counting_allocator) noexcept { return true; }
};

/// A queue's traits with the counting allocator in the place of theirs.
template <class Traits> struct counting_traits : Traits {
    template <class T> using allocator = counting_allocator<T>;
};

}  // namespace conq::testing

#endif

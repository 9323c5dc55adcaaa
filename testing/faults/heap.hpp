// SPDX-License-Identifier: BSL-1.0
// The heap of a test program: it counts, and it can fail. In a program that links this, operator
// new and delete are replaced: each allocation is a fault point, and each living block is counted.
// In addition there is an allocator for a queue's Traits. It keeps a separate count, so a test can
// tell what a queue allocates by its allocator from what it allocates otherwise.
//
// ThreadSanitizer insists on its own operator new. Under it, operator new neither counts nor fails.
#ifndef CONQ_TESTING_FAULTS_HEAP_HPP
#define CONQ_TESTING_FAULTS_HEAP_HPP

#include <cstddef>
#include <cstdint>

#include "testing/faults/sanitizers.hpp"

namespace conq::testing {

/// Whether operator new is replaced.
inline constexpr bool operator_new_can_fail = !CONQ_TESTING_TSAN;

/// How much is allocated and not freed.
struct heap_use {
    std::int64_t blocks = 0;
    std::int64_t bytes = 0;
    friend bool operator==(const heap_use&, const heap_use&) = default;
};

/// What the whole program has allocated by operator new. Exact while no thread allocates.
[[nodiscard]] heap_use heap_in_use() noexcept;

/// What all counting_allocators together have allocated.
[[nodiscard]] heap_use counted_in_use() noexcept;

/// The allocation of counting_allocator: first a fault point, then memory. Throws std::bad_alloc.
[[nodiscard]] void* allocate_counted(std::size_t bytes, std::size_t alignment);
void free_counted(void* memory) noexcept;

/// An allocator that counts and can fail. It uses malloc, not operator new.
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

/// The traits of a queue, with the counting allocator in place of their own.
template <class Traits> struct counting_traits : Traits {
    template <class T> using allocator = counting_allocator<T>;
};

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
#include "testing/faults/heap.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "testing/faults/points.hpp"
#include "testing/faults/sanitizers.hpp"

namespace conq::testing {

namespace {

// Relaxed, so that counting orders nothing: it must not hide a race from ThreadSanitizer.
class book {
public:
    void add(void* memory) noexcept { change(memory, 1); }
    void remove(void* memory) noexcept { change(memory, -1); }
    [[nodiscard]] heap_use use() const noexcept {
        return {blocks_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed)};
    }

private:
    void change(void* memory, std::int64_t sign) noexcept {
        const auto bytes = static_cast<std::int64_t>(malloc_usable_size(memory));
        blocks_.fetch_add(sign, std::memory_order_relaxed);
        bytes_.fetch_add(sign * bytes, std::memory_order_relaxed);
    }
    std::atomic<std::int64_t> blocks_{0}, bytes_{0};
};
constinit book by_new, by_counted;

void* allocate(book& in, std::size_t bytes, std::size_t alignment) {
    fault_point(allocation_fault);
    const std::size_t rounded =
        (std::max<std::size_t>(bytes, 1) + alignment - 1) & ~(alignment - 1);
    void* const memory = alignment <= alignof(std::max_align_t)
                             ? std::malloc(rounded)
                             : std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    in.add(memory);
    return memory;
}

void release(book& in, void* memory) noexcept {
    if (memory == nullptr) return;
    in.remove(memory);
    std::free(memory);
}

}  // namespace

heap_use heap_in_use() noexcept {
    return by_new.use();
}
heap_use counted_in_use() noexcept {
    return by_counted.use();
}
void* allocate_counted(std::size_t bytes, std::size_t alignment) {
    return allocate(by_counted, bytes, alignment);
}
void free_counted(void* memory) noexcept {
    release(by_counted, memory);
}

}  // namespace conq::testing

#if !CONQ_TESTING_TSAN
// The array and nothrow forms of the standard library call these.
void* operator new(std::size_t bytes) {
    return conq::testing::allocate(conq::testing::by_new, bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return conq::testing::allocate(conq::testing::by_new, bytes,
                                   static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    conq::testing::release(conq::testing::by_new, memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    conq::testing::release(conq::testing::by_new, memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    conq::testing::release(conq::testing::by_new, memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    conq::testing::release(conq::testing::by_new, memory);
}
#endif

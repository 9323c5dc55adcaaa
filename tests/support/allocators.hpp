// SPDX-License-Identifier: BSL-1.0
// Allocators that count what they do.
#ifndef CONQ_TESTS_SUPPORT_ALLOCATORS_HPP
#define CONQ_TESTS_SUPPORT_ALLOCATORS_HPP

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace conq::test {

/// What one family of allocators has done.
struct ledger {
    std::atomic<std::size_t> bytes{0}, allocations{0}, items_made{0}, items_ended{0};
    std::atomic<bool> refuses{false};
};

/// Stateful, not default-constructible, and it counts.
template <class T> struct counting {
    using value_type = T;
    ledger* book;
    explicit counting(ledger& in) noexcept : book(&in) {}
    template <class U> counting(const counting<U>& other) noexcept : book(other.book) {}
    T* allocate(std::size_t n) {
        if (book->refuses) throw std::bad_alloc();
        book->bytes += n * sizeof(T);
        ++book->allocations;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* at, std::size_t n) noexcept {
        book->bytes -= n * sizeof(T);
        std::allocator<T>().deallocate(at, n);
    }
    friend bool operator==(const counting& a, const counting& b) noexcept {
        return a.book == b.book;
    }
};

/// The same, and it has a say in how items begin and end.
template <class T> struct making : counting<T> {
    using value_type = T;
    using counting<T>::counting;
    template <class U> making(const making<U>& other) noexcept : counting<T>(other) {}
    template <class U, class... From>
    void construct(U* at, From&&... from) noexcept(std::is_nothrow_constructible_v<U, From...>) {
        ::new (static_cast<void*>(at)) U(std::forward<From>(from)...);
        if (std::is_same_v<U, int> || std::is_same_v<U, std::string>) ++this->book->items_made;
    }
    template <class U> void destroy(U* at) noexcept {
        if (std::is_same_v<U, int> || std::is_same_v<U, std::string>) ++this->book->items_ended;
        at->~U();
    }
};

}  // namespace conq::test

#endif

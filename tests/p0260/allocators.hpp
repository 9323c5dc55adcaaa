// SPDX-License-Identifier: BSL-1.0
// An allocator that counts what it does.
#ifndef CONQ_TESTS_P0260_ALLOCATORS_HPP
#define CONQ_TESTS_P0260_ALLOCATORS_HPP

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace conq::test {

/// What all allocators of one family have done.
struct ledger {
    std::size_t bytes = 0;
    int allocations = 0, made = 0, ended = 0;
};

/// Stateful, and with a say in how items of type int begin and end.
template <class T> struct counting {
    using value_type = T;
    ledger* book;
    explicit counting(ledger& in) noexcept : book(&in) {}
    template <class U> counting(const counting<U>& other) noexcept : book(other.book) {}
    T* allocate(std::size_t n) {
        book->bytes += n * sizeof(T);
        ++book->allocations;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* at, std::size_t n) noexcept {
        book->bytes -= n * sizeof(T);
        std::allocator<T>().deallocate(at, n);
    }
    template <class U, class... From>
    void construct(U* at, From&&... from) noexcept(std::is_nothrow_constructible_v<U, From...>) {
        std::construct_at(at, std::forward<From>(from)...);
        if constexpr (std::is_same_v<U, int>) ++book->made;
    }
    template <class U> void destroy(U* at) noexcept {
        if constexpr (std::is_same_v<U, int>) ++book->ended;
        std::destroy_at(at);
    }
    friend bool operator==(const counting& a, const counting& b) noexcept {
        return a.book == b.book;
    }
};

}  // namespace conq::test

#endif

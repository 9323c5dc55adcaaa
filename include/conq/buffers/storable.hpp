// SPDX-License-Identifier: BSL-1.0
// How an allocator makes and destroys items, and what the lock-free buffers require of both.
#ifndef CONQ_BUFFERS_STORABLE_HPP
#define CONQ_BUFFERS_STORABLE_HPP

#include <type_traits>
#include <utility>

#include "conq/platform/standard.hpp"

namespace conq {

/// Whether uses-allocator construction of an item passes the allocator on: its type uses
/// allocators, or it is a pair of which one half does.
template <class T, class Allocator>
inline constexpr bool is_handed_allocator = std::uses_allocator_v<T, Allocator>;
template <class T, class Allocator>
inline constexpr bool is_handed_allocator<const T, Allocator> = is_handed_allocator<T, Allocator>;
template <class A, class B, class Allocator>
inline constexpr bool is_handed_allocator<std::pair<A, B>, Allocator> =
    is_handed_allocator<A, Allocator> || is_handed_allocator<B, Allocator>;

/// The life of an item of type T in the storage of an Allocator of T. Items are made and destroyed
/// through std::allocator_traits, so an item that uses allocators itself gets the queue's.
///
/// Unlike allocator_traits, it can also tell whether making an item may throw.
template <class T, class Allocator> struct item_life {
    /// Whether making the item from `From...` cannot throw.
    template <class... From> static constexpr bool is_made_nothrow() noexcept {
        if constexpr (!has_no_say && requires(Allocator& alloc, T* at, From&&... from) {
                          alloc.construct(at, std::forward<From>(from)...);
                      }) {
            return noexcept(
                std::declval<Allocator&>().construct(std::declval<T*>(), std::declval<From>()...));
        } else {
            return std::is_nothrow_constructible_v<T, From...>;
        }
    }

    /// Makes the item at `address`. Throws what the constructor throws.
    template <class... From>
    static void make(Allocator alloc, void* address,
                     From&&... from) noexcept(is_made_nothrow<From...>()) {
        traits::construct(alloc, static_cast<T*>(address), std::forward<From>(from)...);
    }

    /// Destroys the item at `address`.
    static void end(Allocator alloc, T* address) noexcept { traits::destroy(alloc, address); }

private:
    using traits = std::allocator_traits<Allocator>;
    // True for a polymorphic allocator whose items use no allocator: its construct() then calls
    // only the item's constructor, but is never noexcept. It is recognised by its resource(),
    // because including its header is expensive.
    static constexpr bool has_no_say = requires(const Allocator& alloc) { alloc.resource(); } &&
                                       !is_handed_allocator<T, Allocator>;
};

/// Whether the lock-free buffers can hold T: nothing may throw after a claim.
template <class T, class Allocator = std::allocator<T>>
concept lock_free_storable =
    std::is_object_v<T> && std::is_nothrow_move_constructible_v<T> &&
    std::is_nothrow_destructible_v<T> && item_life<T, Allocator>::template is_made_nothrow<T>();

}  // namespace conq

#endif

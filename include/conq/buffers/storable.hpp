// SPDX-License-Identifier: BSL-1.0
// How an allocator makes and ends items, and what the lock-free buffers ask of both.
#ifndef CONQ_BUFFERS_STORABLE_HPP
#define CONQ_BUFFERS_STORABLE_HPP

#include <type_traits>
#include <utility>

#include "conq/platform/standard.hpp"

namespace conq {

/// Whether an item that is made by uses-allocator construction is handed the allocator: its own
/// type asks for it, or it is a pair, of which one half does.
template <class T, class Allocator>
inline constexpr bool is_handed_allocator = std::uses_allocator_v<T, Allocator>;
template <class T, class Allocator>
inline constexpr bool is_handed_allocator<const T, Allocator> = is_handed_allocator<T, Allocator>;
template <class A, class B, class Allocator>
inline constexpr bool is_handed_allocator<std::pair<A, B>, Allocator> =
    is_handed_allocator<A, Allocator> || is_handed_allocator<B, Allocator>;

/// The life of an item of type T in storage of an Allocator of T: it begins and ends as
/// std::allocator_traits would have it, so an item that uses allocators itself gets the queue's.
///
/// Here it can also be told whether the beginning may throw, which allocator_traits does not say.
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

    /// Ends the item at `address`.
    static void end(Allocator alloc, T* address) noexcept { traits::destroy(alloc, address); }

private:
    using traits = std::allocator_traits<Allocator>;
    // A polymorphic allocator, known by its shape because its header is dear, makes an item that
    // uses no allocator as the item's own constructor does, but does not say that it is noexcept.
    static constexpr bool has_no_say = requires(const Allocator& alloc) { alloc.resource(); } &&
                                       !is_handed_allocator<T, Allocator>;
};

/// Whether the lock-free buffers can hold T: after a claim nothing may throw.
template <class T, class Allocator = std::allocator<T>>
concept lock_free_storable =
    std::is_object_v<T> && std::is_nothrow_move_constructible_v<T> &&
    std::is_nothrow_destructible_v<T> && item_life<T, Allocator>::template is_made_nothrow<T>();

}  // namespace conq

#endif

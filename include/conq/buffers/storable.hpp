// SPDX-License-Identifier: BSL-1.0
// What the lock-free buffers ask of an item.
#ifndef CONQ_BUFFERS_STORABLE_HPP
#define CONQ_BUFFERS_STORABLE_HPP

#include <type_traits>

namespace conq {

/// Whether the lock-free buffers can hold T: after a claim nothing may throw.
template <class T>
concept lock_free_storable =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>;

}  // namespace conq

#endif

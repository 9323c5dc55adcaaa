// SPDX-License-Identifier: BSL-1.0
// A place for one item that a source makes where it stands: what containers hold, so that an item
// is made once and never moved inside them.
#ifndef CONQ_BUFFERS_CELL_HPP
#define CONQ_BUFFERS_CELL_HPP

#include <cstddef>
#include <new>

#include "conq/buffers/storable.hpp"

namespace conq {

/// An item made by `source(address)`, which may throw; then there is no cell. Allocator ends it.
template <class T, class Allocator> class cell {
public:
    /// Makes the item. Throws what the source throws.
    template <class Source> cell(const Source& source, const Allocator& alloc) : alloc_(alloc) {
        source(static_cast<void*>(bytes_));
    }
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;
    ~cell() { item_life<T, Allocator>::end(alloc_, item()); }

    /// The item.
    [[nodiscard]] T* item() noexcept { return std::launder(reinterpret_cast<T*>(bytes_)); }

private:
    alignas(T) std::byte bytes_[sizeof(T)];
    [[no_unique_address]] Allocator alloc_;
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// A place for one item that a source makes where it stands: what containers hold, so that an item
// is made once and never moved inside them.
#ifndef CONQ_BUFFERS_CELL_HPP
#define CONQ_BUFFERS_CELL_HPP

#include <cstddef>
#include <memory>
#include <new>

namespace conq {

/// An item made by `source(address)`, which may throw; then there is no cell.
template <class T> class cell {
public:
    /// Makes the item. Throws what the source throws.
    template <class Source> explicit cell(const Source& source) {
        source(static_cast<void*>(bytes_));
    }
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;
    ~cell() { std::destroy_at(item()); }

    /// The item.
    [[nodiscard]] T* item() noexcept { return std::launder(reinterpret_cast<T*>(bytes_)); }

private:
    alignas(T) std::byte bytes_[sizeof(T)];
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// Memory for an object that is watched after the object was destroyed. A write to a destroyed queue
// is found in any build if it changes a byte; under AddressSanitizer a read is found, too.
#ifndef CONQ_TESTING_FAULTS_GRAVE_HPP
#define CONQ_TESTING_FAULTS_GRAVE_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "testing/faults/sanitizers.hpp"
#if CONQ_TESTING_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace conq::testing {

/// Room for one T at a time, which can be made and destroyed any number of times.
template <class T> class grave {
public:
    grave() = default;
    grave(const grave&) = delete;
    grave& operator=(const grave&) = delete;
    ~grave() { open(); }

    /// Makes the object from `arguments`.
    template <class... Arguments> T& make(Arguments&&... arguments) {
        open();
        object_ = ::new (static_cast<void*>(room_)) T(std::forward<Arguments>(arguments)...);
        return *object_;
    }

    /// Destroys the object and closes the grave.
    void end() noexcept {
        std::destroy_at(object_);
        object_ = nullptr;
        std::memset(room_, fill, sizeof room_);
#if CONQ_TESTING_ASAN
        ASAN_POISON_MEMORY_REGION(room_, sizeof room_);
#endif
    }

    /// Whether nothing has been written since the object was destroyed. Call it when no thread can
    /// touch the object any more.
    [[nodiscard]] bool is_undisturbed() noexcept {
        open();
        return std::all_of(room_, room_ + sizeof room_,
                           [](std::byte each) { return each == std::byte{fill}; });
    }

private:
    static constexpr unsigned char fill = 0xdb;

    void open() noexcept {
#if CONQ_TESTING_ASAN
        ASAN_UNPOISON_MEMORY_REGION(room_, sizeof room_);
#endif
    }

    T* object_ = nullptr;
    alignas(T) std::byte room_[sizeof(T)];
};

}  // namespace conq::testing

#endif

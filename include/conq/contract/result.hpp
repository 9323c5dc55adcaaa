// SPDX-License-Identifier: BSL-1.0
// What a get returns: an item, or the reason why there is none.
#ifndef CONQ_CONTRACT_RESULT_HPP
#define CONQ_CONTRACT_RESULT_HPP

#include <cstddef>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "conq/contract/status.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// Whether T is trivially copyable and at most 16 bytes, so that compilers can keep it in
/// registers.
template <class T>
inline constexpr bool is_small = std::is_trivially_copyable_v<T> && sizeof(T) <= 16;

/// Thrown by `value()` and by `lease::release()` if there is no item.
class bad_result_access : public std::logic_error {
public:
    /// `state` is the reason; what() names it.
    explicit bad_result_access(status state)
        : std::logic_error(message(state).text), state_(state) {}

    /// Why there is no item.
    [[nodiscard]] status state() const noexcept { return state_; }

private:
    struct message {
        char text[128];
        explicit message(status state) noexcept {
            std::snprintf(text, sizeof text,
                          "this result holds no item (%s): test it with `if (result)` before you "
                          "take its value",
                          to_string(state));
        }
    };
    status state_;
};

/// An item, or a status other than `ok`.
///
/// A result holds an item exactly if `state()` is `ok`. As with std::optional, a result that was
/// moved from keeps its state and a moved-from item. Thread-safety: that of any value. It allocates
/// nothing. All members are O(1).
template <class T> class result {
public:
    /// The type of the item.
    using value_type = T;
    /// A result without an item. `state` is the reason and must not be `ok`.
    explicit result(status state) noexcept : none_{}, state_(state) {}

    /// A result with the item that `make()` returns, which is a T. It is neither copied nor moved.
    template <class Make>
    result(std::in_place_t, Make&& make) noexcept(noexcept(std::forward<Make>(make)()))
        : item_(std::forward<Make>(make)()), state_(status::ok) {}

    result(const result&)
        requires std::is_trivially_copy_constructible_v<T>
    = default;
    result(const result& other)
        requires(!std::is_trivially_copy_constructible_v<T> && std::is_copy_constructible_v<T>)
        : none_{}, state_(other.state_) {
        if (other) std::construct_at(std::addressof(item_), other.item_);
    }
    result(result&&)
        requires std::is_trivially_move_constructible_v<T>
    = default;
    result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
        requires(!std::is_trivially_move_constructible_v<T>)
        : none_{}, state_(other.state_) {
        if (other) std::construct_at(std::addressof(item_), std::move(other.item_));
    }
    result& operator=(const result&)
        requires(std::is_trivially_copy_assignable_v<T> &&
                 std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T>)
    = default;
    result& operator=(result&&)
        requires(std::is_trivially_move_assignable_v<T> &&
                 std::is_trivially_move_constructible_v<T> && std::is_trivially_destructible_v<T>)
    = default;
    /// Copies `other`, then moves the copy into this result as below. If the copy throws, nothing
    /// has changed.
    result& operator=(const result& other)
        requires(std::is_copy_constructible_v<T> && !(std::is_trivially_copy_assignable_v<T> &&
                                                      std::is_trivially_copy_constructible_v<T> &&
                                                      std::is_trivially_destructible_v<T>))
    {
        if (this != std::addressof(other)) *this = result(other);
        return *this;
    }
    /// Destroys the old item, then moves the other's item here. If T's move throws, this result
    /// holds no item and its state is `empty`.
    result& operator=(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
        requires(!(std::is_trivially_move_assignable_v<T> &&
                   std::is_trivially_move_constructible_v<T> &&
                   std::is_trivially_destructible_v<T>))
    {
        if (this == std::addressof(other)) return *this;
        if (*this) std::destroy_at(std::addressof(item_));
        state_ = status::empty;
        if (other) std::construct_at(std::addressof(item_), std::move(other.item_));
        state_ = other.state_;
        return *this;
    }
    ~result()
        requires std::is_trivially_destructible_v<T>
    = default;
    ~result()
        requires(!std::is_trivially_destructible_v<T>)
    {
        if (*this) std::destroy_at(std::addressof(item_));
    }

    /// Whether there is an item.
    [[nodiscard]] explicit operator bool() const noexcept { return state_ == status::ok; }
    /// `ok`, or the reason why there is no item.
    [[nodiscard]] status state() const noexcept { return state_; }

    /// The item. The behaviour is undefined if there is none.
    [[nodiscard]] T& operator*() & noexcept { return item_; }
    [[nodiscard]] const T& operator*() const& noexcept { return item_; }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(item_); }
    [[nodiscard]] T* operator->() noexcept { return std::addressof(item_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::addressof(item_); }

    /// The item. Throws bad_result_access if there is none.
    [[nodiscard]] T& value() & { return check(), item_; }
    [[nodiscard]] const T& value() const& { return check(), item_; }
    [[nodiscard]] T&& value() && { return check(), std::move(item_); }

    /// The item, or `other` if there is none.
    template <class Other> [[nodiscard]] T value_or(Other&& other) && {
        return *this ? T(std::move(item_)) : static_cast<T>(std::forward<Other>(other));
    }
    template <class Other> [[nodiscard]] T value_or(Other&& other) const& {
        return *this ? T(item_) : static_cast<T>(std::forward<Other>(other));
    }

    /// The item as an optional, which does not keep the reason if there is none.
    [[nodiscard]] std::optional<T> to_optional() && {
        return *this ? std::optional<T>(std::move(item_)) : std::nullopt;
    }
    [[nodiscard]] std::optional<T> to_optional() const& {
        return *this ? std::optional<T>(item_) : std::nullopt;
    }

private:
    void check() const {
        if (!*this) platform::throw_or_abort(bad_result_access(state_));
    }

    // A result returned in registers also returns the bytes of an item that is not there. They are
    // set to 0, because g++ otherwise warns in users' code that they "may be used uninitialized".
    struct nothing {};
    struct zeros {
        std::byte bytes[sizeof(T)];
    };
    union {
        std::conditional_t<is_small<T>, zeros, nothing> none_;
        T item_;
    };
    status state_;

    template <class U> friend class result_slot;
};

/// The means by which a buffer puts an item into a result that holds none yet. For buffers only.
template <class T> class result_slot {
public:
    /// `out` holds no item and outlives this object.
    explicit result_slot(result<T>& out) noexcept : out_(out) {}

    /// Moves the item into the result; copies it if only a copy keeps the strong exception
    /// guarantee.
    void operator()(T& item) const noexcept(std::is_nothrow_move_constructible_v<T>) {
        std::construct_at(std::addressof(out_.item_), std::move_if_noexcept(item));
        out_.state_ = status::ok;
    }

    /// Makes the item in place by `source(address)`. If that throws, the result holds no item.
    template <class Source> void make(const Source& source) const {
        source(static_cast<void*>(std::addressof(out_.item_)));
        out_.state_ = status::ok;
    }

    /// Sets the reason why there is no item. The result holds none yet.
    void fail(status why) const noexcept { out_.state_ = why; }

private:
    result<T>& out_;
};

}  // namespace conq

#endif

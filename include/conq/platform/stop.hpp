// SPDX-License-Identifier: BSL-1.0
// Stop tokens: which types are tokens, and which callback type belongs to one. Any token of the
// shape of C++26's stoppable_token works, and std::stop_token.
#ifndef CONQ_PLATFORM_STOP_HPP
#define CONQ_PLATFORM_STOP_HPP

#include <concepts>
#include <type_traits>
#include <utility>
#if __has_include(<stop_token>)
#include <stop_token>
#endif

namespace conq {

/// A token that tells whether somebody asks to stop.
template <class Token>
concept stop_token_like = std::copyable<Token> && requires(const Token token) {
    { token.stop_requested() } noexcept -> std::convertible_to<bool>;
    { token.stop_possible() } noexcept -> std::convertible_to<bool>;
};

/// The token of somebody who never asks: the default of every call, and free of cost.
struct never_stop_token {
    /// A callback that is never called.
    template <class Callback> struct callback_type {
        /// Registers nothing.
        explicit callback_type(never_stop_token, Callback) noexcept {}
    };
    /// Always false.
    [[nodiscard]] static constexpr bool stop_requested() noexcept { return false; }
    /// Always false.
    [[nodiscard]] static constexpr bool stop_possible() noexcept { return false; }
    /// All are equal.
    friend constexpr bool operator==(never_stop_token, never_stop_token) noexcept = default;
};

namespace platform {

/// The type behind stop_callback_t: the token's own, as C++26 names it, or the standard's.
template <class Token, class Callback> struct stop_callback_for {
    /// Made from (token, callback).
    using type = typename Token::template callback_type<Callback>;
};
#if defined(__cpp_lib_jthread)
template <class Callback> struct stop_callback_for<std::stop_token, Callback> {
    using type = std::stop_callback<Callback>;
};
#endif

/// The type that calls `Callback` when a stop is asked of `Token`; made from (token, callback). Its
/// destructor waits for a callback that runs on another thread, so no lock may be held there.
template <class Token, class Callback>
using stop_callback_t = typename stop_callback_for<Token, Callback>::type;

}  // namespace platform
}  // namespace conq

#endif

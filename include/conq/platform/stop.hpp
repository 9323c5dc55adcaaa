// SPDX-License-Identifier: BSL-1.0
// Stop tokens: which types count as tokens, and which callback type belongs to each.
// std::stop_token is one, and so is any token of the shape of C++26's stoppable_token.
#ifndef CONQ_PLATFORM_STOP_HPP
#define CONQ_PLATFORM_STOP_HPP

#include <concepts>
#include <type_traits>
#include <utility>
#if __has_include(<stop_token>)
#include <stop_token>
#endif

namespace conq {

/// A token that tells whether a stop was requested.
template <class Token>
concept stop_token_like = std::copyable<Token> && requires(const Token token) {
    { token.stop_requested() } noexcept -> std::convertible_to<bool>;
    { token.stop_possible() } noexcept -> std::convertible_to<bool>;
};

/// The token that never requests a stop. It is the default of every call, and costs nothing.
struct never_stop_token {
    /// The callback type of this token: its callback is never called.
    template <class Callback> struct callback_type {
        /// Registers nothing.
        explicit callback_type(never_stop_token, Callback) noexcept {}
    };
    /// Always false.
    [[nodiscard]] static constexpr bool stop_requested() noexcept { return false; }
    /// Always false.
    [[nodiscard]] static constexpr bool stop_possible() noexcept { return false; }
    /// All never_stop_tokens are equal.
    friend constexpr bool operator==(never_stop_token, never_stop_token) noexcept = default;
};

namespace platform {

/// Selects the type of stop_callback_t: the token's own, as in C++26, or std::stop_callback.
template <class Token, class Callback> struct stop_callback_for {
    /// Constructed from (token, callback).
    using type = typename Token::template callback_type<Callback>;
};
#if defined(__cpp_lib_jthread)
template <class Callback> struct stop_callback_for<std::stop_token, Callback> {
    using type = std::stop_callback<Callback>;
};
#endif

/// The type that calls `Callback` when a stop is requested through `Token`; constructed from
/// (token, callback). Its destructor waits for a callback that runs on another thread, so the
/// thread that destroys it must hold no lock.
template <class Token, class Callback>
using stop_callback_t = typename stop_callback_for<Token, Callback>::type;

}  // namespace platform
}  // namespace conq

#endif

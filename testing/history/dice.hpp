// SPDX-License-Identifier: BSL-1.0
// Random numbers that cost next to nothing between two recorded calls. (xorshift64*, Vigna 2016)
#ifndef CONQ_TESTING_HISTORY_DICE_HPP
#define CONQ_TESTING_HISTORY_DICE_HPP

#include <cstdint>

namespace conq::testing {

class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_((seed + 1) * 0x9e3779b97f4a7c15u) {
        for (int i = 0; i < 4; ++i) static_cast<void>(next());  // small seeds begin alike
    }
    /// From 0 to `count` - 1; `count` is not 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t count) noexcept { return next() % count; }
    /// From `least` to `most`.
    [[nodiscard]] std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
        return least + below(most - least + 1);
    }
    /// True `percent` times in a hundred.
    [[nodiscard]] bool chance(unsigned percent) noexcept { return below(100) < percent; }

private:
    std::uint64_t next() noexcept {
        if (state_ == 0) state_ = 1;
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return (state_ * 0x2545f4914f6cdd1du) >> 16;
    }
    std::uint64_t state_;
};

}  // namespace conq::testing

#endif

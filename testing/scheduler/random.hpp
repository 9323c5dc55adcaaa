// SPDX-License-Identifier: BSL-1.0
// A small generator of random numbers that is cheap to seed, because every schedule has its own
// seed. S. Vigna's splitmix64 (public domain), after Steele, Lea, Flood, "Fast Splittable
// Pseudorandom Number Generators" (OOPSLA 2014).
#ifndef CONQ_TESTING_SCHEDULER_RANDOM_HPP
#define CONQ_TESTING_SCHEDULER_RANDOM_HPP

#include <cstdint>

namespace conq::testing {

class random_source {
public:
    void seed(std::uint64_t from) noexcept { state_ = from * 0x9e3779b97f4a7c15u; }
    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// From 0 to limit - 1 (the bias of at most limit / 2^32 does not matter here).
    std::uint32_t below(std::uint32_t limit) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32) * limit) >> 32);
    }
    bool one_in(std::uint32_t n) noexcept { return below(n) == 0; }

private:
    std::uint64_t state_ = 0;
};

}  // namespace conq::testing

#endif

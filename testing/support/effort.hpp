// SPDX-License-Identifier: BSL-1.0
// How much of a randomised test is run, and from which seed; the same settings for all of them.
#ifndef CONQ_TESTING_SUPPORT_EFFORT_HPP
#define CONQ_TESTING_SUPPORT_EFFORT_HPP

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace conq::testing {

/// CONQ_EFFORT. CI runs 1. The default is 0.1, a tenth, which newcomers run; a campaign asks for 10
/// and more.
inline double effort() {
    const char* const text = std::getenv("CONQ_EFFORT");
    const double asked = text != nullptr ? std::strtod(text, nullptr) : 0.1;
    return std::clamp(asked, 1e-4, 1e6);
}

/// `in_ci` times the effort, at least 1.
inline std::uint64_t scaled(std::uint64_t in_ci) {
    return std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(static_cast<double>(in_ci) * effort() + 0.5));
}

/// CONQ_SEED, or 1: the seed at which a randomised test begins. A test prints the seed of what it
/// found.
inline std::uint64_t first_seed() {
    const char* const text = std::getenv("CONQ_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

}  // namespace conq::testing

#endif

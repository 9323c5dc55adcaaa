// SPDX-License-Identifier: BSL-1.0
// Which mutant is on. The headers that generate.py writes ask this at each site; the programs that
// are compiled with them choose the mutant.
#ifndef CONQ_TESTING_MUTANTS_SWITCH_HPP
#define CONQ_TESTING_MUTANTS_SWITCH_HPP

#include <atomic>
#include <exception>
#include <mutex>
#include <type_traits>

namespace conq::testing {

/// The state of the switch. It belongs to one thread; the fibers of that thread share it.
struct mutant_switch {
    static constexpr int most = 2'000;  ///< all numbers are below this

    int active = 0;              ///< the number that is on; 0: none
    unsigned passed = 0;         ///< how often the active mutant was passed; see every_second
    unsigned* passes = nullptr;  ///< how often each site was passed, [0]: all; null: not counted
};
inline mutant_switch mutants_on;

/// Whether a mutant is on.
inline bool mutant(int number) noexcept {
    if (mutants_on.passes != nullptr) {
        ++mutants_on.passes[0];
        ++mutants_on.passes[number];
    }
    return mutants_on.active == number;
}

/// A memory order, or, if its mutant is on, the weaker one that replaces it.
inline std::memory_order order(int number, std::memory_order strong,
                               std::memory_order weak = std::memory_order_relaxed) noexcept {
    return mutant(number) ? weak : strong;
}

/// For a mutant that drops every second call: whether it is on and drops this one.
inline bool every_second(int number) noexcept {
    return mutant(number) && ++mutants_on.passed % 2 == 0;
}

/// For a mutant that forgets a clean-up: whether it is on and an exception is passing.
inline bool on_throw(int number) noexcept {
    return mutant(number) && std::uncaught_exceptions() != 0;
}

/// A guard of a lock. If its mutant is on, it forgets to unlock when an exception passes.
template <class Mutex> class kept_lock : public std::unique_lock<Mutex> {
public:
    template <class... How>
    explicit kept_lock(int number, Mutex& mutex, How... how)
        : std::unique_lock<Mutex>(mutex, how...), number_(number) {}
    ~kept_lock() {
        if (std::uncaught_exceptions() > before_ && mutant(number_)) this->release();
    }
    kept_lock(const kept_lock&) = delete;
    kept_lock& operator=(const kept_lock&) = delete;

private:
    int number_;
    int before_ = std::uncaught_exceptions();
};

}  // namespace conq::testing

#endif

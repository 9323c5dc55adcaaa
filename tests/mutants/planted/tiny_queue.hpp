// SPDX-License-Identifier: BSL-1.0
// The canaries of the mutants' harness. It takes this header for one of the library's: the looks of
// `get` have to be found missing, those of `get_looking_twice` have to survive, since either of the
// two may go. Both kinds are checked at each run.
#ifndef CONQ_TESTS_MUTANTS_PLANTED_TINY_QUEUE_HPP
#define CONQ_TESTS_MUTANTS_PLANTED_TINY_QUEUE_HPP

#include <cstdint>

#include "conq/platform/clock.hpp"

namespace conq::testing {

/// One item, one sleeper.
template <class Platform> class tiny_queue {
public:
    void put() {
        item_.exchange(1);
        if (armed_.load() == 0) return;
        word_.fetch_add(1);
        Platform::wake(&word_, 1);
    }
    void get() {
        for (;;) {
            const std::uint32_t seen = word_.load();
            armed_.exchange(1);
            if (take()) return;
            static_cast<void>(Platform::wait(word_, seen, platform::never));
        }
    }
    void get_looking_twice() {
        for (;;) {
            const std::uint32_t seen = word_.load();
            armed_.exchange(1);
            if (take()) return;
            if (take()) return;
            static_cast<void>(Platform::wait(word_, seen, platform::never));
        }
    }

private:
    bool take() { return item_.exchange(0) == 1; }

    typename Platform::template atomic<std::uint32_t> item_{0}, armed_{0}, word_{0};
};

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// One futex word and one item: what a wake costs without a queue.
#ifndef CONQ_BENCH_RIVALS_RAW_FUTEX_HPP
#define CONQ_BENCH_RIVALS_RAW_FUTEX_HPP

#include <cstdint>

#include "bench/rivals/rival.hpp"

namespace conq::bench {

/// For one putter that puts when the getter has long been waiting.
template <class T> struct raw_futex {
    static constexpr about who{"a raw futex", true, order::single_sides};
    using native = platform::native;
    explicit raw_futex(std::uint64_t) {}
    void put(T made) {
        while (word.load() != 0) native::yield();  // the getter is late
        item = made;
        word.store(1);
        native::wake(&word, 1);
    }
    T get() {
        while (word.load() == 0) static_cast<void>(native::wait(word, 0, platform::never));
        word.store(0);
        return item;
    }

private:
    T item{};
    native::atomic<std::uint32_t> word{0};
};

}  // namespace conq::bench

#endif

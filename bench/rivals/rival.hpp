// SPDX-License-Identifier: BSL-1.0
// What every adapter of a rival has: `about`, a constructor from a capacity (0: without a bound),
// and put(T) and get(), which wait. A rival with tokens for the side of a thread hands them out by
// putter() and getter(). A rival that is not installed has only `about`.
#ifndef CONQ_BENCH_RIVALS_RIVAL_HPP
#define CONQ_BENCH_RIVALS_RIVAL_HPP

#include <sched.h>

#include "conq/platform/native.hpp"

namespace conq::bench {

/// What a rival promises about the order of items.
enum class order { total, per_producer, single_sides };

/// Describes a rival.
struct about {
    const char* name;
    bool blocks;  ///< a call that waits leaves the processor to others
    order by = order::total;
    /// Whether the rival may count as "the strongest": it makes the promises that conq makes.
    [[nodiscard]] bool is_gated() const { return by == order::total; }
};

/// The pauses between two tries of a call that cannot wait. 16 was the best value tried for libcds'
/// ring under full load; a ping-pong sets 1.
inline int retry_pauses = 16;

/// Retries a call that cannot wait. It leaves the processor to others after every 64 tries.
template <class Try> void retry(Try once) {
    for (unsigned tries = 1; !once(); ++tries) {
        platform::native::pause(retry_pauses);
        if (tries % 64 == 0) sched_yield();
    }
}

/// The side of one thread for a rival that has no tokens.
template <class Queue> struct no_token {
    Queue& queue;
    template <class T> void put(T item) { queue.put(static_cast<T&&>(item)); }
    auto get() { return queue.get(); }
};
template <class Queue> auto putter_of(Queue& queue) {
    if constexpr (requires { queue.putter(); }) {
        return queue.putter();
    } else {
        return no_token<Queue>{queue};
    }
}
template <class Queue> auto getter_of(Queue& queue) {
    if constexpr (requires { queue.getter(); }) {
        return queue.getter();
    } else {
        return no_token<Queue>{queue};
    }
}

}  // namespace conq::bench

#endif

// SPDX-License-Identifier: BSL-1.0
// spsc_queue<T>: a work queue between one producer thread and one consumer thread.
#ifndef CONQ_QUEUE_SPSC_QUEUE_HPP
#define CONQ_QUEUE_SPSC_QUEUE_HPP

#include <atomic>
#include <concepts>
#include <utility>

#include "conq/buffers/spsc_ring.hpp"
#include "conq/contract/limits.hpp"
#include "conq/platform/config.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"

namespace conq {

/// A first-in first-out work queue of a fixed capacity, exactly the number given, from 1 to 2^31,
/// for one producer and one consumer. A put or get is a handful of plain loads and stores: no
/// read-modify-write.
///
/// Threads: the calls that put (put, try_put, emplace, … enlist_putter) must come from one thread
/// at a time, and the calls that get or take from one thread at a time; it may be the same thread.
/// A side may pass to another thread if something orders the two (a mutex, a join, another queue).
/// Checked builds abort when two calls of one side overlap. Everything else, including both
/// shutdowns and the end of leases, may come from any thread at any time.
///
/// Order: strict, and sequentially consistent: all puts, gets and shutdowns fit into one order that
/// agrees with each thread's own order. Not linearizable: for an instant after a put has returned,
/// a get that begins on another core may not see it. A thread that has learnt of the put in any way
/// that orders threads does see it.
///
/// shutdown() waits for a put that is inside its call: a few instructions, unless that thread lost
/// its core. When it returns, all accepted items are counted, and a put that was refused has not
/// touched its argument. shutdown(immediate), which any thread may call, waits for a get in the
/// same way, then drops what is left, on the caller's thread; from then on gets return shut_down.
/// So making or moving an item must not shut down its queue.
///
/// Memory: capacity times sizeof(T), rounded up to alignment, allocated by the constructor and
/// never again. Items whose copy or move throws are put and taken with the strong exception
/// guarantee. Progress: the try_ calls are wait-free, but try_get returns busy while the queue is
/// being shut down. A call that goes to sleep, and shutdown, make all threads of the process pass a
/// barrier (on Linux by membarrier(2), about 10 us). Where the system has no such barrier, each put
/// and get makes two read-modify-writes instead.
template <class T, class Traits = default_traits>
class basic_spsc_queue
    : public composition<basic_spsc_queue<T, Traits>, T,
                         spsc_ring<T, Traits, wake_flag<typename Traits::platform>,
                                   wake_flag<typename Traits::platform>>,
                         Traits> {
    using base = typename basic_spsc_queue::composition;

public:
    /// See default_traits::allocator.
    using typename base::allocator_type;

    /// Makes a queue of `capacity` slots. Throws std::invalid_argument if that is less than 1 or
    /// more than 2^31, and what the allocator throws.
    explicit basic_spsc_queue(std::integral auto capacity,
                              const allocator_type& allocator = allocator_type())
        : base(limits::checked_size(capacity, 1, "capacity"), allocator) {}

#if CONQ_CHECKED
private:
    friend class queue_calls<basic_spsc_queue, T>;
    friend class batch_calls<basic_spsc_queue, T>;

    // Marks the only call of its side, from its beginning to its end. Two calls that begin at the
    // same time may miss each other: to detect that would take a read-modify-write, which would
    // order what an unchecked build leaves unordered.
    struct only_call {
        std::atomic<bool>& side;
        only_call(std::atomic<bool>& of, const char* message) noexcept : side(of) {
            if (side.load(std::memory_order_relaxed)) abort_with(message);  // (1) a hint
            side.store(true, std::memory_order_relaxed);                    // (2) a hint
        }
        only_call(const only_call&) = delete;
        only_call& operator=(const only_call&) = delete;
        ~only_call() { side.store(false, std::memory_order_relaxed); }  // (3) a hint
    };
    [[nodiscard]] only_call putting() noexcept {
        return {is_putting_, "two threads put into an spsc_queue: use bounded_queue"};
    }
    [[nodiscard]] only_call getting() noexcept {
        return {is_getting_, "two threads get from an spsc_queue: use bounded_queue"};
    }

    template <class... Arguments> auto try_put_item(const Arguments&... arguments) {
        const only_call here = putting();
        return base::try_put_item(arguments...);
    }
    template <class... Arguments> auto put_item(const Arguments&... arguments) {
        const only_call here = putting();
        return base::put_item(arguments...);
    }
    auto try_get_item() {
        const only_call here = getting();
        return base::try_get_item();
    }
    template <class... Arguments> auto get_item(const Arguments&... arguments) {
        const only_call here = getting();
        return base::get_item(arguments...);
    }
    template <class... Arguments> status put_items(Arguments&&... arguments) {
        const only_call here = putting();
        return base::put_items(std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments> status get_items(Arguments&&... arguments) {
        const only_call here = getting();
        return base::get_items(std::forward<Arguments>(arguments)...);
    }

    std::atomic<bool> is_putting_{false}, is_getting_{false};
#endif
};

/// basic_spsc_queue with the default traits.
template <class T> using spsc_queue = basic_spsc_queue<T>;

}  // namespace conq

#endif

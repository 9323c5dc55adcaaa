// SPDX-License-Identifier: BSL-1.0
// spsc_queue<T>: a work queue between one thread that puts and one that gets.
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

/// A first-in first-out work queue of a fixed capacity, exact for any number from 1 to 2^31, for
/// one putter and one getter. A put or get is a handful of plain loads and stores: no
/// read-modify-write.
///
/// Threads: the calls that put (put, try_put, emplace, … enlist_putter) come from one thread at a
/// time, the calls that get or take from one at a time; it may be the same. A side may pass to
/// another thread if something orders the two (a mutex, a join, another queue). Checked builds
/// abort when two calls of one side meet. Everything else, both shutdowns and the end of leases
/// among it, may come from any thread at any time.
///
/// Order: strict, and sequentially consistent: all puts, gets and shutdowns fit into one order that
/// keeps each thread's own. Not linearizable: for an instant after a put has returned, a get that
/// begins on another core may not see it. Whoever has learnt of the put in any way that orders
/// threads does see it.
///
/// shutdown() waits for a put that is in the middle of its call, a few instructions unless that
/// thread lost its core: when it returns, what was accepted is counted, and a put that was refused
/// has not touched its argument. shutdown(immediate), which may be called by any thread, waits for
/// a get in the same way, then drops what is left on the caller's thread; gets answer shut_down
/// from then on. So an item must not shut its queue down while it is made or moved.
///
/// Memory: capacity times sizeof(T), rounded up to alignment, allocated by the constructor and
/// never again. Items whose copy or move throws are put and taken with the strong guarantee.
/// Progress: the try_ calls are wait-free, but try_get answers busy while the queue is being shut
/// down. Whoever goes to sleep, and shutdown, makes all threads of the process pass a barrier (on
/// Linux by membarrier(2), some 10 us); where the system has none, each put and get is two
/// read-modify-writes instead.
template <class T, class Traits = default_traits>
class basic_spsc_queue
    : public composition<basic_spsc_queue<T, Traits>, T,
                         spsc_ring<T, Traits, wake_flag<typename Traits::platform>,
                                   wake_flag<typename Traits::platform>>,
                         Traits> {
    using base = typename basic_spsc_queue::composition;

public:
    /// See traits.
    using typename base::allocator_type;

    /// A queue of `capacity` slots. Throws std::invalid_argument for fewer than 1 or more than
    /// 2^31, and what the allocator throws.
    explicit basic_spsc_queue(std::integral auto capacity,
                              const allocator_type& allocator = allocator_type())
        : base(limits::checked_size(capacity, 1, "capacity"), allocator) {}

#if CONQ_CHECKED
private:
    friend class queue_calls<basic_spsc_queue, T>;
    friend class batch_calls<basic_spsc_queue, T>;

    // The only call of its side, from its begin to its end. Two that begin at once may both miss
    // the other: to find those would take a read-modify-write, which would order what an unchecked
    // build leaves unordered.
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

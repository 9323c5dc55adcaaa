// SPDX-License-Identifier: BSL-1.0
// What can be chosen about a queue besides its type: the platform under it, its allocator, how soon
// a waiting putter is woken, and whether items done are counted.
#ifndef CONQ_QUEUE_TRAITS_HPP
#define CONQ_QUEUE_TRAITS_HPP

#include "conq/platform/native.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

namespace policy {

/// Waiting putters are woken when the queue is half empty: one wake then pays for half a queue
/// (measured: x1.6 for slow consumers, a quarter of the producers' processor time). A waiting put
/// returns at most limits::put_wake_delay_ns after room appears. Below
/// limits::half_empty_wake_slots they are woken at once.
struct economical {
    /// Whether each free slot wakes.
    static constexpr bool is_prompt = false;
};

/// Waiting putters are woken at each slot that becomes free, and nothing relies on a timer.
struct prompt {
    /// Whether each free slot wakes.
    static constexpr bool is_prompt = true;
};

}  // namespace policy

namespace accounting {

/// Items done are counted: the contract in full. A put pays nothing for it, a task_done one
/// compare-and-swap.
struct exact {
    /// Whether there is a count.
    static constexpr bool counts = true;
};

/// No count: such a queue has no task_done, join, try_join and unfinished, and so it is no
/// work_queue (workers do not take it). All else is the same. take, leases and range-for stay, so
/// that a consumer reads alike on both: `done()` destroys the item, and that is all.
struct none {
    /// Whether there is a count.
    static constexpr bool counts = false;
};

}  // namespace accounting

/// The traits that queues have unless told otherwise. To change one, derive and redefine it:
///     struct prompt_traits : conq::default_traits { using wake = conq::policy::prompt; };
///     conq::basic_bounded_queue<int, prompt_traits> q(16);
struct default_traits {
    /// The machine: what threads, clocks and sleeping are made of (conq/platform/native.hpp).
    using platform = conq::platform::native;
    /// How soon waiting putters are woken.
    using wake = policy::economical;
    /// Whether items done are counted.
    using accounting = conq::accounting::exact;
    /// What allocates whatever the queue allocates. The queue's constructor takes an instance, and
    /// the queue keeps a copy, of which all its parts use copies. Any allocator of the standard's
    /// requirements works, stateful ones and such with pointers of their own.
    ///
    /// Where it has `construct` and `destroy`, it makes and ends the items; so an item that uses
    /// allocators (a std::pmr::string in a conq::pmr::queue) gets the queue's. If its `construct`
    /// is not noexcept, items live behind a lock, as items do whose move may throw.
    template <class T> using allocator = std::allocator<T>;
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// What can be chosen about a queue besides its type: its platform, its allocator, how soon a
// waiting producer is woken, and whether items done are counted.
#ifndef CONQ_QUEUE_TRAITS_HPP
#define CONQ_QUEUE_TRAITS_HPP

#include "conq/platform/native.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

namespace policy {

/// Waiting producers are woken when the queue is half empty, so that one wake pays for half a queue
/// (measured: x1.6 for slow consumers, a quarter of the producers' processor time). A waiting put
/// returns at most limits::put_wake_delay_ns after room appears. In queues of fewer than
/// limits::half_empty_wake_slots slots they are woken at once.
struct economical {
    /// Whether each slot that becomes free wakes a producer.
    static constexpr bool is_prompt = false;
};

/// Waiting producers are woken at each slot that becomes free, and nothing relies on a timer.
struct prompt {
    /// Whether each slot that becomes free wakes a producer.
    static constexpr bool is_prompt = true;
};

}  // namespace policy

namespace accounting {

/// Items done are counted: the full contract. It costs a put nothing, and a task_done one
/// compare-and-swap.
struct exact {
    /// Whether items done are counted.
    static constexpr bool counts = true;
};

/// Items done are not counted. Such a queue has no task_done, join, try_join and unfinished, so it
/// is no work_queue, and workers do not take it. All else is the same. take, leases and range-for
/// stay, so that consumers read alike for both: `done()` destroys the item and does no more.
struct none {
    /// Whether items done are counted.
    static constexpr bool counts = false;
};

}  // namespace accounting

/// The default traits of queues. To change one, derive and redefine it:
///     struct prompt_traits : conq::default_traits { using wake = conq::policy::prompt; };
///     conq::basic_bounded_queue<int, prompt_traits> q(16);
struct default_traits {
    /// The platform: what provides threads, clocks and sleeping (conq/platform/native.hpp).
    using platform = conq::platform::native;
    /// How soon waiting producers are woken.
    using wake = policy::economical;
    /// Whether items done are counted.
    using accounting = conq::accounting::exact;
    /// Allocates all memory of the queue. The queue's constructor takes an instance and keeps a
    /// copy, of which all parts of the queue use copies. Any allocator that meets the standard's
    /// requirements works, including stateful ones and ones with pointer types of their own.
    ///
    /// If it has `construct` and `destroy`, these make and end the items. So an item that uses
    /// allocators itself (a std::pmr::string in a conq::pmr::queue) gets the queue's. If its
    /// `construct` is not noexcept, items are kept behind a lock, as are items whose move may
    /// throw.
    template <class T> using allocator = std::allocator<T>;
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// What can be chosen about a queue besides its type: the platform under it, its allocator, and how
// soon a waiting putter is woken.
#ifndef CONQ_QUEUE_TRAITS_HPP
#define CONQ_QUEUE_TRAITS_HPP

#include <memory>

#include "conq/platform/native.hpp"

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

/// The traits that queues have unless told otherwise. To change one, derive and redefine it:
///     struct prompt_traits : conq::default_traits { using wake = conq::policy::prompt; };
///     conq::basic_bounded_queue<int, prompt_traits> q(16);
struct default_traits {
    /// The machine, how putters are woken, and the allocator of whatever the queue allocates.
    using platform = conq::platform::native;
    using wake = policy::economical;
    template <class T> using allocator = std::allocator<T>;
};

}  // namespace conq

#endif

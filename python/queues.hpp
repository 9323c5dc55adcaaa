// SPDX-License-Identifier: BSL-1.0
// The queues of the module: the core's composition, over buffers that hold object references.
#ifndef CONQ_PYTHON_QUEUES_HPP
#define CONQ_PYTHON_QUEUES_HPP

#include <cstdint>
#include <utility>

#include "conq/buffers/locked_buffer.hpp"
#include "conq/buffers/row.hpp"
#include "conq/buffers/segments.hpp"
#include "conq/queue/composition.hpp"
#include "conq/queue/traits.hpp"
#include "conq/waiting/waiting_room.hpp"
#include "hooked_objects.hpp"
#include "object_ref.hpp"
#include "platform.hpp"
#include "ranked_objects.hpp"

namespace conq::python {

/// The traits of the queues. Waiting puts are woken at once, because a producer in an event loop
/// has no timer.
struct traits : default_traits {
    using platform = machine;
    using wake = policy::prompt;
};
/// The same, but without a count of the items that are done.
struct uncounted_traits : traits {
    using accounting = conq::accounting::none;
};

/// A queue of objects over a buffer. Threads: those that hold the interpreter.
template <class Buffer, class Traits = traits>
class object_queue : public composition<object_queue<Buffer, Traits>, object_ref, Buffer, Traits> {
public:
    /// A queue of at most `maxsize` items; 0: no bound. `more` is passed to the buffer.
    template <class... More>
    explicit object_queue(std::uint64_t maxsize, More&&... more)
        : object_queue::composition(maxsize, {}, std::forward<More>(more)...) {}

    /// Changes maxsize; 0: no bound. Wakes the waiting puts, so that they see it at once.
    void set_maxsize(std::uint64_t maxsize) noexcept {
        this->buffer().set_capacity(maxsize);
        this->wake_all_putters();
    }
    /// For a queue with hooks: the number of items, as _qsize says.
    [[nodiscard]] std::uint64_t held_size() { return this->buffer().held_size(); }
};

using flag = wake_flag<machine>;
using reference_allocator = traits::allocator<object_ref>;
using fifo_queue = object_queue<segments<object_ref, traits, flag, flag>>;
using simple_queue =
    object_queue<segments<object_ref, uncounted_traits, flag, flag>, uncounted_traits>;
using lifo_queue =
    object_queue<locked_buffer<stack<object_ref, reference_allocator>, traits, flag, flag>>;
using priority_queue = object_queue<ranked_objects<traits, flag, flag>>;
using hooked_queue = object_queue<hooked_objects<traits, flag, flag>>;

}  // namespace conq::python

#endif

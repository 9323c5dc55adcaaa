// SPDX-License-Identifier: BSL-1.0
// A fiber: a flow of control with its own stack, and the switch from one to another. Boost.Context
// does the switch. This class adds two things: each fiber keeps its own exceptions in flight, and
// AddressSanitizer is told which fiber's stack is in use.
#ifndef CONQ_TESTING_SCHEDULER_FIBER_HPP
#define CONQ_TESTING_SCHEDULER_FIBER_HPP

#include <cstddef>
#include <memory>

namespace conq::testing {

/// One flow of control. Threads: all fibers belong to one thread.
class fiber {
public:
    using function = void (*)(void* argument);

    fiber() = default;
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;

    /// Makes the fiber begin with `body(argument)` when it is next switched to. The body never
    /// returns: it ends by switch_to with `ends`. What the fiber did before is forgotten, and its
    /// stack is reused.
    void begin(function body, void* argument);

    /// Switches from this fiber to `to`. Returns when a fiber switches back to this one; with
    /// `ends`, none ever does.
    void switch_to(fiber& to, bool ends = false);

private:
    struct entry;
    void arrive(fiber& from);

    std::unique_ptr<std::byte[]> stack_;
    void* context_ = nullptr;
    function body_ = nullptr;
    void* argument_ = nullptr;
    void* exceptions_[2] = {};  // what __cxa_get_globals points at: caught, number of uncaught
    // For AddressSanitizer: the stack. That of the thread itself becomes known when the thread
    // first leaves it.
    const void* stack_bottom_ = nullptr;
    std::size_t stack_size_ = 0;
    [[maybe_unused]] void* fake_stack_ = nullptr;
};

}  // namespace conq::testing

#endif

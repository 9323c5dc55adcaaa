// SPDX-License-Identifier: BSL-1.0
// A fiber: a stack of its own, and the switch from one to another. Boost.Context does the switch;
// here each fiber keeps the exceptions that it has in flight, and AddressSanitizer is told whose
// stack is in use.
#ifndef CONQ_TESTING_SCHEDULER_FIBER_HPP
#define CONQ_TESTING_SCHEDULER_FIBER_HPP

#include <cstddef>
#include <memory>

namespace conq::testing {

/// One flow of control. Not for use by several threads.
class fiber {
public:
    using function = void (*)(void* argument);

    fiber() = default;
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;

    /// Makes it begin with `body(argument)` when it is switched to. The body never returns: it ends
    /// with switch_to(…, ends). What the fiber did before is forgotten, its stack is used again.
    void begin(function body, void* argument);

    /// Goes on on `to`, and returns when somebody goes on here. `ends`: nobody ever will.
    void switch_to(fiber& to, bool ends = false);

private:
    struct entry;
    void arrive(fiber& from);

    std::unique_ptr<std::byte[]> stack_;
    void* context_ = nullptr;
    function body_ = nullptr;
    void* argument_ = nullptr;
    void* exceptions_[2] = {};  // what __cxa_get_globals points at: caught, and how many uncaught
    // For AddressSanitizer: the stack (of a thread, it is learnt when the thread first leaves it).
    const void* stack_bottom_ = nullptr;
    std::size_t stack_size_ = 0;
    [[maybe_unused]] void* fake_stack_ = nullptr;
};

}  // namespace conq::testing

#endif

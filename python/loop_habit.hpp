// SPDX-License-Identifier: BSL-1.0
// How the calls of event loops wait before they stand in a queue's room.
#ifndef CONQ_PYTHON_LOOP_HABIT_HPP
#define CONQ_PYTHON_LOOP_HABIT_HPP

#include <cstdint>

#include "conq/waiting/patience.hpp"
#include "platform.hpp"

namespace conq::python {

/// What waiting has taught about one side of a queue: how a call of an event loop waits before it
/// gives its loop a future to wait for, which costs some 10 us and, if another thread ends it, a
/// wake of the loop by its pipe, some 30.
///
/// First it lets the loop's other tasks run, once: the one it waits for may be among them. Then, if
/// other threads were quick to end such waits lately, it polls for as long as a wake costs. What
/// was in vain twice is tried at each 16th wait only (a turn), or once a wake by a thread has been
/// quick again (polling).
class loop_habit {
public:
    /// Whether to let the others run.
    [[nodiscard]] bool takes_turn() noexcept {
        return polls() || vain_turns_ < vain_most || ++skipped_ % 16 == 0;
    }
    /// What that was good for.
    void note_turn(bool in_vain) noexcept {
        if (!in_vain) {
            vain_turns_ = 0;
        } else if (vain_turns_ < vain_most) {
            ++vain_turns_;
        }
    }
    /// Whether to poll.
    [[nodiscard]] bool polls() const noexcept { return polls_left_ > 0; }
    /// What that was good for, and how long it has taken, with the wait for the interpreter.
    void note_poll(bool in_vain, std::uint64_t took_ns) noexcept {
        if (took_ns > costly_ns) {
            polls_left_ = -quick_wakes;
        } else if (!in_vain) {
            polls_left_ = vain_most;
        } else if (polls_left_ > 0) {
            --polls_left_;
        }
    }
    /// A wait for a future has ended: by another thread, and soon?
    void note_wake(bool by_thread, std::uint64_t waited_ns) noexcept {
        if (!by_thread) {
            if (polls()) polls_left_ = 0;
        } else if (waited_ns < 4 * wake_ns) {
            polls_left_ = polls_left_ < 0 ? polls_left_ + 1 : vain_most;
        }
    }

private:
    using number = machine::atomic<int>;
    static constexpr int vain_most = 2;
    // A thread that computes gives the interpreter up each 5 ms only: then who gives it up most
    // often waits longest, and does not poll until so many wakes were quick.
    static constexpr std::uint64_t costly_ns = 500'000;
    static constexpr int quick_wakes = 64;
    number vain_turns_{0}, polls_left_{0};
    machine::atomic<unsigned> skipped_{0};
};

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// How a call of an event loop waits before it enters a queue's waiting room.
#ifndef CONQ_PYTHON_LOOP_HABIT_HPP
#define CONQ_PYTHON_LOOP_HABIT_HPP

#include <cstdint>

#include "conq/waiting/patience.hpp"
#include "platform.hpp"

namespace conq::python {

/// What one side of a queue has learned from its waits. It decides how a call of an event loop
/// waits before it gives its loop a future to wait for. A future costs some 10 us; if another
/// thread ends it, it also costs a wake of the loop by its pipe, some 30 us.
///
/// First the call lets the loop's other tasks run, once (a turn): the task that it waits for may be
/// among them. Then, if other threads have lately been quick to end such waits, it polls for as
/// long as a wake costs. After turns were in vain twice, only each 16th wait makes one. After
/// polling was in vain twice, no wait polls until a wake by a thread has been quick again.
class loop_habit {
public:
    /// Whether to let the loop's other tasks run.
    [[nodiscard]] bool takes_turn() noexcept {
        return polls() || vain_turns_ < vain_most || ++skipped_ % 16 == 0;
    }
    /// Records whether a turn was in vain.
    void note_turn(bool in_vain) noexcept {
        if (!in_vain) {
            vain_turns_ = 0;
        } else if (vain_turns_ < vain_most) {
            ++vain_turns_;
        }
    }
    /// Whether to poll.
    [[nodiscard]] bool polls() const noexcept { return polls_left_ > 0; }
    /// Records whether polling was in vain, and how long it took, including the wait to get the
    /// interpreter back.
    void note_poll(bool in_vain, std::uint64_t took_ns) noexcept {
        if (took_ns > costly_ns) {
            polls_left_ = -quick_wakes;
        } else if (!in_vain) {
            polls_left_ = vain_most;
        } else if (polls_left_ > 0) {
            --polls_left_;
        }
    }
    /// Records that a wait for a future has ended: whether another thread ended it, and how long
    /// the wait was.
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
    // A thread that computes gives up the interpreter only every 5 ms. Then the thread that gives
    // it up most often waits longest: polling that took longer than `costly_ns` stops until
    // `quick_wakes` wakes were quick.
    static constexpr std::uint64_t costly_ns = 500'000;
    static constexpr int quick_wakes = 64;
    number vain_turns_{0}, polls_left_{0};
    machine::atomic<unsigned> skipped_{0};
};

}  // namespace conq::python

#endif

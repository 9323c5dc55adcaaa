// SPDX-License-Identifier: BSL-1.0
// Waiting without a thread: what stands in a queue's room of getters or putters, or among its
// joiners, for a call that an event loop awaits.
#ifndef CONQ_PYTHON_LOOP_WAITER_HPP
#define CONQ_PYTHON_LOOP_WAITER_HPP

#include <Python.h>

#include <cstdint>

#include "conq/accounting/task_count.hpp"
#include "conq/contract/resumer.hpp"
#include "conq/waiting/patience.hpp"
#include "conq/waiting/waiting_room.hpp"
#include "loop_habit.hpp"
#include "platform.hpp"
#include "queue_object.hpp"

namespace conq::python {

/// Whom a waiter waits among.
enum class side : int { getters, putters, joiners };

/// What the core sees of a call that waits, and all that a waker needs of it. The call is its
/// loop's; a waker, on any thread, may be at work while the call is ended there. Who takes the
/// future out ends it.
struct loop_waiter : resumer<machine> {
    /// `function` is called on the thread of whoever wakes, which holds no lock.
    loop_waiter(notify_function function, PyObject* call, PyObject* queue_of, side among) noexcept
        : resumer<machine>(function),
          place(*this),
          join_place(*this),
          owner(call),
          queue(queue_of),
          which(among),
          thread(PyThread_get_thread_ident()) {}

    waiter<machine> place;
    joiner<machine> join_place;
    // Written before it enlists.
    PyObject* const owner;  ///< borrowed; a joiner's is kept alive until it is resumed or has left
    PyObject* const queue;  ///< borrowed: the call has left before it lets go of that
    const side which;
    const unsigned long thread;  ///< of its loop
    std::uint64_t since = 0;     ///< when it began to wait
    bool is_enlisted = false;    ///< the call's
    /// Strong, or null.
    machine::atomic<PyObject*> future{nullptr};
    /// Of a getter or putter: whoever has resumed it needs it no more.
    machine::atomic<bool> is_notified{false};

    /// Returns once nobody who has resumed it looks at it: within a few instructions.
    void await_notified() const noexcept {
        while (is_resumed() && !is_notified.load()) conq::platform::native::yield();
    }
};

/// The calls of a queue that a waiter needs, whatever its class.
struct waiter_calls {
    /// Not of joiners.
    loop_habit& (*habit)(PyObject* queue, side which);
    /// Polls; false: an attempt would be in vain.
    bool (*poll)(PyObject* queue, side which);
    /// False, for a join: there is nothing to wait for.
    bool (*enlist)(PyObject* queue, side which, loop_waiter& who);
    /// Passes on a wake that was given and not needed. Nobody looks at `who` afterwards.
    void (*leave)(PyObject* queue, side which, loop_waiter& who);
    /// Passes on a wake that was given to one who will not look. Not of joiners.
    void (*pass_on)(PyObject* queue, side which);
};

/// Those of a class of queues.
template <class Native> struct waiting_on {
    using object = queue_object<Native>;

    static loop_habit& habit(PyObject* queue, side which) {
        return object::of(queue).habits[static_cast<int>(which)];
    }
    static bool poll(PyObject* queue, side which) {
        return object::of(queue).with([&](auto& q) {
            return which == side::getters ? q.poll_get(wake_ns) : q.poll_put(wake_ns);
        });
    }
    static bool enlist(PyObject* queue, side which, loop_waiter& who) {
        if (which != side::joiners && who.is_resumed()) {
            who.await_notified();
            who.is_notified.store(false);
        }
        return object::of(queue).with([&](auto& q) {
            who.is_enlisted = true;
            if (which == side::getters) {
                q.enlist_getter(who.place);
            } else if (which == side::putters) {
                q.enlist_putter(who.place);
            } else {
                Py_INCREF(who.owner);
                who.is_enlisted = q.enlist_joiner(who.join_place);
                if (!who.is_enlisted) Py_DECREF(who.owner);
            }
            return who.is_enlisted;
        });
    }
    static void leave(PyObject* queue, side which, loop_waiter& who) {
        object::of(queue).with([&](auto& q) {
            if (which == side::joiners) {
                if (q.leave_joiner(who.join_place)) Py_DECREF(who.owner);
                return;
            }
            which == side::getters ? q.leave_getter(who.place) : q.leave_putter(who.place);
            who.await_notified();
        });
    }
    static void pass_on(PyObject* queue, side which) {
        resumer<machine> nobody([](resumer<machine>*) noexcept {});
        waiter<machine> woken(nobody);
        woken.was_woken = true;
        object::of(queue).with([&](auto& q) {
            which == side::getters ? q.leave_getter(woken) : q.leave_putter(woken);
        });
    }
    static constexpr waiter_calls calls{&habit, &poll, &enlist, &leave, &pass_on};
};

}  // namespace conq::python

#endif

// SPDX-License-Identifier: BSL-1.0
// Waiting without a thread: the waiter that a call awaited by an event loop enlists in a queue's
// room of getters or putters, or among its joiners.
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

/// Among which waiters of a queue a call waits.
enum class side : int { getters, putters, joiners };

/// The part of a waiting call that the core sees, with all that a waker needs. The call belongs to
/// its loop. A waker, on any thread, may be at work while the loop ends the call. Whichever of them
/// takes the future out disposes of it: the waker ends it, the call drops it.
struct loop_waiter : resumer<machine> {
    /// `function` is called on the waker's thread, while that holds no lock.
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
    // Written before the waiter enlists.
    PyObject* const owner;  ///< the call; borrowed, but a joiner's lives until resumed or left
    PyObject* const queue;  ///< borrowed: the call leaves before it drops its reference
    const side which;
    const unsigned long thread;  ///< the thread of its loop
    std::uint64_t since = 0;     ///< when it began to wait
    bool is_enlisted = false;    ///< for the call only
    /// The future that the call has yielded: a strong reference, or null.
    machine::atomic<PyObject*> future{nullptr};
    /// For a getter or putter: the waker that has resumed it does not need it any more.
    machine::atomic<bool> is_notified{false};

    /// Waits until no waker that has resumed it looks at it: a few instructions of the waker.
    void await_notified() const noexcept {
        while (is_resumed() && !is_notified.load()) conq::platform::native::yield();
    }
};

/// The calls of a queue that a waiter needs, for a queue of any class.
struct waiter_calls {
    /// What this side has learned from its waits. Not for joiners.
    loop_habit& (*habit)(PyObject* queue, side which);
    /// Polls. False: an attempt would be in vain. Not for joiners.
    bool (*poll)(PyObject* queue, side which);
    /// Enlists the waiter. False, for a joiner only: there is nothing to wait for.
    bool (*enlist)(PyObject* queue, side which, loop_waiter& who);
    /// Takes the waiter out, and passes on a wake that it was given and did not need. Afterwards no
    /// waker looks at `who`.
    void (*leave)(PyObject* queue, side which, loop_waiter& who);
    /// Passes on a wake that was given to a waiter that will not look. Not for joiners.
    void (*pass_on)(PyObject* queue, side which);
};

/// These calls for one class of queues.
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

// SPDX-License-Identifier: BSL-1.0
// The object that aget(), aput() and ajoin() return. Python treats it as a coroutine. If it need
// not wait, it ends at its first step. Else it lets the loop's other tasks run, and may poll: see
// loop_habit. If that is in vain, it yields a future of the running loop. A wake ends the future,
// and the call looks again.
//
// A wake is permission to look, never an item. A call that is woken and then cancelled passes the
// wake on when it leaves. So neither an item nor a wake is lost, whichever loop or thread it was
// for.
#ifndef CONQ_PYTHON_AWAITABLE_CALL_HPP
#define CONQ_PYTHON_AWAITABLE_CALL_HPP

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "loop_waiter.hpp"
#include "loop_wake.hpp"
#include "module_state.hpp"
#include "object_ref.hpp"

namespace conq::python {

/// The parts in which get, put and join differ: how a call makes an attempt, and how it waits.
struct awaited_call {
    /// Makes an attempt. Returns a new reference to the answer; null without an error if the call
    /// has to wait.
    PyObject* (*attempt)(PyObject* queue, PyObject* item);
    const waiter_calls* waiting;
    side which;
};

/// The Python object: see the head of this file.
struct call_object {
    PyObject_HEAD const awaited_call* call;
    module_state* state;
    PyObject* queue;  ///< null once the call is over
    PyObject* item;   ///< the item that a put adds; null for the other calls
    // For a call that waits: its loop, and its place among those that wait.
    PyObject* loop;
    loop_waiter* waiter;
    bool has_begun;
    bool had_turn;  // the call has let the loop's other tasks run
    alignas(loop_waiter) unsigned char place_of_waiter[sizeof(loop_waiter)];

    static call_object& of(PyObject* self) noexcept {
        return *reinterpret_cast<call_object*>(self);
    }

    /// Makes a call that has not begun. Null: an error is set.
    static PyObject* make(module_state* state, PyObject* queue, PyObject* item,
                          const awaited_call& call) {
        PyObject* const made = PyType_GenericAlloc(state->call_type, 0);
        if (made == nullptr) return nullptr;
        call_object& it = of(made);
        it.call = &call;
        it.state = state;
        it.queue = object_ref::to(queue).release();
        it.item = object_ref::to(item).release();
        return made;
    }

    /// The slot am_send: makes an attempt. Returns PYGEN_NEXT with what the call yields if it has
    /// to wait; else the call is over.
    static PySendResult send(PyObject* self, PyObject*, PyObject** answer) {
        call_object& it = of(self);
        *answer = nullptr;
        if (it.queue == nullptr) {
            PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
            return PYGEN_ERROR;
        }
        it.has_begun = true;
        if (it.is_joined()) {
            *answer = object_ref::to(Py_None).release();
        } else {
            *answer = it.call->attempt(it.queue, it.item);
            const bool waits = is_blocked(*answer);
            if (it.had_turn && it.waiter == nullptr) it.habit().note_turn(waits);
            if (waits && it.wait(*answer)) return PYGEN_NEXT;
        }
        it.end();
        return *answer != nullptr ? PYGEN_RETURN : PYGEN_ERROR;
    }
    /// The slot tp_iternext: as send, with the answer in a StopIteration.
    static PyObject* next(PyObject* self) {
        PyObject* answer = nullptr;
        const PySendResult result = send(self, Py_None, &answer);
        if (result == PYGEN_NEXT) return answer;
        if (result == PYGEN_ERROR) return nullptr;
        const object_ref returned = object_ref::owning(answer);
        if (answer == Py_None) return nullptr;  // null without an error is an end with None
        // Set an instance: else Python would take apart an answer that is a tuple or an exception.
        const object_ref stop = object_ref::owning(
            PyObject_CallFunctionObjArgs(PyExc_StopIteration, returned.get(), nullptr));
        if (stop.get() != nullptr) PyErr_SetObject(PyExc_StopIteration, stop.get());
        return nullptr;
    }
    /// The method send(value): as next, with StopIteration set at an end with None. It ignores the
    /// value.
    static PyObject* py_send(PyObject* self, PyObject*) {
        PyObject* const answer = next(self);
        if (is_blocked(answer)) PyErr_SetNone(PyExc_StopIteration);
        return answer;
    }
    /// The method throw(exception) or throw(type, value=None, traceback=None): ends the call, and
    /// raises the exception.
    static PyObject* py_throw(PyObject* self, PyObject* arguments) {
        PyObject *kind = nullptr, *value = Py_None, *trace = Py_None;
        if (PyArg_ParseTuple(arguments, "O|OO:throw", &kind, &value, &trace) == 0) return nullptr;
        of(self).end();
        if (PyExceptionInstance_Check(kind)) {
            PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(kind)), kind);
        } else if (PyExceptionClass_Check(kind)) {
            PyErr_SetObject(kind, value);
        } else {
            PyErr_SetString(PyExc_TypeError, "throw() takes an exception");
        }
        return nullptr;
    }
    /// The method close(): ends the call.
    static PyObject* py_close(PyObject* self, PyObject*) {
        of(self).end();
        Py_RETURN_NONE;
    }
    /// The slots am_await and tp_iter: return the call itself.
    static PyObject* itself(PyObject* self) { return object_ref::to(self).release(); }

    /// The slots tp_traverse, tp_clear and tp_dealloc.
    static int traverse(PyObject* self, visitproc visit, void* arg) {
        const call_object& it = of(self);
        Py_VISIT(Py_TYPE(self));
        for (PyObject* each : {it.queue, it.item, it.loop}) Py_VISIT(each);
        if (it.waiter != nullptr) Py_VISIT(it.waiter->future.load());
        return 0;
    }
    static int clear(PyObject* self) {
        of(self).end();
        return 0;
    }
    static void free(PyObject* self) {
        call_object& it = of(self);
        PyTypeObject* const type = Py_TYPE(self);
        PyObject_GC_UnTrack(self);
        if (!it.has_begun && it.queue != nullptr) it.say_that_nobody_awaited();
        it.end();
        if (it.waiter != nullptr) std::destroy_at(it.waiter);
        PyObject_GC_Del(self);
        Py_DECREF(type);
    }

private:
    PyObject* self() noexcept { return reinterpret_cast<PyObject*>(this); }
    static bool is_blocked(PyObject* answer) noexcept {
        return answer == nullptr && PyErr_Occurred() == nullptr;
    }
    // Whether this is a join that was woken. Its wake ends it, even if items have been put since.
    [[nodiscard]] bool is_joined() const noexcept {
        return call->which == side::joiners && waiter != nullptr && waiter->is_resumed();
    }

    // Warns as Python warns of its own coroutines: without its `await`, an aput loses the item.
    void say_that_nobody_awaited() const {
        static constexpr const char* words[] = {"get", "put", "join"};
        PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
        PyErr_Fetch(&type, &value, &trace);
        if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "a %s of %R was never awaited",
                             words[static_cast<int>(call->which)], queue) != 0) {
            PyErr_WriteUnraisable(queue);
        }
        PyErr_Restore(type, value, trace);
    }

    [[nodiscard]] loop_habit& habit() const { return call->waiting->habit(queue, call->which); }
    // Polls, then makes an attempt if it may succeed. Returns whether all that was in vain.
    bool polls_in_vain(PyObject*& answer) {
        const conq::platform::instant_ns before = machine::now();
        const bool found = call->waiting->poll(queue, call->which);
        const std::uint64_t took_ns = machine::now() - before;
        if (found) answer = call->attempt(queue, item);
        habit().note_poll(is_blocked(answer), took_ns);
        return is_blocked(answer);
    }
    // Lets other tasks run; or polls, and if that is in vain enlists in the queue and looks again.
    // True: the call has to wait, and `answer` is what to yield: None or a future. False: the call
    // is over, with `answer` or an error.
    bool wait(PyObject*& answer) {
        if (waiter == nullptr && call->which != side::joiners) {
            if (!had_turn && habit().takes_turn()) {
                had_turn = true;
                answer = object_ref::to(Py_None).release();
                return true;
            }
            if (had_turn && habit().polls() && !polls_in_vain(answer)) return false;
        }
        if (waiter == nullptr && !begin_to_wait()) return false;
        object_ref fresh = object_ref::owning(
            PyObject_CallMethodObjArgs(loop, state->names[name_create_future], nullptr));
        if (fresh.get() == nullptr) return false;
        const object_ref old =
            object_ref::owning(waiter->future.exchange(object_ref::to(fresh.get()).release()));
        waiter->since = machine::now();
        if (!call->waiting->enlist(queue, call->which, *waiter)) {
            answer = object_ref::to(Py_None).release();
            return false;
        }
        if (call->which != side::joiners) answer = call->attempt(queue, item);
        if (!is_blocked(answer)) return false;
        if (PyObject_SetAttr(fresh.get(), state->names[name_blocking], Py_True) != 0) return false;
        answer = fresh.release();
        return true;
    }
    bool begin_to_wait() {
        if (state->running_loop == nullptr) {
            const object_ref module = object_ref::owning(PyImport_ImportModule("asyncio"));
            if (module.get() == nullptr) return false;
            state->running_loop = PyObject_GetAttrString(module.get(), "get_running_loop");
            if (state->running_loop == nullptr) return false;
        }
        loop = PyObject_CallFunctionObjArgs(state->running_loop, nullptr);
        if (loop == nullptr) return false;
        waiter = std::construct_at(reinterpret_cast<loop_waiter*>(place_of_waiter), &notify, self(),
                                   queue, call->which);
        return true;
    }

    // Ends the future of the call that is woken. The waker calls it, in the middle of its own call.
    static void notify(resumer<machine>* woken) noexcept {
        loop_waiter& place = *static_cast<loop_waiter*>(woken);
        const bool is_joiner = place.which == side::joiners;
        const call_object& it = of(place.owner);
        const loop_wake made{*it.state, it.call->waiting, place.which, place.thread, place.since};
        const object_ref future = object_ref::owning(place.future.exchange(nullptr));
        const object_ref kept =
            is_joiner ? object_ref::owning(place.owner) : object_ref::to(place.queue);
        place.is_notified.store(true);        // from here on a getter or putter may be gone
        if (future.get() == nullptr) return;  // the call is over
        PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
        PyErr_Fetch(&type, &value, &trace);
        if (!made.deliver(future.get(), kept.get())) PyErr_WriteUnraisable(future.get());
        PyErr_Restore(type, value, trace);
    }

    void leave() {
        if (waiter == nullptr || !waiter->is_enlisted) return;
        waiter->is_enlisted = false;
        call->waiting->leave(queue, call->which, *waiter);
    }
    void end() {
        const object_ref kept = object_ref::to(queue);
        leave();
        if (waiter != nullptr) {
            const object_ref unused = object_ref::owning(waiter->future.exchange(nullptr));
        }
        for (PyObject** each : {&queue, &item, &loop}) {
            const object_ref used = object_ref::owning(std::exchange(*each, nullptr));
        }
    }
};

}  // namespace conq::python

#endif

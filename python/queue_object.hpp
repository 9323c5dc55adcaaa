// SPDX-License-Identifier: BSL-1.0
// The Python object that holds a queue: how it is made, visited, cleared and freed.
#ifndef CONQ_PYTHON_QUEUE_OBJECT_HPP
#define CONQ_PYTHON_QUEUE_OBJECT_HPP

#include <Python.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "arguments.hpp"
#include "conq/contract/status.hpp"
#include "loop_habit.hpp"
#include "module_state.hpp"
#include "object_ref.hpp"
#include "platform.hpp"
#include "queues.hpp"

namespace conq::python {

/// An instance of the class of queues made for Native, or of a class that derives from it. Python
/// allocates it, filled with zeros.
template <class Native> struct queue_object {
    PyObject_HEAD Native* native;  ///< null if the class overrides _init, _qsize, _put or _get
    hooked_queue* hooked;          ///< the queue of such a class, else null
    module_state* state;
    const exceptions* errors;
    PyObject* maxsize;  ///< as the caller gave it
    PyObject* weak_references;
    loop_habit habits[2];  ///< of the getters and of the putters

    /// The instance behind `self`.
    static queue_object& of(PyObject* self) noexcept {
        return *reinterpret_cast<queue_object*>(self);
    }
    /// Calls `call` with the queue, and returns its answer.
    template <class Call> [[gnu::always_inline]] auto with(Call call) {
        if constexpr (Native::counts_tasks) {
            if (hooked != nullptr) [[unlikely]]
                return call(*hooked);
        }
        return call(*native);
    }
};

/// Sets Python's error for the C++ exception that is being handled. Returns null.
inline PyObject* raised() noexcept {
    try {
        throw;
    } catch (const error_is_set&) {
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    }
    return nullptr;
}

/// Returns what `call()` returns. If it throws, sets Python's error and returns null.
template <class Call> [[gnu::always_inline]] inline PyObject* guarded(Call call) noexcept {
    try {
        return call();
    } catch (...) {
        return raised();
    }
}

/// Whom a class serves: threads, with a few methods that are awaited beside the others; or event
/// loops, with the names that asyncio uses.
enum class face { threads, loops };

/// How a queue_object is made, initialised, visited, cleared and freed: the slots of its class.
template <class Native, face Face = face::threads> struct life {
    using object = queue_object<Native>;

    /// The slot tp_new. It takes any arguments: they are for __init__.
    static PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
        return guarded([&]() -> PyObject* {
            PyTypeObject* base = type;
            module_state* const state = state_of(base);
            const int has_hooks = Native::counts_tasks ? overrides(*state, type, base) : 0;
            object_ref made = object_ref::owning(PyType_GenericAlloc(type, 0));
            if (made.get() == nullptr || has_hooks < 0) return nullptr;
            object& self = object::of(made.get());
            self.state = state;
            for (loop_habit& each : self.habits) std::construct_at(&each);
            self.errors = Face == face::threads ? &state->of_threads : &state->of_loops;
            if (has_hooks != 0) {
                self.hooked = new hooked_queue(0, made.get(), state);
            } else {
                self.native = new Native(0);
            }
            self.maxsize = PyLong_FromLong(0);
            return self.maxsize == nullptr ? nullptr : made.release();
        });
    }

    /// The slot tp_init. It takes maxsize=0 if the class counts its items, else nothing.
    static int init(PyObject* self, PyObject* positional, PyObject* keywords) {
        if constexpr (Native::counts_tasks) {
            static char name[] = "maxsize";
            static char* names[] = {name, nullptr};
            object_ref none = object_ref::owning(PyLong_FromLong(0));
            PyObject* maxsize = none.get();
            if (!PyArg_ParseTupleAndKeywords(positional, keywords, "|O:Queue", names, &maxsize)) {
                return -1;
            }
            if (set_maxsize(self, maxsize, nullptr) < 0) return -1;
            object& it = object::of(self);
            if (it.hooked == nullptr) return 0;
            const object_ref answer = object_ref::owning(
                PyObject_CallMethodObjArgs(self, it.state->names[name_init], maxsize, nullptr));
            return answer.get() == nullptr ? -1 : 0;
        } else {
            static char* names[] = {nullptr};
            return PyArg_ParseTupleAndKeywords(positional, keywords, ":SimpleQueue", names) ? 0
                                                                                            : -1;
        }
    }

    static int traverse(PyObject* self, visitproc visit, void* arg) {
        object& it = object::of(self);
        Py_VISIT(Py_TYPE(self));
        Py_VISIT(it.maxsize);
        if (it.native == nullptr) return 0;
        int answer = 0;
        it.native->visit_items([&](const object_ref& item) {
            if (answer == 0 && item.get() != nullptr) answer = visit(item.get(), arg);
        });
        return answer;
    }
    /// The slot tp_clear: drops the items. The queue stays usable.
    static int clear(PyObject* self) {
        object& it = object::of(self);
        std::uint64_t dropped = 0;
        if (it.native != nullptr) drop_items(*it.native, dropped);
        return 0;
    }
    static void free(PyObject* self) {
        object& it = object::of(self);
        PyTypeObject* const type = Py_TYPE(self);
        PyObject_GC_UnTrack(self);
        if (it.weak_references != nullptr) PyObject_ClearWeakRefs(self);
        delete std::exchange(it.native, nullptr);
        delete std::exchange(it.hooked, nullptr);
        Py_CLEAR(it.maxsize);
        PyObject_GC_Del(self);
        Py_DECREF(type);
    }

    /// Drops items, at most as many as are in the queue when it begins, and counts them.
    template <class Queue> static void drop_items(Queue& queue, std::uint64_t& dropped) {
        for (std::uint64_t left = queue.size(); left != 0 && queue.try_get(); --left) ++dropped;
    }

    static PyObject* get_maxsize(PyObject* self, void*) {
        return object_ref::to(object::of(self).maxsize).release();
    }
    static int set_maxsize(PyObject* self, PyObject* value, void*) {
        if (value == nullptr) {
            PyErr_SetString(PyExc_AttributeError, "'maxsize' cannot be deleted: set it to 0");
            return -1;
        }
        const auto bound = parse_maxsize(value);
        if (!bound) return -1;
        object& it = object::of(self);
        const object_ref old =
            object_ref::owning(std::exchange(it.maxsize, object_ref::to(value).release()));
        if constexpr (Native::counts_tasks) it.with([&](auto& q) { q.set_maxsize(*bound); });
        return 0;
    }

private:
    // The state of the module that `type` comes from. If `type` is a user's class, sets it to its
    // nearest base that comes from this module. Throws error_is_set if there is none.
    static module_state* state_of(PyTypeObject*& type) {
        for (; type != nullptr;
             type = static_cast<PyTypeObject*>(PyType_GetSlot(type, Py_tp_base))) {
            PyObject* const module = PyType_GetModule(type);
            if (module == nullptr) {
                PyErr_Clear();
            } else if (PyModule_GetDef(module) == &module_definition) {
                return static_cast<module_state*>(PyModule_GetState(module));
            }
        }
        PyErr_SetString(PyExc_TypeError, "not a class of conq's queues");
        throw error_is_set{};
    }
    // 1: `type` has another _init, _qsize, _put or _get than `base`; 0: it has the same; -1: an
    // error is set.
    static int overrides(const module_state& state, PyTypeObject* type, PyTypeObject* base) {
        if (type == base) return 0;
        for (PyObject* name : {state.names[name_init], state.names[name_qsize],
                               state.names[name_put], state.names[name_get]}) {
            const object_ref here =
                object_ref::owning(PyObject_GetAttr(reinterpret_cast<PyObject*>(type), name));
            const object_ref there =
                object_ref::owning(PyObject_GetAttr(reinterpret_cast<PyObject*>(base), name));
            if (here.get() == nullptr || there.get() == nullptr) return -1;
            if (here.get() != there.get()) return 1;
        }
        return 0;
    }
};

}  // namespace conq::python

#endif

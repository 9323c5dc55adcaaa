// SPDX-License-Identifier: BSL-1.0
// The extension module conq._conq: the tables of its classes, and what an import does.
#include <Python.h>
#include <structmember.h>

#include <cstddef>

#include "awaitable_call.hpp"
#include "batch_methods.hpp"
#include "docstrings.hpp"
#include "loop_methods.hpp"
#include "module_state.hpp"
#include "queue_methods.hpp"
#include "queue_object.hpp"
#include "queues.hpp"
#include "task_methods.hpp"

namespace conq::python {
namespace {

constexpr int with_keywords = METH_FASTCALL | METH_KEYWORDS;

PyCFunction function_of(PyObject* (*call)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*)) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call));
}
template <class Slot> PyType_Slot slot_of(int id, Slot* what) {
    return {id, reinterpret_cast<void*>(what)};
}

template <class Native, face Face> struct tables {
    using object = queue_object<Native>;
    using one = methods<Native>;
    using many = batch_methods<Native>;

    static inline PyMemberDef members[] = {
        {"__weaklistoffset__", T_PYSSIZET, offsetof(object, weak_references), READONLY, nullptr},
        {nullptr, 0, 0, 0, nullptr}};

    static PyMethodDef* all_methods() {
        static PyMethodDef simple[] = {
            {"put", function_of(&one::put), with_keywords, docstring::put},
            {"put_nowait", function_of(&one::put_nowait), with_keywords, docstring::put_nowait},
            {"put_many", function_of(&many::put_many), with_keywords, docstring::put_many},
            {"get", function_of(&one::get), with_keywords, docstring::get},
            {"get_nowait", &one::get_nowait, METH_NOARGS, docstring::get_nowait},
            {"get_many", function_of(&many::get_many), with_keywords, docstring::get_many},
            {"qsize", &one::qsize, METH_NOARGS, docstring::qsize},
            {"empty", &one::empty, METH_NOARGS, docstring::empty},
            {nullptr, nullptr, 0, nullptr}};
        if constexpr (!Native::counts_tasks) {
            return simple;
        } else {
            using tasks = task_methods<Native>;
            using loops = loop_methods<Native>;
            static PyMethodDef threads[] = {
                simple[0],
                simple[1],
                simple[2],
                simple[3],
                simple[4],
                simple[5],
                simple[6],
                simple[7],
                {"full", &one::full, METH_NOARGS, docstring::full},
                {"task_done", function_of(&tasks::task_done), with_keywords, docstring::task_done},
                {"shutdown", function_of(&tasks::shutdown), with_keywords, docstring::shutdown},
                {"clear", &tasks::clear, METH_NOARGS, docstring::clear},
                {"join", function_of(&tasks::join), with_keywords, docstring::join},
                {"aget", &loops::aget, METH_NOARGS, docstring::aget},
                {"aput", function_of(&loops::aput), with_keywords, docstring::aput},
                {"ajoin", &loops::ajoin, METH_NOARGS, docstring::ajoin},
                {nullptr, nullptr, 0, nullptr}};
            static PyMethodDef for_loops[] = {
                simple[1],
                simple[4],
                simple[6],
                simple[7],
                threads[8],
                threads[9],
                threads[10],
                threads[11],
                {"get", &loops::aget, METH_NOARGS, docstring::loop_get},
                {"put", function_of(&loops::aput), with_keywords, docstring::loop_put},
                {"join", &loops::ajoin, METH_NOARGS, docstring::loop_join},
                {nullptr, nullptr, 0, nullptr}};
            return Face == face::threads ? threads : for_loops;
        }
    }
    static PyGetSetDef* attributes() {
        static PyGetSetDef none[] = {{nullptr, nullptr, nullptr, nullptr, nullptr}};
        if constexpr (Native::counts_tasks) {
            using tasks = task_methods<Native>;
            static PyGetSetDef counted[] = {
                {"maxsize", &life<Native>::get_maxsize, &life<Native>::set_maxsize,
                 docstring::maxsize, nullptr},
                {"unfinished_tasks", &tasks::get_unfinished, nullptr, docstring::unfinished_tasks,
                 nullptr},
                {"is_shutdown", &tasks::get_is_shutdown, nullptr, docstring::is_shutdown, nullptr},
                {nullptr, nullptr, nullptr, nullptr, nullptr}};
            return counted;
        } else {
            return none;
        }
    }
};

// Adds a class to the module as `attribute`. Returns a strong reference to the class, which the
// caller keeps or drops. Null: an error is set.
PyTypeObject* add_type(PyObject* module, const char* attribute, PyType_Spec& spec) {
    object_ref type = object_ref::owning(PyType_FromModuleAndSpec(module, &spec, nullptr));
    if (type.get() == nullptr || PyModule_AddObjectRef(module, attribute, type.get()) != 0) {
        return nullptr;
    }
    return reinterpret_cast<PyTypeObject*>(type.release());
}

// Adds a class of queues made for Native to the module, as `attribute`. `name` is its full name,
// as "conq.Queue", and `about` its docstring. False: an error is set.
template <class Native, face Face = face::threads>
bool add_queue(PyObject* module, const char* attribute, const char* name, const char* about) {
    using lives = life<Native, Face>;
    PyType_Slot slots[] = {
        slot_of(Py_tp_new, &lives::make),
        slot_of(Py_tp_init, &lives::init),
        slot_of(Py_tp_dealloc, &lives::free),
        slot_of(Py_tp_traverse, &lives::traverse),
        slot_of(Py_tp_clear, &lives::clear),
        {Py_tp_methods, tables<Native, Face>::all_methods()},
        {Py_tp_getset, tables<Native, Face>::attributes()},
        {Py_tp_members, tables<Native, Face>::members},
        {Py_tp_doc, const_cast<char*>(about)},
        {0, nullptr},
    };
    PyType_Spec spec{name, sizeof(queue_object<Native>), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    PyTypeObject* const type = add_type(module, attribute, spec);
    Py_XDECREF(type);
    return type != nullptr;
}

constexpr unsigned long flags_of_helpers = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;

PyTypeObject* add_call(PyObject* module) {
    using it = call_object;
    static PyMethodDef names[] = {{"send", &it::py_send, METH_O, nullptr},
                                  {"throw", &it::py_throw, METH_VARARGS, nullptr},
                                  {"close", &it::py_close, METH_NOARGS, nullptr},
                                  {nullptr, nullptr, 0, nullptr}};
    PyType_Slot slots[] = {slot_of(Py_tp_dealloc, &it::free),
                           slot_of(Py_tp_traverse, &it::traverse),
                           slot_of(Py_tp_clear, &it::clear),
                           slot_of(Py_tp_iter, &it::itself),
                           slot_of(Py_tp_iternext, &it::next),
                           slot_of(Py_am_await, &it::itself),
                           slot_of(Py_am_send, &it::send),
                           {Py_tp_methods, names},
                           {0, nullptr}};
    PyType_Spec spec{"conq._conq.Call", sizeof(it), 0, flags_of_helpers, slots};
    return add_type(module, "Call", spec);
}

// Finds queue.Empty, queue.Full and queue.ShutDown. Where the last is missing, makes a class of our
// own. False: an error is set.
bool find_exceptions(exceptions& found) {
    const object_ref standard = object_ref::owning(PyImport_ImportModule("queue"));
    if (standard.get() == nullptr) return false;
    found.empty = PyObject_GetAttrString(standard.get(), "Empty");
    found.full = PyObject_GetAttrString(standard.get(), "Full");
    if (found.empty == nullptr || found.full == nullptr) return false;
    found.shut_down = PyObject_GetAttrString(standard.get(), "ShutDown");
    if (found.shut_down == nullptr) {
        PyErr_Clear();
        found.shut_down = PyErr_NewExceptionWithDoc(
            "conq.ShutDown", "Raised when put/get with shut-down queue.", nullptr, nullptr);
    }
    return found.shut_down != nullptr;
}

// _set_loop_exceptions(empty, full, shut_down): sets what the queues of conq.asyncio raise.
PyObject* set_loop_exceptions(PyObject* module, PyObject* given) {
    auto& errors = static_cast<module_state*>(PyModule_GetState(module))->of_loops;
    if (errors.empty == nullptr) {  // set them only once: queues may be about to raise them
        if (PyArg_ParseTuple(given, "OOO", &errors.empty, &errors.full, &errors.shut_down) == 0) {
            return nullptr;
        }
        Py_INCREF(errors.empty);
        Py_INCREF(errors.full);
        Py_INCREF(errors.shut_down);
    }
    Py_RETURN_NONE;
}
// _end_future(future): see end_future.
PyObject* end_future(PyObject* module, PyObject* future) {
    const auto& state = *static_cast<module_state*>(PyModule_GetState(module));
    if (!end_future(state, future)) return nullptr;
    Py_RETURN_NONE;
}
PyMethodDef functions[] = {{"_set_loop_exceptions", &set_loop_exceptions, METH_VARARGS, nullptr},
                           {"_end_future", &end_future, METH_O, nullptr},
                           {nullptr, nullptr, 0, nullptr}};

bool make_names(module_state& state) {
    static constexpr const char* texts[names_end] = {"_init",
                                                     "_put",
                                                     "_get",
                                                     "_qsize",
                                                     "count",
                                                     "create_future",
                                                     "done",
                                                     "set_result",
                                                     "call_soon_threadsafe",
                                                     "_asyncio_future_blocking",
                                                     "get_loop"};
    for (int i = 0; i != names_end; ++i) {
        state.names[i] = PyUnicode_InternFromString(texts[i]);
        if (state.names[i] == nullptr) return false;
    }
    return true;
}

bool add_queues(PyObject* module) {
    constexpr face loops = face::loops;
    return add_queue<fifo_queue>(module, "Queue", "conq.Queue", docstring::queue) &&
           add_queue<lifo_queue>(module, "LifoQueue", "conq.LifoQueue", docstring::lifo_queue) &&
           add_queue<priority_queue>(module, "PriorityQueue", "conq.PriorityQueue",
                                     docstring::priority_queue) &&
           add_queue<simple_queue>(module, "SimpleQueue", "conq.SimpleQueue",
                                   docstring::simple_queue) &&
           add_queue<fifo_queue, loops>(module, "LoopQueue", "conq.asyncio.Queue",
                                        docstring::queue) &&
           add_queue<lifo_queue, loops>(module, "LoopLifoQueue", "conq.asyncio.LifoQueue",
                                        docstring::lifo_queue) &&
           add_queue<priority_queue, loops>(module, "LoopPriorityQueue",
                                            "conq.asyncio.PriorityQueue",
                                            docstring::priority_queue);
}

int execute(PyObject* module) {
    auto& state = *static_cast<module_state*>(PyModule_GetState(module));
    const exceptions& errors = state.of_threads;
    const bool is_made =
        find_exceptions(state.of_threads) && make_names(state) &&
        PyModule_AddObjectRef(module, "Empty", errors.empty) == 0 &&
        PyModule_AddObjectRef(module, "Full", errors.full) == 0 &&
        PyModule_AddObjectRef(module, "ShutDown", errors.shut_down) == 0 &&
        (state.end_future = PyObject_GetAttrString(module, "_end_future")) != nullptr &&
        (state.call_type = add_call(module)) != nullptr && add_queues(module);
    return is_made ? 0 : -1;
}

int traverse_state(PyObject* module, visitproc visit, void* arg) {
    auto* const state = static_cast<module_state*>(PyModule_GetState(module));
    if (state == nullptr) return 0;
    Py_VISIT(state->call_type);
    Py_VISIT(state->end_future);
    return 0;
}
// This is m_free. There is no m_clear, so that a queue that is used while its interpreter ends
// still has its exceptions.
void free_state(void* module) {
    auto* const state =
        static_cast<module_state*>(PyModule_GetState(static_cast<PyObject*>(module)));
    if (state == nullptr) return;
    for (exceptions* errors : {&state->of_threads, &state->of_loops}) {
        Py_CLEAR(errors->empty);
        Py_CLEAR(errors->full);
        Py_CLEAR(errors->shut_down);
    }
    for (PyObject*& each : state->names) Py_CLEAR(each);
    Py_CLEAR(state->running_loop);
    Py_CLEAR(state->end_future);
    Py_CLEAR(state->call_type);
}

PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(&execute)},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

}  // namespace

PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, "conq._conq", "Queues for threads and event loops on conq's C++ core.",
    sizeof(module_state),  functions,    module_slots,
    &traverse_state,       nullptr,      &free_state};

}  // namespace conq::python

PyMODINIT_FUNC PyInit__conq() {
    return PyModuleDef_Init(&conq::python::module_definition);
}

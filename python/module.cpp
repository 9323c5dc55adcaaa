// SPDX-License-Identifier: BSL-1.0
// The extension module conq._conq: its classes and what an import makes.
#include <Python.h>
#include <structmember.h>

#include <cstddef>

#include "batch_methods.hpp"
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

template <class Native> struct tables {
    using object = queue_object<Native>;
    using one = methods<Native>;
    using many = batch_methods<Native>;

    static inline PyMemberDef members[] = {
        {"__weaklistoffset__", T_PYSSIZET, offsetof(object, weak_references), READONLY, nullptr},
        {nullptr, 0, 0, 0, nullptr}};

    static PyMethodDef* all_methods() {
        static PyMethodDef simple[] = {
            {"put", function_of(&one::put), with_keywords, nullptr},
            {"put_nowait", function_of(&one::put_nowait), with_keywords, nullptr},
            {"put_many", function_of(&many::put_many), with_keywords, nullptr},
            {"get", function_of(&one::get), with_keywords, nullptr},
            {"get_nowait", &one::get_nowait, METH_NOARGS, nullptr},
            {"get_many", function_of(&many::get_many), with_keywords, nullptr},
            {"qsize", &one::qsize, METH_NOARGS, nullptr},
            {"empty", &one::empty, METH_NOARGS, nullptr},
            {nullptr, nullptr, 0, nullptr}};
        if constexpr (Native::counts_tasks) {
            using tasks = task_methods<Native>;
            static PyMethodDef counted[] = {
                simple[0],
                simple[1],
                simple[2],
                simple[3],
                simple[4],
                simple[5],
                simple[6],
                simple[7],
                {"full", &one::full, METH_NOARGS, nullptr},
                {"task_done", function_of(&tasks::task_done), with_keywords, nullptr},
                {"join", function_of(&tasks::join), with_keywords, nullptr},
                {"shutdown", function_of(&tasks::shutdown), with_keywords, nullptr},
                {"clear", &tasks::clear, METH_NOARGS, nullptr},
                {nullptr, nullptr, 0, nullptr}};
            return counted;
        } else {
            return simple;
        }
    }
    static PyGetSetDef* attributes() {
        static PyGetSetDef none[] = {{nullptr, nullptr, nullptr, nullptr, nullptr}};
        if constexpr (Native::counts_tasks) {
            using tasks = task_methods<Native>;
            static PyGetSetDef counted[] = {
                {"maxsize", &life<Native>::get_maxsize, &life<Native>::set_maxsize, nullptr,
                 nullptr},
                {"unfinished_tasks", &tasks::get_unfinished, nullptr, nullptr, nullptr},
                {"is_shutdown", &tasks::get_is_shutdown, nullptr, nullptr, nullptr},
                {nullptr, nullptr, nullptr, nullptr, nullptr}};
            return counted;
        } else {
            return none;
        }
    }
};

// Adds the class `name` ("conq.Queue") of queues like Native to the module.
template <class Native> bool add_class(PyObject* module, const char* name) {
    using lives = life<Native>;
    PyType_Slot slots[] = {
        slot_of(Py_tp_new, &lives::make),
        slot_of(Py_tp_init, &lives::init),
        slot_of(Py_tp_dealloc, &lives::free),
        slot_of(Py_tp_traverse, &lives::traverse),
        slot_of(Py_tp_clear, &lives::clear),
        {Py_tp_methods, tables<Native>::all_methods()},
        {Py_tp_getset, tables<Native>::attributes()},
        {Py_tp_members, tables<Native>::members},
        {0, nullptr},
    };
    PyType_Spec spec{name, sizeof(queue_object<Native>), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    const object_ref type = object_ref::owning(PyType_FromModuleAndSpec(module, &spec, nullptr));
    return type.get() != nullptr &&
           PyModule_AddType(module, reinterpret_cast<PyTypeObject*>(type.get())) == 0;
}

// queue.Empty, queue.Full and queue.ShutDown, or the last as a class of our own.
bool find_exceptions(module_state& state) {
    const object_ref standard = object_ref::owning(PyImport_ImportModule("queue"));
    if (standard.get() == nullptr) return false;
    state.empty = PyObject_GetAttrString(standard.get(), "Empty");
    state.full = PyObject_GetAttrString(standard.get(), "Full");
    if (state.empty == nullptr || state.full == nullptr) return false;
    state.shut_down = PyObject_GetAttrString(standard.get(), "ShutDown");
    if (state.shut_down == nullptr) {
        PyErr_Clear();
        state.shut_down = PyErr_NewExceptionWithDoc(
            "conq.ShutDown", "Raised when put/get with shut-down queue.", nullptr, nullptr);
    }
    return state.shut_down != nullptr;
}

bool make_names(module_state& state) {
    state.name_init = PyUnicode_InternFromString("_init");
    state.name_put = PyUnicode_InternFromString("_put");
    state.name_get = PyUnicode_InternFromString("_get");
    state.name_qsize = PyUnicode_InternFromString("_qsize");
    state.name_count = PyUnicode_InternFromString("count");
    return state.name_init != nullptr && state.name_put != nullptr && state.name_get != nullptr &&
           state.name_qsize != nullptr && state.name_count != nullptr;
}

bool add_exception(PyObject* module, const char* name, PyObject* exception) {
    return PyModule_AddObjectRef(module, name, exception) == 0;
}

int execute(PyObject* module) {
    auto& state = *static_cast<module_state*>(PyModule_GetState(module));
    const bool is_made = find_exceptions(state) && make_names(state) &&
                         add_exception(module, "Empty", state.empty) &&
                         add_exception(module, "Full", state.full) &&
                         add_exception(module, "ShutDown", state.shut_down) &&
                         add_class<fifo_queue>(module, "conq.Queue") &&
                         add_class<lifo_queue>(module, "conq.LifoQueue") &&
                         add_class<priority_queue>(module, "conq.PriorityQueue") &&
                         add_class<simple_queue>(module, "conq.SimpleQueue");
    return is_made ? 0 : -1;
}

// Not m_clear: a queue that is used while its interpreter ends still has its exceptions.
void free_state(void* module) {
    auto* const state =
        static_cast<module_state*>(PyModule_GetState(static_cast<PyObject*>(module)));
    if (state == nullptr) return;
    for (PyObject** each :
         {&state->empty, &state->full, &state->shut_down, &state->name_init, &state->name_put,
          &state->name_get, &state->name_qsize, &state->name_count}) {
        Py_CLEAR(*each);
    }
}

PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(&execute)},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

}  // namespace

PyModuleDef module_definition = {PyModuleDef_HEAD_INIT,
                                 "conq._conq",
                                 "Queues for threads and event loops on conq's C++ core.",
                                 sizeof(module_state),
                                 nullptr,
                                 module_slots,
                                 nullptr,
                                 nullptr,
                                 &free_state};

}  // namespace conq::python

PyMODINIT_FUNC PyInit__conq() {
    return PyModuleDef_Init(&conq::python::module_definition);
}

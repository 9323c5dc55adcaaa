// SPDX-License-Identifier: BSL-1.0
// The extension module conq._jobs: it passes job_queue and job_lease on to Python as they are.
// conq/jobs.py makes of them the classes that Python programmers use.
#include <Python.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conq/jobs.hpp"
#include "object_ref.hpp"
#include "platform.hpp"

namespace conq::python {
namespace {

struct state {
    PyObject* store_error;
    PyObject* in_doubt_error;
    PyTypeObject* lease_type;
};

// The id of this process. getpid() is a system call: to make it for each item would cost too much
// time.
std::atomic<pid_t> known_process{0};
pid_t this_process() noexcept {
    return known_process.load();
}
void look_at_process() {
    known_process.store(::getpid());
}

// A stop token that runs Python's signal handlers. It runs them where a call of the core looks
// whether it must stop, and a handler that raises stops the call. A wait looks at least twice a
// second.
struct signal_token {
    PyThreadState** thread;
    bool* has_raised;

    template <class Callback> struct callback_type {
        explicit callback_type(signal_token, Callback) noexcept {}
    };
    [[nodiscard]] bool stop_requested() const noexcept {
        if (*has_raised || this_process() != ::gettid()) return *has_raised;
        PyEval_RestoreThread(*thread);
        *has_raised = PyErr_CheckSignals() != 0;
        *thread = PyEval_SaveThread();
        return *has_raised;
    }
    [[nodiscard]] static constexpr bool stop_possible() noexcept { return true; }
};

struct lease_object {
    PyObject_HEAD job_lease lease;
    PyObject* store;  // kept alive: the lease must not outlive it
    pid_t process;    // the owner: the child of a fork leaves the lease alone
};
struct store_object {
    PyObject_HEAD std::unique_ptr<job_queue> queue;
    pid_t process;
};

state& state_of(PyObject* self) {
    return *static_cast<state*>(PyType_GetModuleState(Py_TYPE(self)));
}

// Sets Python's error for the C++ exception that is being handled.
void set_error(const state& of) {
    try {
        throw;
    } catch (const in_doubt_error& error) {
        PyErr_SetString(of.in_doubt_error, error.what());
    } catch (const store_error& error) {
        PyErr_SetString(of.store_error, error.what());
    } catch (const std::invalid_argument& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
}

// Runs `call(signal_token)` while this thread does not hold the interpreter. False: an exception is
// set.
template <class Call> bool run(const state& of, const Call& call) {
    bool has_raised = false;
    std::exception_ptr failure;
    PyThreadState* thread = PyEval_SaveThread();
    try {
        call(signal_token{&thread, &has_raised});
    } catch (...) {
        failure = std::current_exception();
    }
    PyEval_RestoreThread(thread);
    if (has_raised) return false;
    if (failure == nullptr) return true;
    try {
        std::rethrow_exception(failure);
    } catch (...) {
        set_error(of);
    }
    return false;
}

std::optional<std::string> bytes_of(PyObject* object) {
    char* text = nullptr;
    Py_ssize_t size = 0;
    if (PyBytes_AsStringAndSize(object, &text, &size) != 0) return std::nullopt;
    return std::string(text, static_cast<std::size_t>(size));
}
PyObject* bytes_from(std::string_view text) {
    return PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

// ---- Lease

lease_object& lease_of(PyObject* self) {
    return *reinterpret_cast<lease_object*>(self);
}

PyObject* make_lease(PyObject* store, job_lease&& from) {
    PyTypeObject* const type = state_of(store).lease_type;
    PyObject* const self = PyType_GenericAlloc(type, 0);
    if (self == nullptr) return nullptr;
    lease_object& it = lease_of(self);
    std::construct_at(&it.lease, std::move(from));
    it.store = object_ref::to(store).release();
    it.process = this_process();
    return self;
}

// Frees a lease. One that no call has ended hands the job back.
void free_lease(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    lease_object& it = lease_of(self);
    if (it.process == this_process()) {
        if (it.lease) {
            const without_interpreter away;
            job_lease(std::move(it.lease));
        }
        std::destroy_at(&it.lease);
    }
    Py_XDECREF(it.store);
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyObject* say_it_is_the_parents() {
    PyErr_SetString(PyExc_RuntimeError, "this job is held by the process that has forked this one");
    return nullptr;
}

// end(how, note, output, delay_ms): `how` is "done", "retry", "fail" or "release". Returns False if
// the lease was lost.
PyObject* end_lease(PyObject* self, PyObject* given) {
    const char* how = nullptr;
    PyObject* note_bytes = nullptr;
    PyObject* output_bytes = nullptr;
    long long delay_ms = -1;
    if (PyArg_ParseTuple(given, "sSSL", &how, &note_bytes, &output_bytes, &delay_ms) == 0) {
        return nullptr;
    }
    if (lease_of(self).process != this_process()) return say_it_is_the_parents();
    const std::string_view kind = how;
    const auto note = bytes_of(note_bytes), output = bytes_of(output_bytes);
    status answer = status::ok;
    const bool is_run = run(state_of(self), [&](signal_token) {
        job_lease& lease = lease_of(self).lease;
        if (kind == "done") answer = lease.done(*note, *output);
        if (kind == "fail") answer = lease.fail(*note, *output);
        if (kind == "release") answer = lease.release();
        if (kind == "retry") {
            answer = delay_ms < 0 ? lease.retry(*note) : lease.retry(job_span(delay_ms), *note);
        }
    });
    return is_run ? PyBool_FromLong(answer == status::ok ? 1 : 0) : nullptr;
}

PyObject* extend_lease(PyObject* self, PyObject* given) {
    long long span_ms = 0;
    if (PyArg_ParseTuple(given, "L", &span_ms) == 0) return nullptr;
    status answer = status::ok;
    const bool is_run = run(state_of(self), [&](signal_token) {
        answer = lease_of(self).lease.extend(job_span(span_ms));
    });
    return is_run ? PyBool_FromLong(answer == status::ok ? 1 : 0) : nullptr;
}

PyObject* lease_facts(PyObject* self, void*) {
    const lease_object& it = lease_of(self);
    const job_ticket at = it.lease.ticket();
    return Py_BuildValue("(KKI)", static_cast<unsigned long long>(at.id),
                         static_cast<unsigned long long>(at.token), it.lease.attempt());
}

// ---- Store

job_queue& queue_of(PyObject* self) {
    return *reinterpret_cast<store_object*>(self)->queue;
}

PyObject* make_store(PyTypeObject* type, PyObject* given, PyObject*) {
    const char* url = nullptr;
    if (PyArg_ParseTuple(given, "s", &url) == 0) return nullptr;
    const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
    object_ref self = object_ref::owning(alloc(type, 0));
    if (self.get() == nullptr) return nullptr;
    auto& it = *reinterpret_cast<store_object*>(self.get());
    auto& queue = *std::construct_at(&it.queue);
    it.process = this_process();
    const bool is_open =
        run(state_of(self.get()), [&](signal_token) { queue = std::make_unique<job_queue>(url); });
    return is_open ? self.release() : nullptr;
}

void free_store(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    auto& it = *reinterpret_cast<store_object*>(self);
    if (it.process == this_process()) {  // else this is a child: the threads are the parent's
        const without_interpreter away;
        std::destroy_at(&it.queue);
    }
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

// A list of what `make` returns for each. Null: an error is set.
template <class All, class Make> PyObject* list_of(All& all, Make make) {
    object_ref out = object_ref::owning(PyList_New(static_cast<Py_ssize_t>(all.size())));
    Py_ssize_t at = 0;
    for (auto& each : all) {
        PyObject* const made = out.get() == nullptr ? nullptr : make(each);
        if (made == nullptr) return nullptr;
        PyList_SetItem(out.get(), at++, made);
    }
    return out.release();
}

// put(bodies, priority, delay_ms, max_attempts, time_limit_ms, key): `bodies` is a tuple. Returns
// the ids; None if the queue is shut down.
PyObject* put(PyObject* self, PyObject* given) {
    PyObject* bodies = nullptr;
    PyObject* key_bytes = nullptr;
    int priority = 0;
    long long delay_ms = 0, time_limit_ms = 0;
    unsigned int max_attempts = 0;
    if (PyArg_ParseTuple(given, "OiLILS", &bodies, &priority, &delay_ms, &max_attempts,
                         &time_limit_ms, &key_bytes) == 0) {
        return nullptr;
    }
    const job_options options{.priority = priority,
                              .delay = job_span(delay_ms),
                              .max_attempts = max_attempts,
                              .time_limit = job_span(time_limit_ms),
                              .key = *bytes_of(key_bytes)};
    const Py_ssize_t count = PyTuple_Size(bodies);
    if (count < 0) return nullptr;
    std::vector<jobs::new_job> all;
    all.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i != count; ++i) {
        char* text = nullptr;
        Py_ssize_t size = 0;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(bodies, i), &text, &size) != 0) return nullptr;
        all.push_back({{text, static_cast<std::size_t>(size)}, &options});
    }
    std::vector<job_id> ids;
    status answer = status::ok;
    const bool is_run =
        run(state_of(self), [&](signal_token) { answer = queue_of(self).put_many(all, ids); });
    if (!is_run) return nullptr;
    if (answer != status::ok) Py_RETURN_NONE;
    return list_of(ids, [](job_id id) { return PyLong_FromUnsignedLongLong(id); });
}

// How long a wait may take, from seconds; negative: without a limit.
std::chrono::nanoseconds span_of(double seconds) {
    constexpr double longest = 9e9;
    if (seconds < 0 || seconds >= longest) return std::chrono::nanoseconds::max();
    return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

// take(max, seconds): returns the leases and their bodies; if there are none, the name of the
// status that says why.
PyObject* take(PyObject* self, PyObject* given) {
    unsigned int max = 1;
    double seconds = -1;
    if (PyArg_ParseTuple(given, "Id", &max, &seconds) == 0) return nullptr;
    std::vector<job_lease> some;
    status answer = status::ok;
    const bool is_run = run(state_of(self), [&](signal_token stop) {
        job_queue& queue = queue_of(self);
        answer = queue.try_take_many(max, some);
        if (answer != status::empty || seconds == 0) return;
        job_lease first = queue.take_for(span_of(seconds), stop);
        answer = first.state();
        if (!first) return;
        some.push_back(std::move(first));
        if (max > 1) static_cast<void>(queue.try_take_many(max - 1, some));
    });
    if (!is_run) return nullptr;
    if (answer != status::ok) return PyUnicode_FromString(to_string(answer));
    object_ref bodies =
        object_ref::owning(list_of(some, [](job_lease& each) { return bytes_from(*each); }));
    if (bodies.get() == nullptr) return nullptr;
    object_ref leases = object_ref::owning(
        list_of(some, [self](job_lease& each) { return make_lease(self, std::move(each)); }));
    if (leases.get() == nullptr) return nullptr;
    return PyTuple_Pack(2, leases.get(), bodies.get());
}

using end_many = std::size_t (job_queue::*)(std::vector<job_lease>&);

// Ends all in one transaction. Returns how many were still held.
PyObject* end_leases(PyObject* self, PyObject* list, end_many how) {
    std::vector<job_lease> some;
    const Py_ssize_t count = PyList_Size(list);
    if (count < 0) return nullptr;
    some.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i != count; ++i) {
        if (lease_of(PyList_GetItem(list, i)).process != this_process())
            return say_it_is_the_parents();
    }
    for (Py_ssize_t i = 0; i != count; ++i) {
        some.push_back(std::move(lease_of(PyList_GetItem(list, i)).lease));
    }
    std::size_t held = 0;
    const bool is_run =
        run(state_of(self), [&](signal_token) { held = (queue_of(self).*how)(some); });
    if (is_run) return PyLong_FromSize_t(held);
    for (std::size_t i = 0; i != some.size(); ++i) {  // give them back: they are still held
        lease_of(PyList_GetItem(list, static_cast<Py_ssize_t>(i))).lease = std::move(some[i]);
    }
    return nullptr;
}

PyObject* done_many(PyObject* self, PyObject* list) {
    return end_leases(self, list, &job_queue::done_many);
}
PyObject* done_and_forget(PyObject* self, PyObject* list) {
    return end_leases(self, list, &job_queue::done_and_forget);
}

// join(seconds): waits until every job is finished. Returns whether that is so.
PyObject* join(PyObject* self, PyObject* given) {
    double seconds = -1;
    if (PyArg_ParseTuple(given, "d", &seconds) == 0) return nullptr;
    status answer = status::ok;
    const bool is_run = run(state_of(self), [&](signal_token stop) {
        answer = queue_of(self).join_for(span_of(seconds), stop);
    });
    return is_run ? PyBool_FromLong(answer == status::ok ? 1 : 0) : nullptr;
}

// tell(word): the word is shutdown, drop (an immediate shutdown), reopen, pause, resume,
// keep_outputs or drop_outputs.
PyObject* tell(PyObject* self, PyObject* given) {
    const char* what = nullptr;
    if (PyArg_ParseTuple(given, "s", &what) == 0) return nullptr;
    const std::string_view word = what;
    const bool is_run = run(state_of(self), [&](signal_token) {
        job_queue& queue = queue_of(self);
        if (word == "shutdown") queue.shutdown();
        if (word == "drop") queue.shutdown(immediate);
        if (word == "reopen") queue.reopen();
        if (word == "pause") queue.pause();
        if (word == "resume") queue.resume();
        if (word == "keep_outputs") queue.keep_outputs(true);
        if (word == "drop_outputs") queue.keep_outputs(false);
    });
    if (!is_run) return nullptr;
    Py_RETURN_NONE;
}

// change(word, id): the word is cancel, revive or forget. Returns whether it could be done.
PyObject* change(PyObject* self, PyObject* given) {
    const char* what = nullptr;
    unsigned long long id = 0;
    if (PyArg_ParseTuple(given, "sK", &what, &id) == 0) return nullptr;
    const std::string_view word = what;
    bool is_done = false;
    const bool is_run = run(state_of(self), [&](signal_token) {
        job_queue& queue = queue_of(self);
        if (word == "cancel") is_done = queue.cancel(id);
        if (word == "revive") is_done = queue.revive(id);
        if (word == "forget") is_done = queue.forget(id);
    });
    return is_run ? PyBool_FromLong(is_done ? 1 : 0) : nullptr;
}

// The tuple (id, state, attempts, crashes, put_ms, begin_ms, end_ms, body, note).
PyObject* info_from(const job_info& of) {
    return Py_BuildValue("(KiIILLLNN)", static_cast<unsigned long long>(of.id),
                         static_cast<int>(of.state), of.attempts, of.crashes,
                         static_cast<long long>(of.put_ms), static_cast<long long>(of.begin_ms),
                         static_cast<long long>(of.end_ms), bytes_from(of.body),
                         bytes_from(of.note));
}

PyObject* find(PyObject* self, PyObject* given) {
    unsigned long long id = 0;
    if (PyArg_ParseTuple(given, "K", &id) == 0) return nullptr;
    std::optional<job_info> found;
    if (!run(state_of(self), [&](signal_token) { found = queue_of(self).find(id); })) {
        return nullptr;
    }
    if (!found) Py_RETURN_NONE;
    return info_from(*found);
}

// output(id): returns bytes, or None.
PyObject* output(PyObject* self, PyObject* given) {
    unsigned long long id = 0;
    if (PyArg_ParseTuple(given, "K", &id) == 0) return nullptr;
    std::optional<std::string> found;
    if (!run(state_of(self), [&](signal_token) { found = queue_of(self).output(id); })) {
        return nullptr;
    }
    if (!found) Py_RETURN_NONE;
    return bytes_from(*found);
}

// forget_all(state): returns how many jobs it has forgotten.
PyObject* forget_all(PyObject* self, PyObject* given) {
    int which = 0;
    if (PyArg_ParseTuple(given, "i", &which) == 0) return nullptr;
    std::uint64_t count = 0;
    const bool is_run = run(state_of(self), [&](signal_token) {
        count = queue_of(self).forget_all(static_cast<job_state>(which));
    });
    return is_run ? PyLong_FromUnsignedLongLong(count) : nullptr;
}

// list(state, after, max): returns a list of tuples, as info_from makes them.
PyObject* list(PyObject* self, PyObject* given) {
    int which = 0;
    unsigned long long after = 0;
    unsigned int max = 0;
    if (PyArg_ParseTuple(given, "iKI", &which, &after, &max) == 0) return nullptr;
    std::vector<job_info> found;
    const bool is_run = run(state_of(self), [&](signal_token) {
        found = queue_of(self).list(static_cast<job_state>(which), after, max);
    });
    return is_run ? list_of(found, &info_from) : nullptr;
}

PyObject* stats(PyObject* self, PyObject*) {
    job_stats found;
    if (!run(state_of(self), [&](signal_token) { found = queue_of(self).stats(); })) return nullptr;
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    return Py_BuildValue("{sKsKsKsKsKsKsNsN}", "ready", number(found.ready), "running",
                         number(found.running), "done", number(found.done), "dead",
                         number(found.dead), "cancelled", number(found.cancelled), "delayed",
                         number(found.delayed), "is_paused", PyBool_FromLong(found.is_paused),
                         "is_shut_down", PyBool_FromLong(found.is_shut_down));
}

PyMethodDef store_methods[] = {{"put", &put, METH_VARARGS, nullptr},
                               {"take", &take, METH_VARARGS, nullptr},
                               {"done_many", &done_many, METH_O, nullptr},
                               {"done_and_forget", &done_and_forget, METH_O, nullptr},
                               {"join", &join, METH_VARARGS, nullptr},
                               {"tell", &tell, METH_VARARGS, nullptr},
                               {"change", &change, METH_VARARGS, nullptr},
                               {"find", &find, METH_VARARGS, nullptr},
                               {"output", &output, METH_VARARGS, nullptr},
                               {"forget_all", &forget_all, METH_VARARGS, nullptr},
                               {"list", &list, METH_VARARGS, nullptr},
                               {"stats", &stats, METH_NOARGS, nullptr},
                               {nullptr, nullptr, 0, nullptr}};
PyMethodDef lease_methods[] = {{"end", &end_lease, METH_VARARGS, nullptr},
                               {"extend", &extend_lease, METH_VARARGS, nullptr},
                               {nullptr, nullptr, 0, nullptr}};
PyGetSetDef lease_attributes[] = {{"facts", &lease_facts, nullptr, nullptr, nullptr},
                                  {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyTypeObject* add_type(PyObject* module, const char* attribute, PyType_Spec spec) {
    object_ref type = object_ref::owning(PyType_FromModuleAndSpec(module, &spec, nullptr));
    if (type.get() == nullptr || PyModule_AddObjectRef(module, attribute, type.get()) != 0) {
        return nullptr;
    }
    return reinterpret_cast<PyTypeObject*>(type.release());
}

PyObject* add_error(PyObject* module, const char* attribute, const char* name, const char* about,
                    PyObject* base) {
    PyObject* const made = PyErr_NewExceptionWithDoc(name, about, base, nullptr);
    return made != nullptr && PyModule_AddObjectRef(module, attribute, made) == 0 ? made : nullptr;
}

int execute(PyObject* module) {
    static const int is_told = ::pthread_atfork(nullptr, nullptr, &look_at_process);
    if (is_told != 0) {
        PyErr_NoMemory();
        return -1;
    }
    look_at_process();
    auto& it = *static_cast<state*>(PyModule_GetState(module));
    it.store_error =
        add_error(module, "StoreError", "conq.StoreError",
                  "The store of a job queue cannot be used, or is damaged.", PyExc_RuntimeError);
    if (it.store_error == nullptr) return -1;
    it.in_doubt_error = add_error(
        module, "InDoubtError", "conq.InDoubtError",
        "The store failed, and whether the call took effect is not known.", it.store_error);
    PyType_Slot lease_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&free_lease)},
                                 {Py_tp_methods, lease_methods},
                                 {Py_tp_getset, lease_attributes},
                                 {0, nullptr}};
    it.lease_type =
        add_type(module, "Lease",
                 {"conq._jobs.Lease", sizeof(lease_object), 0, Py_TPFLAGS_DEFAULT, lease_slots});
    PyType_Slot store_slots[] = {{Py_tp_new, reinterpret_cast<void*>(&make_store)},
                                 {Py_tp_dealloc, reinterpret_cast<void*>(&free_store)},
                                 {Py_tp_methods, store_methods},
                                 {0, nullptr}};
    PyTypeObject* const store =
        add_type(module, "Store",
                 {"conq._jobs.Store", sizeof(store_object), 0, Py_TPFLAGS_DEFAULT, store_slots});
    Py_XDECREF(store);
    return it.in_doubt_error != nullptr && it.lease_type != nullptr && store != nullptr ? 0 : -1;
}

void free_state(void* module) {
    auto* const it = static_cast<state*>(PyModule_GetState(static_cast<PyObject*>(module)));
    if (it == nullptr) return;
    Py_CLEAR(it->store_error);
    Py_CLEAR(it->in_doubt_error);
    Py_CLEAR(it->lease_type);
}

PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(&execute)},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};
PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "conq._jobs",
                          "Job queues in a store, as conq/jobs.py uses them.",
                          sizeof(state),
                          nullptr,
                          module_slots,
                          nullptr,
                          nullptr,
                          &free_state};

}  // namespace
}  // namespace conq::python

PyMODINIT_FUNC PyInit__jobs() {
    return PyModuleDef_Init(&conq::python::definition);
}

// SPDX-License-Identifier: BSL-1.0
// What threads do under a schedule: accesses to memory, sleeps, and the lines of the trace.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include "testing/scheduler/scheduler.hpp"

namespace conq::testing {
namespace {

// How far the clock advances when a thread lets the others go first. One is less than the time for
// which threads poll, the other is more.
constexpr std::uint64_t step_back_ns = 5'000, long_step_back_ns = 60'000;

const char* file_name(const place& at) noexcept {
    const char* const slash = std::strrchr(at.file_name(), '/');
    return slash != nullptr ? slash + 1 : at.file_name();
}

const char* to_string(std::memory_order how) noexcept {
    switch (how) {
        case std::memory_order_relaxed:
            return "relaxed";
        case std::memory_order_consume:
            return "consume";
        case std::memory_order_acquire:
            return "acquire";
        case std::memory_order_release:
            return "release";
        case std::memory_order_acq_rel:
            return "acq_rel";
        case std::memory_order_seq_cst:
            return "seq_cst";
    }
    return "unknown";
}

std::string number(std::uint64_t value) {
    if (value < 1'000'000) return std::to_string(value);
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace

cell::cell(std::uint64_t initial) {
    if (scheduler* s = scheduler::current()) id_ = s->memory_.create(s->running_, initial);
}

cell::~cell() {
    scheduler* const s = scheduler::current();
    if (s == nullptr) return;
    s->check(*this, "destroyed again");
    s->memory_.destroy(s->running_, id_);
    // Volatile: the compiler may drop a store to an object that is about to be destroyed.
    *static_cast<volatile std::uint32_t*>(&state_) = 0;
    s->check_fault();
}

void require(bool holds, const char* message) {
    if (!holds) scheduler::current()->fail(message);
}

// Adds a step to the hash of the run: equal runs have equal hashes.
void scheduler::note(const char* what, std::uint64_t where, std::uint64_t value) {
    std::uint64_t x = trace_hash_ ^ (running_ << 8 ^ static_cast<std::uint64_t>(*what));
    x = (x ^ where << 32 ^ value) * 0x9e3779b97f4a7c15u;
    trace_hash_ = x ^ (x >> 29);
}

void scheduler::trace(const std::string& text, const place* at) {
    char head[80];
    std::snprintf(head, sizeof head, "%5llu  %-12s ", static_cast<unsigned long long>(steps_),
                  threads_[running_]->name.c_str());
    std::string line = head + text;
    if (at != nullptr) {
        line.resize(std::max<std::size_t>(line.size(), 70), ' ');
        line += "  " + std::string(file_name(*at)) + ":" + std::to_string(at->line());
    }
    trace_ += line + "\n";
}

void scheduler::trace_access(const char* what, const cell& on, order how, const std::string& values,
                             const place& at) {
    char text[120];
    std::snprintf(text, sizeof text, "%-9s #%-3u %-8s %s", what, on.id_, to_string(how),
                  values.c_str());
    trace(text, &at);
}

void scheduler::check(const cell& used, const char* what) {
    if (used.state_ != cell::alive) {
        fail(std::string("use after destruction: an atomic is ") + what);
    }
}

std::uint64_t scheduler::load(const cell& from, order how, const place& at) {
    if (is_quiet_) return memory_.newest(from.id_);
    point();
    check(from, "loaded");
    const std::uint64_t value = memory_.load(running_, from.id_, how);
    note("load", from.id_, value);
    if (traces_) {
        const std::uint64_t newest = memory_.newest(from.id_);
        trace_access("load", from, how,
                     number(value) + (newest == value ? "" : " (stale: " + number(newest) + ")"),
                     at);
    }
    check_fault();
    return value;
}

void scheduler::store(const cell& to, std::uint64_t value, order how, const place& at) {
    point();
    check(to, "stored to");
    memory_.store(running_, to.id_, value, how);
    note("store", to.id_, value);
    if (traces_) trace_access("store", to, how, number(value), at);
    check_fault();
}

std::uint64_t scheduler::begin_rmw(const cell& on, order how) {
    point();
    check(on, "changed");
    return memory_.rmw_read(running_, on.id_, how);
}

void scheduler::end_rmw(const char* what, const cell& on, std::uint64_t was, std::uint64_t to,
                        order how, const place& at) {
    memory_.rmw_write(running_, on.id_, to, how);
    note(what, on.id_, to);
    if (traces_) trace_access(what, on, how, number(was) + " -> " + number(to), at);
    check_fault();
}

bool scheduler::compare_exchange(const cell& on, std::uint64_t& expected, std::uint64_t to,
                                 order success, order failure, bool is_weak, const place& at) {
    if (is_weak && chance(8)) {  // fails spuriously
        expected = load(on, failure, at);
        return false;
    }
    const std::uint64_t was = begin_rmw(on, success);
    if (was == expected) {
        end_rmw("cas", on, was, to, success, at);
        return true;
    }
    memory_.rmw_fail(running_, on.id_, failure);
    note("fail", on.id_, was);
    if (traces_) {
        trace_access("cas", on, failure, number(was) + ", not " + number(expected), at);
    }
    check_fault();
    expected = was;
    return false;
}

void scheduler::read_plain(const void* address) {
    if (is_quiet_) return;
    memory_.read_plain(running_, address);
    check_fault();
}

void scheduler::write_plain(const void* address) {
    memory_.write_plain(running_, address);
    check_fault();
}

void scheduler::light_barrier() {
    memory_.light_barrier(running_);
    if (traces_) trace("light barrier");
}

void scheduler::heavy_barrier() {
    step("heavy barrier");
    memory_.heavy_barrier(running_);
}

scheduler::sleep_end scheduler::wait(const cell& on, std::uint64_t expected,
                                     std::uint64_t deadline_ns, const place& at) {
    point();
    check(on, "slept on");
    memory_.drain(running_);
    thread& me = *threads_[running_];
    const std::uint64_t value = memory_.newest(on.id_);
    note("wait", on.id_, value);
    if (traces_) {
        trace_access(
            "sleep", on, order::seq_cst,
            value == expected ? "while " + number(expected) : "not at all: " + number(value), at);
    }
    if (value != expected) return sleep_end::woken;
    if (chance(16)) return chance(2) ? sleep_end::interrupted : sleep_end::woken;
    if (deadline_ns <= clock_ns_) return sleep_end::timed_out;
    me.sleeps_on = &on;
    me.deadline_ns = deadline_ns;
    me.has_timed_out = false;
    block();
    return me.has_timed_out ? sleep_end::timed_out : sleep_end::woken;
}

void scheduler::wake(const void* address, int count) {
    step("wake");
    memory_.drain(running_);
    const std::size_t first =
        how_.how == strategy::exhaustive ? 0 : random_.below(static_cast<std::uint32_t>(started_));
    for (std::size_t i = 0; i < started_ && count > 0; ++i) {
        thread& each = *threads_[(first + i) % started_];
        if (each.sleeps_on != address) continue;
        each.sleeps_on = nullptr;
        ready_ |= bit(each.number);
        --count;
        if (traces_) trace("        " + each.name + " is woken");
    }
}

void scheduler::sleep(std::uint64_t span_ns) {
    step("nap", span_ns);
    memory_.drain(running_);
    thread& me = *threads_[running_];
    me.sleeps_on = &me;
    me.deadline_ns = clock_ns_ + span_ns;
    block();
}

std::uint64_t scheduler::now() {
    step("clock", clock_ns_);
    return clock_ns_ += 20;
}

void scheduler::step_back(const char* what) {
    // In a run of hasty threads, a thread that polls mostly keeps its turn, so it soon goes to
    // sleep.
    clock_ns_ += is_hasty_ ? long_step_back_ns : step_back_ns;
    if (!is_hasty_ || chance(4)) {
        if (is_pct_) threads_[running_]->priority = --lowest_;
        stepped_back_ = bit(running_);
    }
    step(what);
}

void scheduler::step(const char* what, std::uint64_t value) {
    point();
    note(what, 0, value);
    if (traces_ && running_ != 0) trace(what);  // the model's thread is of no interest
}

void scheduler::interrupted() const {
    if (story_->on_interrupt_) story_->on_interrupt_();
}

void* scheduler::allocate(std::size_t bytes) {
    step("allocate");
    void* const made = ::operator new(bytes);
    allocated_.emplace_back(made, bytes);
    return made;
}

}  // namespace conq::testing

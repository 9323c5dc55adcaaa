// SPDX-License-Identifier: BSL-1.0
#include "testing/scheduler/scheduler.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

namespace conq::testing {
namespace {

constexpr std::size_t stack_bytes = 64 * 1024;
constexpr std::uint64_t steps_max = 20'000;    // more is a livelock
constexpr std::uint64_t pct_steps = 200;       // over which priority changes are spread
constexpr std::uint64_t step_back_ns = 5'000;  // time that passes while the others go first
constexpr std::uint64_t never = ~std::uint64_t{0};

}  // namespace

cell::cell(std::uint64_t initial) : value(initial) {
    if (scheduler* s = scheduler::current()) s->add(this);
}
cell::~cell() {
    if (scheduler* s = scheduler::current()) s->remove(this);
}

void require(bool holds, const std::string& message) {
    if (!holds) scheduler::current()->fail(message);
}

finding explore(const exploration& how, const model& what) {
    finding found;
    for (; found.schedules < how.schedules; ++found.schedules) {
        found.seed = how.first_seed + found.schedules;
        found.failure = scheduler(how).run(found.seed, what, false);
        if (found.failure.empty()) continue;
        ++found.schedules;
        scheduler again(how);
        found.failure = again.run(found.seed, what, true);
        found.trace = again.trace_;
        break;
    }
    return found;
}

std::string scheduler::run(std::uint64_t seed, const model& what, bool traces) {
    random_.seed(seed);
    traces_ = traces;
    current_ = this;
    {
        scenario story;
        what(story);
        prepare(story, seed % 2 == 0);
        while (failure_.empty() && choose_next()) resume(running_);
        if (failure_.empty()) {
            for (fiber& each : fibers_) drain(each, true);
            fibers_.emplace_back().body = [&] {
                for (const auto& check : story.checks_) check();
            };
            prepare(story, false);
            while (failure_.empty() && choose_next()) resume(running_);
        }
        if (!failure_.empty()) {  // abandoned fibers still hold on to the model's objects
            new scenario(std::move(story));
            for (fiber& each : fibers_) {
                new std::function<void()>(std::move(each.body));
                each.stack.release();
            }
        }
        fibers_.clear();
    }
    current_ = nullptr;
    return failure_;
}

// Makes a fiber of each body that has none yet.
void scheduler::prepare(scenario& story, bool is_pct) {
    is_pct_ = is_pct;
    for (auto& body : std::exchange(story.threads_, {})) fibers_.emplace_back().body = body;
    for (fiber& each : fibers_) {
        if (each.stack != nullptr) continue;
        each.stack.reset(new char[stack_bytes]);
        each.priority = static_cast<std::int64_t>(random_() % 1'000) + 1;
        getcontext(&each.context);
        each.context.uc_stack.ss_sp = each.stack.get();
        each.context.uc_stack.ss_size = stack_bytes;
        each.context.uc_link = &main_;
        makecontext(&each.context, &scheduler::enter_fiber, 0);
    }
    for (int i = 0; i < 3; ++i) change_at_.push_back(steps_ + random_() % pct_steps);
}

void scheduler::enter_fiber() {
    scheduler& s = *current_;
    fiber& me = s.fibers_[s.running_];
    me.body();
    me.has_ended = true;
    s.leave();
}

// Decides who runs next. False: all have ended, or the run has failed.
bool scheduler::choose_next() {
    if (++steps_ > steps_max) {
        failure_ = "livelock: more than 20000 steps";
        return false;
    }
    if (how_.has_store_buffers) drain_some();
    if (chance(64)) static_cast<void>(time_out_first());
    std::vector<std::size_t> ready;
    bool all_ended = true;
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
        all_ended = all_ended && fibers_[i].has_ended;
        if (!fibers_[i].has_ended && fibers_[i].sleeps_on == nullptr) ready.push_back(i);
    }
    if (all_ended) return false;
    if (ready.empty()) {
        for (fiber& each : fibers_) drain(each, true);
        if (time_out_first()) {
            used_timer_ = true;
            return choose_next();
        }
        failure_ = "stuck: everybody sleeps and nobody will wake them";
        return false;
    }
    if (is_pct_) {
        running_ = *std::max_element(ready.begin(), ready.end(), [&](auto a, auto b) {
            return fibers_[a].priority < fibers_[b].priority;
        });
        if (std::find(change_at_.begin(), change_at_.end(), steps_) != change_at_.end()) {
            fibers_[running_].priority = --lowest_;
        }
    } else {
        running_ = ready[random_() % ready.size()];
    }
    return true;
}

// Lets the earliest deadline pass. False: no sleeper has one that may be relied on.
bool scheduler::time_out_first() {
    fiber* first = nullptr;
    for (fiber& each : fibers_) {
        if (each.has_ended || each.sleeps_on == nullptr || each.deadline_ns == never) continue;
        if (first == nullptr || each.deadline_ns < first->deadline_ns) first = &each;
    }
    if (first == nullptr) return false;
    if (!how_.may_rely_on_timers && first->sleeps_on != first) return false;
    clock_ns_ = std::max(clock_ns_, first->deadline_ns);
    first->has_timed_out = true;
    first->sleeps_on = nullptr;
    return true;
}

void scheduler::resume(std::size_t which) {
    // Each fiber has exceptions of its own in flight.
    void* const globals = abi::__cxa_get_globals();
    std::memcpy(globals, fibers_[which].exceptions, sizeof fibers_[which].exceptions);
    is_inside_ = true;
    swapcontext(&main_, &fibers_[which].context);
    is_inside_ = false;
    std::memcpy(fibers_[which].exceptions, globals, sizeof fibers_[which].exceptions);
    std::memset(globals, 0, sizeof fibers_[which].exceptions);
}

void scheduler::leave() {
    swapcontext(&fibers_[running_].context, &main_);
}

void scheduler::point(const char* operation, const cell* where, std::uint64_t value) {
    if (where != nullptr) check_alive(*where, operation);
    if (!is_inside_) return;  // a model is being set up or taken down
    if (traces_) {
        std::ostringstream line;
        line << "thread " << running_ << "  " << operation;
        if (where != nullptr) line << "  " << where << "  " << std::hex << value;
        trace_ += line.str() + "\n";
    }
    leave();
    if (where != nullptr) check_alive(*where, operation);
}

void scheduler::step_back(const char* operation) {
    clock_ns_ += step_back_ns;
    if (is_inside_) fibers_[running_].priority = --lowest_;
    point(operation, nullptr, 0);
}

std::uint64_t scheduler::load(const cell& from) {
    point("load", &from, from.value);
    if (!is_inside_) return from.value;
    const auto& stores = fibers_[running_].stores;
    const auto mine = std::find_if(stores.rbegin(), stores.rend(),
                                   [&](const buffered& each) { return each.to == &from; });
    return mine != stores.rend() ? mine->value : from.value;
}

void scheduler::store(cell& to, std::uint64_t value, bool is_seq_cst) {
    point("store", &to, value);
    if (!is_inside_) {
        to.value = value;
        return;
    }
    fiber& me = fibers_[running_];
    me.stores.push_back({&to, value});
    if (is_seq_cst || !how_.has_store_buffers) drain(me, true);
}

std::uint64_t scheduler::begin_rmw(const char* operation, cell& on) {
    point(operation, &on, on.value);
    if (is_inside_) drain(fibers_[running_], true);
    return on.value;
}

bool scheduler::wait(cell& on, std::uint64_t expected, std::uint64_t deadline_ns) {
    point("wait", &on, expected);
    fiber& me = fibers_[running_];
    drain(me, true);
    if (on.value != expected || chance(16)) return true;
    if (deadline_ns <= clock_ns_) return false;
    me.sleeps_on = &on;
    me.deadline_ns = deadline_ns;
    me.has_timed_out = false;
    leave();
    return !me.has_timed_out;
}

void scheduler::wake(const void* address, int count) {
    point("wake", nullptr, 0);
    if (is_inside_) drain(fibers_[running_], true);
    for (fiber& each : fibers_) {
        if (count == 0) return;
        if (each.sleeps_on != address || each.has_ended) continue;
        each.sleeps_on = nullptr;
        --count;
    }
}

void scheduler::sleep(std::uint64_t span_ns) {
    fiber& me = fibers_[running_];
    drain(me, true);
    me.sleeps_on = &me;
    me.deadline_ns = clock_ns_ + span_ns;
    point("sleep", nullptr, 0);
}

std::uint64_t scheduler::now() {
    point("clock", nullptr, 0);
    return clock_ns_ += 20;
}

void scheduler::fail(const std::string& message) {
    failure_ = message;
    while (is_inside_) leave();  // never resumed
    std::fprintf(stderr, "a model failed outside of its threads: %s\n", message.c_str());
    std::abort();
}

void scheduler::remove(const cell* dead) {
    for (fiber& each : fibers_) {
        const auto pending = std::find_if(each.stores.begin(), each.stores.end(),
                                          [&](const buffered& b) { return b.to == dead; });
        if (pending == each.stores.end()) continue;
        if (!failure_.empty()) return;
        drain(each, true);  // what a store buffer still held is seen before memory is reused
    }
    alive_.erase(dead);
}

void scheduler::check_alive(const cell& used, const char* operation) {
    if (alive_.count(&used) == 0) {
        fail(std::string("use after destruction: ") + operation);
    }
}

void scheduler::drain(fiber& whose, bool all) {
    while (!whose.stores.empty()) {
        const buffered first = whose.stores.front();
        whose.stores.pop_front();
        first.to->value = first.value;
        if (!all) return;
    }
}

void scheduler::drain_some() {
    for (fiber& each : fibers_) {
        if (!each.stores.empty() && chance(4)) drain(each, false);
    }
}

}  // namespace conq::testing

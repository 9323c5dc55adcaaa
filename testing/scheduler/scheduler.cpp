// SPDX-License-Identifier: BSL-1.0
#include "testing/scheduler/scheduler.hpp"

#include <algorithm>
#include <bit>
#include <exception>
#include <new>

namespace conq::testing {
namespace {

constexpr std::uint64_t steps_max = 20'000;  // more is a livelock
constexpr std::uint64_t never = ~std::uint64_t{0};

}  // namespace

std::string scheduler::run(std::uint64_t seed, const model& what, bool traces) {
    random_.seed(seed);
    traces_ = traces;
    what_ = &what;
    current_ = this;
    failure_.clear();
    trace_.clear();
    clock_ns_ = steps_ = trace_hash_ = 0;
    depth_ = 0;
    preemptions_ = 0;
    lowest_ = 0;
    started_ = running_ = 0;
    ready_ = stepped_back_ = 0;
    is_quiet_ = false;
    memory_.begin(how_.memory, random_);

    is_pct_ = how_.how == strategy::pct || (how_.how == strategy::mixed && seed % 2 == 0);
    is_hasty_ = chance(2);
    change_at_.clear();
    // Priorities change in the first 64, 256 or 1,024 steps of the threads: models differ in
    // length.
    const std::uint32_t range = 64u << (2 * random_.below(3));
    for (std::uint32_t depth = random_.below(3); depth != 0; --depth) {
        change_at_.push_back(random_.below(range));
    }

    story_ = std::make_unique<scenario>();
    add_thread("model", [this] { run_first(); });
    home_.switch_to(threads_[0]->flow);  // comes back when the run is over
    current_ = nullptr;
    if (failure_.empty()) {
        story_.reset();
    } else {
        // Threads that were abandoned in the middle still refer to the model's objects. So the
        // objects are kept for good, where a leak checker can see them.
        static auto* const graves = new std::vector<std::unique_ptr<scenario>>;
        static auto* const given_up = new std::vector<std::unique_ptr<thread>>;
        graves->push_back(std::move(story_));
        for (auto& each : threads_) given_up->push_back(std::move(each));
        threads_.clear();
    }
    for (const auto& [address, bytes] : allocated_) ::operator delete(address, bytes);
    allocated_.clear();
    return failure_;
}

scheduler::thread& scheduler::add_thread(std::string name, std::function<void()> body) {
    if (started_ == threads_max) fail("more threads than CONQ_SCHEDULER_THREADS allows");
    if (started_ == threads_.size()) threads_.push_back(std::make_unique<thread>());
    const std::size_t number = started_++;
    thread& made = *threads_[number];
    made.number = number;
    made.body = std::move(body);
    made.name = name.empty() ? "thread " + std::to_string(number) : std::move(name);
    made.slot = nullptr;
    made.sleeps_on = nullptr;
    made.has_timed_out = made.has_ended = false;
    made.priority = random_.below(1'000) + 1;
    made.flow.begin(&enter, this);
    ready_ |= bit(number);
    if (number != 0) memory_.fork(running_, number);
    return made;
}

// The body of the model's thread. It outlives the others, and so do their bodies with all that they
// share.
void scheduler::run_first() {
    (*what_)(*story_);
    const auto bodies = std::exchange(story_->threads_, {});
    std::vector<std::size_t> mine;
    for (const auto& [name, body] : bodies) mine.push_back(add_thread(name, body).number);
    for (std::uint64_t& each : change_at_) each += steps_;  // none falls into the steps made so far
    for (const std::size_t each : mine) join(each);
    for (const auto& check : story_->checks_) check();
    story_->checks_.clear();
    story_->owed_ = nullptr;
    story_->on_interrupt_ = nullptr;
}

void scheduler::enter(void* self) {
    scheduler& s = *static_cast<scheduler*>(self);
    thread& me = *s.threads_[s.running_];
    try {
        me.body();
    } catch (const std::exception& error) {
        s.fail("the exception \"" + std::string(error.what()) + "\" left " + me.name);
    }
    s.end_thread();
}

void scheduler::end_thread() {
    thread& me = *threads_[running_];
    me.body = nullptr;
    if (me.number == 0) me.flow.switch_to(home_, true);
    me.has_ended = true;
    ready_ &= ~bit(me.number);
    for (std::size_t t = 0; t < started_; ++t) {
        if (threads_[t]->sleeps_on == &me) {
            threads_[t]->sleeps_on = nullptr;
            ready_ |= bit(t);
        }
    }
    while (ready_ == 0) wake_somebody();
    running_ = choose();
    stepped_back_ = 0;
    me.flow.switch_to(threads_[running_]->flow, true);
}

std::size_t scheduler::spawn(std::string name, std::function<void()> body) {
    step("spawn");
    return add_thread(std::move(name), std::move(body)).number;
}

void scheduler::join(std::size_t other) {
    step("join", other);
    if (!threads_[other]->has_ended) {
        threads_[running_]->sleeps_on = threads_[other].get();
        threads_[running_]->deadline_ns = never;
        block();
    }
    memory_.join(running_, other);
}

void scheduler::fail(const std::string& message) {
    if (failure_.empty()) failure_ = message;
    if (traces_) trace("FAILED: " + message);
    for (;;) threads_[running_]->flow.switch_to(home_);  // no fiber switches back
}

void scheduler::point() {
    if (is_quiet_) return;
    if (++steps_ > steps_max) fail("livelock: more than 20000 steps");
    if (started_ == 1) return;  // the model's thread makes what the others will share
    if (memory_.has_pending()) memory_.drain_some();
    if (static_cast<std::size_t>(std::popcount(ready_)) + 1 < started_ && chance(64)) {
        if (thread* const late = first_to_time_out(!how_.may_rely_on_timers)) time_out(*late);
    }
    go_on(choose());
}

void scheduler::go_on(std::size_t next) {
    stepped_back_ = 0;
    if (next == running_) return;
    thread& from = *threads_[running_];
    running_ = next;
    from.flow.switch_to(threads_[next]->flow);
}

// Lets the running thread sleep. Returns when it has been woken.
void scheduler::block() {
    ready_ &= ~bit(running_);
    while (ready_ == 0) wake_somebody();
    go_on(choose());
}

// Called when all threads sleep: lets time pass, if a timer may help.
void scheduler::wake_somebody() {
    memory_.drain_all();
    const bool is_asked = static_cast<bool>(story_->owed_);
    thread* const late = first_to_time_out(!how_.may_rely_on_timers && !is_asked);
    if (late == nullptr) fail("stuck: " + sleepers() + "nobody will wake them");
    if (is_asked && late->sleeps_on != late) {
        is_quiet_ = true;
        const bool owed = story_->owed_();
        is_quiet_ = false;
        if (!owed) fail("stuck but for a timer: " + sleepers() + "a wake was lost");
    }
    time_out(*late);
}

std::string scheduler::sleepers() const {
    std::string names;
    for (std::size_t t = 1; t < started_; ++t) {
        if (threads_[t]->sleeps_on != nullptr) names += threads_[t]->name + " sleeps, ";
    }
    return names;
}

scheduler::thread* scheduler::first_to_time_out(bool plain_sleeps_only) {
    thread* first = nullptr;
    for (std::size_t t = 0; t < started_; ++t) {
        thread& each = *threads_[t];
        if (each.sleeps_on == nullptr || each.deadline_ns == never) continue;
        if (plain_sleeps_only && each.sleeps_on != &each) continue;
        if (first == nullptr || each.deadline_ns < first->deadline_ns) first = &each;
    }
    return first;
}

void scheduler::time_out(thread& who) {
    clock_ns_ = std::max(clock_ns_, who.deadline_ns);
    who.has_timed_out = true;
    who.sleeps_on = nullptr;
    ready_ |= bit(who.number);
    note("time", who.number, clock_ns_);
    if (traces_) trace("time passes: the sleep of " + who.name + " ends");
}

std::size_t scheduler::asleep() const noexcept {
    std::size_t found = 0;
    for (std::size_t t = 1; t < started_; ++t) {  // the model's thread waits for the others to end
        const thread& each = *threads_[t];
        found += each.sleeps_on != nullptr && each.sleeps_on != &each ? 1 : 0;
    }
    return found;
}

std::size_t scheduler::choose() {
    std::uint32_t candidates = ready_ & ~stepped_back_;
    if (candidates == 0) candidates = ready_;
    if (how_.how == strategy::exhaustive) return choose_by_path(candidates);
    if (is_pct_) return choose_by_priority(candidates);
    if (std::has_single_bit(candidates)) {
        return static_cast<std::size_t>(std::countr_zero(candidates));
    }
    for (auto skip = random_.below(static_cast<std::uint32_t>(std::popcount(candidates)));
         skip != 0; --skip) {
        candidates &= candidates - 1;
    }
    return static_cast<std::size_t>(std::countr_zero(candidates));
}

std::size_t scheduler::choose_by_priority(std::uint32_t candidates) {
    if (std::find(change_at_.begin(), change_at_.end(), steps_) != change_at_.end()) {
        threads_[running_]->priority = --lowest_;
    }
    std::size_t best = threads_max;
    for (; candidates != 0; candidates &= candidates - 1) {
        const auto t = static_cast<std::size_t>(std::countr_zero(candidates));
        if (best == threads_max || threads_[t]->priority > threads_[best]->priority) best = t;
    }
    return best;
}

// Follows the decisions of path_. After them it takes the first alternative of each decision, which
// is to let the running thread go on if it can.
std::size_t scheduler::choose_by_path(std::uint32_t candidates) {
    const bool goes_on = (candidates & bit(running_)) != 0;
    const int count = std::popcount(candidates);
    if (count == 1 || (goes_on && preemptions_ == how_.preemptions)) {
        return goes_on ? running_ : static_cast<std::size_t>(std::countr_zero(candidates));
    }
    if (depth_ == path_.size()) path_.push_back({0, static_cast<std::uint8_t>(count)});
    std::uint8_t skip = path_[depth_++].taken;
    if (goes_on) {
        if (skip == 0) return running_;
        ++preemptions_;
        --skip;
        candidates &= ~bit(running_);
    }
    for (; skip != 0; --skip) candidates &= candidates - 1;
    return static_cast<std::size_t>(std::countr_zero(candidates));
}

}  // namespace conq::testing

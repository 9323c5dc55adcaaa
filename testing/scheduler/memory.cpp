// SPDX-License-Identifier: BSL-1.0
#include "testing/scheduler/memory.hpp"

#include <algorithm>
#include <utility>

namespace conq::testing {
namespace {

using order = std::memory_order;

bool acquires(order how) noexcept {
    return how != order::relaxed && how != order::release;
}
bool releases(order how) noexcept {
    return how == order::release || how == order::acq_rel || how == order::seq_cst;
}

// Adds to what has been seen of each location.
void add_seen(std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& from) {
    if (to.size() < from.size()) to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = std::max(to[i], from[i]);
}

}  // namespace

const char* to_string(memory_model which) noexcept {
    switch (which) {
        case memory_model::sequential:
            return "sequential";
        case memory_model::store_buffers:
            return "store buffers";
        case memory_model::views:
            return "views";
    }
    return "unknown";
}

void plain_accesses::clear() noexcept {
    ++generation_;
    used_ = 0;
}

plain_accesses::entry& plain_accesses::of(const void* address) {
    if (2 * used_ > table_.size()) grow();
    const std::size_t mask = table_.size() - 1;
    const std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(address) * 0x9e3779b97f4a7c15u;
    for (std::size_t at = static_cast<std::size_t>(mixed >> 40) & mask;; at = (at + 1) & mask) {
        entry& found = table_[at];
        if (found.generation == generation_ && found.address == address) return found;
        if (found.generation == generation_) continue;
        found = entry{};
        found.address = address;
        found.generation = generation_;
        ++used_;
        return found;
    }
}

void plain_accesses::grow() {
    std::vector<entry> old(2 * table_.size());
    old.swap(table_);
    used_ = 0;
    for (const entry& each : old) {
        if (each.generation == generation_) of(each.address) = each;
    }
}

void memory::begin(memory_model which, random_source& random) {
    model_ = which;
    random_ = &random;
    for (thread_state& each : threads_) {
        each.now.clock = {};
        each.now.seen.clear();
        each.stores.clear();
        each.at_light_barrier.clear();
    }
    at_heavy_barriers_.clear();
    threads_[0].now.clock.time[0] = 1;
    is_alone_ = true;
    used_ = views_used_ = 0;
    pending_ = 0;
    // Some runs hold stores back for long, so that two threads may miss each other's stores.
    drain_one_in_ = which == memory_model::store_buffers && random.one_in(2) ? 16 : 3;
    plain_.clear();
    fault_.clear();
}

void memory::fork(std::size_t parent, std::size_t child) {
    is_alone_ = false;
    threads_[child].now = threads_[parent].now;
    ++threads_[child].now.clock.time[child];
    ++threads_[parent].now.clock.time[parent];
}

void memory::join(std::size_t waiter, std::size_t ended) {
    drain(ended);
    view& into = threads_[waiter].now;
    const view& from = threads_[ended].now;
    into.clock.join(from.clock);
    add_seen(into.seen, from.seen);
}

memory::location_id memory::create(std::size_t thread, std::uint64_t value) {
    if (used_ == locations_.size()) locations_.emplace_back();
    location& made = locations_[used_];
    made.messages.clear();
    made.messages.push_back({value, rank_step, no_view, false});
    made.seq_cst_floor = 0;
    made.creator = thread;
    made.created = threads_[thread].now.clock.time[thread];
    made.accesses = {};
    return used_++;
}

void memory::destroy(std::size_t thread, location_id where) {
    access(thread, where);
    for (std::size_t other = 0; other < threads_max; ++other) {
        const std::uint32_t last = locations_[where].accesses.time[other];
        if (other != thread && last != 0 && !is_before(other, last, thread)) {
            race("an atomic is destroyed, and an access to it is not ordered before that", thread,
                 other);
        }
    }
    if (pending_ != 0) drain_all();  // stores in buffers take effect before the memory is reused
}

// Checks and notes an access to an atomic: its construction must be ordered before it.
void memory::access(std::size_t thread, location_id where) {
    location& at = locations_[where];
    vector_clock& clock = threads_[thread].now.clock;
    if (!is_before(at.creator, at.created, thread)) {
        race("an atomic is used, and its construction is not ordered before that", thread,
             at.creator);
    }
    at.accesses.time[thread] = ++clock.time[thread];
}

memory::rank memory::seen_by(std::size_t thread, location_id where) const noexcept {
    const std::vector<rank>& seen = threads_[thread].now.seen;
    return where < seen.size() ? seen[where] : 0;
}

void memory::see(std::size_t thread, location_id where, rank at) {
    if (model_ != memory_model::views) return;
    std::vector<rank>& seen = threads_[thread].now.seen;
    if (where >= seen.size()) seen.resize(where + 1);
    seen[where] = std::max(seen[where], at);
}

// Which message a thread reads: the newest, or an older one that its view still allows.
std::size_t memory::choose(std::size_t thread, location_id where, order how, bool for_rmw) {
    const location& at = locations_[where];
    const std::size_t newest = at.messages.size() - 1;
    if (model_ != memory_model::views || newest == 0 || !random_->one_in(3)) return newest;
    rank floor = seen_by(thread, where);
    if (how == order::seq_cst) floor = std::max(floor, at.seq_cst_floor);
    std::size_t oldest = newest;
    while (oldest != 0 && at.messages[oldest - 1].at >= floor &&
           newest - oldest + 1 < readable_max) {
        --oldest;
    }
    const auto range = static_cast<std::uint32_t>(newest - oldest + 1);
    const std::size_t chosen = oldest + random_->below(range);
    const bool is_taken =
        for_rmw && chosen != newest && at.messages[chosen + 1].follows_rmw;  // atomicity
    return is_taken ? newest : chosen;
}

void memory::read(std::size_t thread, location_id where, const message& from, order how) {
    see(thread, where, from.at);
    if (acquires(how) && from.released != no_view) {
        take_over(threads_[thread].now, from.released);
    }
}

void memory::take_over(view& into, std::uint32_t released) {
    const view& from = views_[released];
    into.clock.join(from.clock);
    add_seen(into.seen, from.seen);
}

std::uint64_t memory::load(std::size_t thread, location_id where, order how) {
    access(thread, where);
    if (model_ == memory_model::store_buffers) {
        const auto& mine = threads_[thread].stores;
        const auto found = std::find_if(mine.rbegin(), mine.rend(),
                                        [=](const buffered& each) { return each.to == where; });
        if (found != mine.rend()) return found->value;
    }
    const message from = locations_[where].messages[choose(thread, where, how, false)];
    read(thread, where, from, how);
    return from.value;
}

std::uint32_t memory::new_view() {
    if (views_used_ == views_.size()) views_.emplace_back();
    return views_used_++;
}

// The view that a store attaches to its message.
std::uint32_t memory::release_view(std::size_t thread, order how) {
    // Every other thread sees, from its beginning, what the first thread does before it.
    if (!releases(how) || is_alone_) return no_view;
    const std::uint32_t made = new_view();
    views_[made] = threads_[thread].now;
    ++threads_[thread].now.clock.time[thread];
    return made;
}

void memory::store(std::size_t thread, location_id where, std::uint64_t value, order how) {
    access(thread, where);
    if (model_ == memory_model::store_buffers && !is_alone_) {
        threads_[thread].stores.push_back({where, value, release_view(thread, how)});
        ++pending_;
        if (how == order::seq_cst) drain(thread);
        return;
    }
    insert(thread, where, {value, 0, no_view, false}, how);
}

// Gives a store its place in modification order: the last, or an earlier one that the thread's view
// and the order of seq_cst stores allow.
void memory::insert(std::size_t thread, location_id where, message made, order how) {
    location& at = locations_[where];
    if (model_ != memory_model::views || is_alone_) {
        made.at = at.messages.back().at + rank_step;
        see(thread, where, made.at);
        made.released = release_view(thread, how);
        at.messages.assign(1, made);
        return;
    }
    rank floor = seen_by(thread, where);
    if (how == order::seq_cst) floor = std::max(floor, at.seq_cst_floor);
    std::size_t position = at.messages.size();
    // Never before the first message, which the construction made.
    while (position > 1 && at.messages[position - 1].at > floor && random_->one_in(4)) --position;
    if (position == at.messages.size()) {
        made.at = (at.messages.back().at / rank_step + 1) * rank_step;
    } else {
        const rank before = at.messages[position - 1].at, after = at.messages[position].at;
        if (at.messages[position].follows_rmw || after - before < 2) {  // no room: take the last
            position = at.messages.size();
            made.at = (at.messages.back().at / rank_step + 1) * rank_step;
        } else {
            made.at = before + (after - before) / 2;
        }
    }
    see(thread, where, made.at);
    if (how == order::seq_cst) at.seq_cst_floor = std::max(at.seq_cst_floor, made.at);
    made.released = release_view(thread, how);
    at.messages.insert(at.messages.begin() + static_cast<std::ptrdiff_t>(position), made);
}

std::uint64_t memory::rmw_read(std::size_t thread, location_id where, order how) {
    access(thread, where);
    drain(thread);
    location& at = locations_[where];
    at.chosen = choose(thread, where, how, true);
    return at.messages[at.chosen].value;
}

void memory::rmw_write(std::size_t thread, location_id where, std::uint64_t value, order how) {
    location& at = locations_[where];
    const message from = at.messages[at.chosen];
    read(thread, where, from, how);
    message made{value, from.at + 1, no_view, true};
    see(thread, where, made.at);
    // A read-modify-write continues the release sequence that it reads from.
    made.released = release_view(thread, how);
    if (made.released == no_view) {
        made.released = from.released;
    } else if (from.released != no_view) {
        take_over(views_[made.released], from.released);
    }
    if (model_ != memory_model::views || is_alone_) {
        at.messages.assign(1, made);
        return;
    }
    if (how == order::seq_cst) at.seq_cst_floor = std::max(at.seq_cst_floor, made.at);
    at.messages.insert(at.messages.begin() + static_cast<std::ptrdiff_t>(at.chosen) + 1, made);
}

void memory::rmw_fail(std::size_t thread, location_id where, order how) {
    const location& at = locations_[where];
    read(thread, where, message(at.messages[at.chosen]), how);
}

void memory::read_plain(std::size_t thread, const void* address) {
    plain_accesses::entry& at = plain_.of(address);
    if (at.written != 0 && !is_before(at.writer, at.written, thread)) {
        race("data race: plain data is read, and a write to it is not ordered before that", thread,
             at.writer);
    }
    at.reads.time[thread] = threads_[thread].now.clock.time[thread];
}

void memory::write_plain(std::size_t thread, const void* address) {
    plain_accesses::entry& at = plain_.of(address);
    if (at.written != 0 && !is_before(at.writer, at.written, thread)) {
        race("data race: plain data is written, and another write is not ordered before that",
             thread, at.writer);
    }
    for (std::size_t other = 0; other < threads_max; ++other) {
        const std::uint32_t read = at.reads.time[other];
        if (read != 0 && !is_before(other, read, thread)) {
            race("data race: plain data is written, and a read of it is not ordered before that",
                 thread, other);
        }
    }
    at.reads = {};
    at.writer = static_cast<std::uint32_t>(thread);
    at.written = threads_[thread].now.clock.time[thread];
}

void memory::light_barrier(std::size_t thread) {
    if (model_ != memory_model::views) return;
    thread_state& me = threads_[thread];
    add_seen(me.now.seen, at_heavy_barriers_);
    me.at_light_barrier = me.now.seen;
}

void memory::heavy_barrier(std::size_t thread) {
    drain_all();
    if (model_ != memory_model::views) return;
    for (const thread_state& each : threads_) add_seen(at_heavy_barriers_, each.at_light_barrier);
    add_seen(at_heavy_barriers_, threads_[thread].now.seen);
    add_seen(threads_[thread].now.seen, at_heavy_barriers_);
}

void memory::drain_first(thread_state& of) {
    const buffered first = of.stores.front();
    of.stores.pop_front();
    --pending_;
    locations_[first.to].messages.assign(1, {first.value, rank_step, first.released, false});
}

void memory::drain_some() {
    for (thread_state& each : threads_) {
        if (!each.stores.empty() && random_->one_in(drain_one_in_)) drain_first(each);
    }
}

void memory::drain(std::size_t thread) {
    while (!threads_[thread].stores.empty()) drain_first(threads_[thread]);
}

void memory::drain_all() {
    for (std::size_t t = 0; t < threads_max && pending_ != 0; ++t) drain(t);
}

void memory::race(const char* what, std::size_t a, std::size_t b) {
    if (fault_.empty()) {
        fault_ = std::string(what) + " (thread " + std::to_string(a) + ", thread " +
                 std::to_string(b) + ")";
    }
}

}  // namespace conq::testing

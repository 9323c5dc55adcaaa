// SPDX-License-Identifier: BSL-1.0
// Shared memory as threads see it, for the deterministic scheduler: which value a load may return,
// and which accesses are ordered.
//
// Three models:
//   sequential     every load returns the newest value;
//   store_buffers  x86: a store weaker than seq_cst is visible to its own thread at once, and to
//                  the others later, in order (Owens, Sarkar, Sewell, "A Better x86 Memory Model:
//                  x86-TSO", 2009);
//   views          C++ without load buffering. Each location keeps its modification order. Each
//                  thread keeps a view: for each location, the oldest message that the thread may
//                  still read. A release attaches the view to the message; an acquire takes it
//                  over. (After Kang et al., "A Promising Semantics for Relaxed-Memory
//                  Concurrency", POPL 2017, without promises; seq_cst after Lahav et al.,
//                  "Repairing Sequential Consistency in C/C++11", PLDI 2017.)
// All three follow happens-before by vector clocks. Two things are faults: two accesses to the
// same plain data, at least one of them a write, that happens-before does not order; and an access
// to an atomic that is not ordered after its construction or before its destruction.
//
// The platform's barrier in two halves (platform/barrier.hpp). In store_buffers, the heavy half
// empties all buffers. In views, a thread that passes the heavy half sees all that each other
// thread had seen when it last passed a light half, and a thread that passes a light half later
// sees all that the heavy half has seen. The barrier orders no plain data: its halves establish no
// happens-before.
//
// Not modelled: load buffering (a load never returns a value that is stored later in the
// schedule), other fences (the library has none), consume (treated as acquire). Stronger than the
// standard: the order of seq_cst operations is the order of the schedule, even where
// happens-before alone would not make it so; a thread may read at most the newest 8 messages of a
// location; each thread eventually sees the newest value; the kernel compares a futex word with
// the newest value.
#ifndef CONQ_TESTING_SCHEDULER_MEMORY_HPP
#define CONQ_TESTING_SCHEDULER_MEMORY_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "testing/scheduler/random.hpp"

namespace conq::testing {

enum class memory_model : std::uint8_t { sequential, store_buffers, views };
[[nodiscard]] const char* to_string(memory_model which) noexcept;

/// The most threads that one run may have, the model's thread included. A higher limit makes every
/// step slower.
#ifndef CONQ_SCHEDULER_THREADS
#define CONQ_SCHEDULER_THREADS 8
#endif
inline constexpr std::size_t threads_max = CONQ_SCHEDULER_THREADS;

/// How far each thread is known to have come.
struct vector_clock {
    std::array<std::uint32_t, threads_max> time{};

    void join(const vector_clock& other) noexcept {
        for (std::size_t t = 0; t < threads_max; ++t) {
            if (time[t] < other.time[t]) time[t] = other.time[t];
        }
    }
};

/// For each address of plain data: which thread wrote it last, and which threads have read it
/// since. A hash table with open addressing; counting generations empties it in O(1).
class plain_accesses {
public:
    struct entry {
        const void* address = nullptr;
        std::uint32_t generation = 0;
        std::uint32_t writer = 0, written = 0;
        vector_clock reads;
    };
    void clear() noexcept;
    entry& of(const void* address);

private:
    void grow();
    std::vector<entry> table_ = std::vector<entry>(1024);
    std::uint32_t generation_ = 1;
    std::size_t used_ = 0;
};

class memory {
public:
    using location_id = std::uint32_t;
    using order = std::memory_order;

    /// Forgets everything and begins a run with thread 0 alone.
    void begin(memory_model which, random_source& random);
    /// Starts the thread `child`, which has seen all that `parent` has seen.
    void fork(std::size_t parent, std::size_t child);
    /// Makes all that `ended` has done visible to `waiter`.
    void join(std::size_t waiter, std::size_t ended);

    location_id create(std::size_t thread, std::uint64_t value);
    void destroy(std::size_t thread, location_id where);
    /// How many locations this run has created.
    [[nodiscard]] location_id created() const noexcept { return used_; }

    std::uint64_t load(std::size_t thread, location_id where, order how);
    void store(std::size_t thread, location_id where, std::uint64_t value, order how);
    /// A read-modify-write begins by rmw_read and ends by one of the other two.
    std::uint64_t rmw_read(std::size_t thread, location_id where, order how);
    void rmw_write(std::size_t thread, location_id where, std::uint64_t value, order how);
    void rmw_fail(std::size_t thread, location_id where, order how);
    /// The newest value in modification order: the one that the kernel sees and that traces show.
    [[nodiscard]] std::uint64_t newest(location_id where) const noexcept {
        return locations_[where].messages.back().value;
    }

    void read_plain(std::size_t thread, const void* address);
    void write_plain(std::size_t thread, const void* address);

    /// The two halves of the platform's barrier: see the head of this file.
    void light_barrier(std::size_t thread);
    void heavy_barrier(std::size_t thread);

    /// Whether a store is waiting in a buffer.
    [[nodiscard]] bool has_pending() const noexcept { return pending_ != 0; }
    /// Lets some of the waiting stores become visible.
    void drain_some();
    /// Makes all of a thread's stores visible, as a read-modify-write or a system call does.
    void drain(std::size_t thread);
    void drain_all();

    /// The first fault; empty if there was none.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

private:
    using rank = std::uint64_t;  // a place in a location's modification order
    static constexpr rank rank_step = rank{1} << 24;
    static constexpr std::uint32_t no_view = ~std::uint32_t{0};
    static constexpr std::size_t readable_max = 8;

    // What a thread has seen, or what a thread sees that acquires a message.
    struct view {
        vector_clock clock;
        std::vector<rank> seen;  // by location; views only
    };
    struct message {
        std::uint64_t value;
        rank at;
        std::uint32_t released;  // index of a view, or no_view
        bool follows_rmw;  // written by a read-modify-write that read the message before it: they
                           // stay neighbours
    };
    struct location {
        std::vector<message> messages;  // in modification order; only one, except in views
        rank seq_cst_floor = 0;         // no seq_cst load reads an older message
        std::size_t creator = 0;
        std::uint32_t created = 0;
        vector_clock accesses;
        std::size_t chosen = 0;  // the message that rmw_read chose
    };
    struct buffered {
        location_id to;
        std::uint64_t value;
        std::uint32_t released;
    };
    struct thread_state {
        view now;
        std::deque<buffered> stores;
        std::vector<rank> at_light_barrier;  // what it had seen when it last passed a light half
    };

    [[nodiscard]] rank seen_by(std::size_t thread, location_id where) const noexcept;
    [[nodiscard]] std::size_t choose(std::size_t thread, location_id where, order how,
                                     bool for_rmw);
    void read(std::size_t thread, location_id where, const message& from, order how);
    void see(std::size_t thread, location_id where, rank at);
    [[nodiscard]] std::uint32_t release_view(std::size_t thread, order how);
    void insert(std::size_t thread, location_id where, message made, order how);
    void drain_first(thread_state& of);
    void access(std::size_t thread, location_id where);
    void take_over(view& into, std::uint32_t released);
    std::uint32_t new_view();
    [[nodiscard]] bool is_before(std::size_t thread, std::uint32_t time,
                                 std::size_t observer) const noexcept {
        return time <= threads_[observer].now.clock.time[thread];
    }
    void race(const char* what, std::size_t a, std::size_t b);

    memory_model model_ = memory_model::sequential;
    random_source* random_ = nullptr;
    std::array<thread_state, threads_max> threads_;
    std::vector<location> locations_;
    location_id used_ = 0;
    std::deque<view> views_;
    std::uint32_t views_used_ = 0;
    std::size_t pending_ = 0;
    bool is_alone_ = true;                 // no second thread yet
    std::vector<rank> at_heavy_barriers_;  // what threads had seen that passed a heavy half
    std::uint32_t drain_one_in_ = 4;
    plain_accesses plain_;
    std::string fault_;
};

}  // namespace conq::testing

#endif

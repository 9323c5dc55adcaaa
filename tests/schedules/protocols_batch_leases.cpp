// SPDX-License-Identifier: BSL-1.0
// The end of a batch: one lease of all its items, and exceptions that lose nothing.
#include <array>
#include <cstddef>
#include <iterator>
#include <stdexcept>

#include "models.hpp"

namespace conq::testing {
namespace {

// A batch under one lease: join waits for its done, and then the queue may be destroyed. A lease
// that is dropped counts as done.
template <class Queue> void join_then_destroy(scenario& story, int capacity) {
    auto* q = make_in_run<Queue>(capacity);
    auto results = std::make_shared<std::vector<scheduled_plain<int>>>(3);
    for (int i = 0; i < 3; ++i) static_cast<void>(q->put(item<Queue>(i)));
    story.thread(
        [=] {
            for (std::size_t count = 0; count < 3;) {
                auto tasks = q->take_many(2);
                for (const auto& each : tasks) {
                    (*results)[static_cast<std::size_t>(each.value())] = 7;
                }
                count += tasks.size();
                if (count == 3) return;  // dropped
                auto moved = std::move(tasks);
                moved.done();
            }
        },
        "worker");
    story.thread(
        [=] {
            q->join();
            for (const auto& each : *results) require(each == 7, "join returned early");
            q->~Queue();
        },
        "joiner");
}

// The items of a batch are destroyed before they count as done, and their memory is freed by then.
struct counted {
    explicit counted(scheduled_atomic<int>* count) : alive(count) { alive->fetch_add(1); }
    counted(counted&& other) noexcept : alive(other.alive) { alive->fetch_add(1); }
    ~counted() { alive->fetch_sub(1, std::memory_order_relaxed); }
    scheduled_atomic<int>* alive;
};
int blocks;  // that this run has allocated and not freed yet
template <class T> struct counting_allocator {
    using value_type = T;
    counting_allocator() = default;
    template <class U>
    counting_allocator(const counting_allocator<U>&) noexcept {}  // NOLINT: allocators convert
    T* allocate(std::size_t n) {
        ++blocks;
        return scheduled_allocator<T>().allocate(n);
    }
    void deallocate(T*, std::size_t) noexcept { --blocks; }
    friend bool operator==(counting_allocator, counting_allocator) noexcept { return true; }
};
struct counted_traits : scheduled_traits {
    template <class T> using allocator = counting_allocator<T>;
};
template <template <class, class> class Basic> void leave_nothing(scenario& story, int end) {
    using queue = Basic<counted, counted_traits>;
    blocks = 0;
    auto alive = std::make_shared<scheduled_atomic<int>>(0);
    auto* q = make_in_run<queue>(4);
    const std::array from{alive.get(), alive.get(), alive.get()};  // the items are made from these
    require(q->put_many(from.begin(), from.end()).count == 3, "refused");
    story.thread(
        [=] {
            if (end == 3) {
                std::vector<counted, counting_allocator<counted>> got;
                const batch_result taken = q->get_many(std::back_inserter(got), 3);
                require(taken.count == 3, "not all were taken");
                got.clear();
                q->task_done(3);
                return;
            }
            auto tasks = q->take_many(2);
            if (end == 0) tasks.done();
            if (end == 1) tasks = q->take_many(1);
            if (end == 2) {
                static_cast<void>(tasks.release());
                q->task_done(2);
            }
            if (end != 1) q->take_many(1).done();
        },
        "worker");
    story.thread(
        [=] {
            q->join();
            require(alive->load(std::memory_order_relaxed) == 0, "an item outlived its done");
        },
        "joiner");
    story.at_end([=] {
        q->~queue();
        require(alive->load() == 0, "an item was left");
        require(blocks == 0, "memory was not given back, or twice");
    });
}

// Of three items the second one always throws: so the first is put, then nothing, then the third.
template <class Queue> void throw_in_the_middle(scenario& story) {
    auto q = std::make_shared<Queue>(4);
    auto sum = std::make_shared<int>(0);
    story.thread(
        [=] {
            fragile_item made[] = {{1, 9}, {10, 1, 9}, {100, 9}};
            const auto put_from = [&](fragile_item* at) {
                return q->put_many(std::move_iterator(at), std::move_iterator(std::end(made)));
            };
            require(put_from(made) == batch_result{1, status::busy}, "not cut short");
            bool has_thrown = false;
            try {
                static_cast<void>(put_from(made + 1));
            } catch (const std::runtime_error&) {
                has_thrown = true;
            }
            require(has_thrown, "an exception was lost");
            require(put_from(made + 2) == batch_result{1, status::ok}, "held up");
        },
        "putter");
    story.thread(
        [=] {
            for (std::size_t got = 0; got < 2;) {
                const auto tasks = q->take_many(2);
                for (const auto& each : tasks) *sum += each.value();
                got += tasks.size();
            }
        },
        "getter");
    story.at_end([=] { require(*sum == 101 && q->size() == 0, "lost, or twice"); });
}

// A batch whose first item throws when it is taken, while another thread uses the queue.
template <class Queue> void throw_when_taken(scenario& story) {
    auto q = std::make_shared<Queue>(4);
    auto sum = std::make_shared<int>(0);
    static_cast<void>(q->put(fragile_item(1, 2)));
    static_cast<void>(q->put(fragile_item(10, 9)));
    story.thread(
        [=] {
            for (std::size_t got = 0; got < 2;) {
                try {
                    const auto tasks = q->take_many(2);
                    for (const auto& each : tasks) *sum += each.value();
                    got += tasks.size();
                } catch (const std::runtime_error&) {
                    require(q->size() >= 2, "an item that threw was taken");
                }
            }
        },
        "getter");
    story.thread([=] { static_cast<void>(q->put(fragile_item(100, 9))); }, "putter");
    story.at_end([=] {
        while (auto left = q->try_get()) *sum += left->value();
        require(*sum == 111, "lost, or twice");
    });
}

// An output iterator that throws: the items that it has not taken are dropped, and join does not
// hang.
struct broken_output {
    using difference_type = std::ptrdiff_t;
    int* taken;
    broken_output& operator*() { return *this; }
    broken_output& operator++() { return *this; }
    broken_output operator++(int) { return *this; }
    void operator=(slow_item&&) {
        if (++*taken == 2) throw std::runtime_error("an output");
    }
};
template <class Queue> void throw_from_the_output(scenario& story) {
    auto q = std::make_shared<Queue>(3);
    for (int i = 0; i < 3; ++i) static_cast<void>(q->put(slow_item(i)));
    story.thread(
        [=] {
            int taken = 0;
            bool has_thrown = false;
            try {
                static_cast<void>(q->get_many(broken_output{&taken}, 3));
            } catch (const std::runtime_error&) {
                has_thrown = true;
            }
            require(has_thrown && q->size() == 0, "an exception was lost");
            q->task_done();  // for the item that was delivered
        },
        "getter");
    story.thread([=] { q->join(); }, "joiner");
}

// The queues that can hold items that throw.
template <class Run> void add_for_throwing(protocol_models& to, const Run& run) {
    const std::string protocol = "batches: leases and throws";
    const auto add = [&]<class Queue>(on<Queue> which, const char* variant) {
        to.push_back({protocol, variant, [=](scenario& story) { run(story, which); }});
    };
    add(on<basic_bounded_queue<fragile_item, scheduled_traits>>(), "locked buffer");
    add(on<basic_locked_queue<fragile_item, scheduled_traits>>(), "locked_queue");
    add(on<basic_spsc_queue<fragile_item, scheduled_traits>>(), "spsc_queue");
    add(on<basic_delay_queue<fragile_item, scheduled_traits>>(), "delay_queue");
    add(on<basic_priority_queue<fragile_item, lower_value, scheduled_traits>>(), "priority_queue");
}

}  // namespace

void add_batch_lease_models(protocol_models& to) {
    const std::string leases = "batches: leases and throws";
    add_for_pairs(to, leases, 3, [](scenario& story, auto which, int capacity) {
        join_then_destroy<typename decltype(which)::queue>(story, capacity);
    });
    for (int end = 0; end < 4; ++end) {
        const std::string how = ", left in way " + std::to_string(end);
        to.push_back({leases, "bounded_queue" + how,
                      [=](auto& story) { leave_nothing<basic_bounded_queue>(story, end); }});
        to.push_back({leases, "spsc_queue" + how,
                      [=](auto& story) { leave_nothing<basic_spsc_queue>(story, end); }});
        to.push_back({leases, "locked_queue" + how,
                      [=](auto& story) { leave_nothing<basic_locked_queue>(story, end); }});
    }
    add_for_throwing(to, [](scenario& story, auto which) {
        throw_in_the_middle<typename decltype(which)::queue>(story);
    });
    to.push_back({leases, "an output that throws", throw_from_the_output<ring_queue>});
    add_for_throwing(to, [](scenario& story, auto which) {
        throw_when_taken<typename decltype(which)::queue>(story);
    });
}

}  // namespace conq::testing

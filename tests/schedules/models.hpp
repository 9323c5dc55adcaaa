// SPDX-License-Identifier: BSL-1.0
// What the models share: the queues on the scheduler, and what the models check with.
#ifndef CONQ_TESTS_SCHEDULES_MODELS_HPP
#define CONQ_TESTS_SCHEDULES_MODELS_HPP

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "conq/queue/bounded_queue.hpp"
#include "conq/queue/delay_queue.hpp"
#include "conq/queue/lifo_queue.hpp"
#include "conq/queue/locked_queue.hpp"
#include "conq/queue/priority_queue.hpp"
#include "conq/queue/spsc_queue.hpp"
#include "conq/queue/unbounded_queue.hpp"
#include "protocols.hpp"
#include "testing/scheduler/scheduled.hpp"

namespace conq::testing {

using ring_queue = basic_bounded_queue<slow_item, scheduled_traits>;
using prompt_ring_queue = basic_bounded_queue<slow_item, scheduled_prompt_traits>;
using segment_queue = basic_queue<slow_item, scheduled_traits>;
using mutex_queue = basic_locked_queue<slow_item, scheduled_traits>;

/// An item whose move might throw, as far as the compiler knows, so it goes into the locked buffer.
class careful_item : public slow_item {
public:
    explicit careful_item(int value) : slow_item(value) {}
    careful_item(careful_item&& other) noexcept(false) : slow_item(std::move(other)) {}
};
using locked_buffer_queue = basic_bounded_queue<careful_item, scheduled_traits>;

/// An item of which `times` moves in a row throw, from move number `throws_at` on, and no others.
class fragile_item {
public:
    fragile_item(int value, int throws_at, int times = 1)
        : value_(value), throws_at_(throws_at), times_(times) {}
    fragile_item(fragile_item&& other) noexcept(false)
        : value_(other.value_), throws_at_(--other.throws_at_), times_(other.times_) {
        scheduler::current()->step("move");
        if (throws_at_ <= 0 && throws_at_ > -times_) throw std::runtime_error("a move");
    }
    fragile_item& operator=(fragile_item&&) = delete;
    [[nodiscard]] int value() const noexcept { return value_; }

private:
    int value_, throws_at_, times_;
};

/// Orders by the lowest value. A comparison is a point at which the schedule may switch.
struct lower_value {
    template <class Item> bool operator()(const Item& a, const Item& b) const {
        scheduler::current()->step("compare");
        return a.value() < b.value();
    }
};
using stack_queue = basic_lifo_queue<slow_item, scheduled_traits>;
using heap_queue = basic_priority_queue<slow_item, lower_value, scheduled_traits>;

/// Whether items that one thread puts in rising order come out in that order.
template <class Queue> inline constexpr bool keeps_order = !std::is_same_v<Queue, stack_queue>;

/// Checks that each value comes out exactly once. The schedule lets one thread at a time use it.
class receipts {
public:
    explicit receipts(int count) : times_(static_cast<std::size_t>(count), 0) {}
    void add(int value) {
        require(value >= 0 && static_cast<std::size_t>(value) < times_.size(), "a made-up item");
        require(times_[static_cast<std::size_t>(value)]++ == 0, "an item came out twice");
    }
    void require_all() const {
        for (const int each : times_) require(each == 1, "an item was lost");
    }

private:
    std::vector<int> times_;
};

/// Adds a model for each queue. `run`: a generic lambda of story, queue type's tag and capacity.
template <class Queue> struct on {
    using queue = Queue;
};
template <class Run>
void add_for_queues(protocol_models& to, const std::string& protocol,
                    const std::vector<int>& capacities, const Run& run, protocol_model like = {}) {
    const auto add = [&]<class Queue>(on<Queue> which, const std::string& name, int capacity) {
        like.protocol = protocol;
        like.variant = name + (capacity == 0 ? "" : " of " + std::to_string(capacity));
        like.run = [=](scenario& story) { run(story, which, capacity); };
        to.push_back(like);
    };
    for (const int capacity : capacities) {
        add(on<ring_queue>(), "bounded_queue", capacity);
        add(on<segment_queue>(), "queue", capacity);
    }
    add(on<prompt_ring_queue>(), "prompt bounded_queue", capacities.back());
    add(on<mutex_queue>(), "locked_queue", capacities.front());
    add(on<locked_buffer_queue>(), "locked buffer", capacities.front());
    add(on<stack_queue>(), "lifo_queue", capacities.back());
    add(on<heap_queue>(), "priority_queue", capacities.back());
    add(on<basic_delay_queue<slow_item, scheduled_traits>>(), "delay_queue", capacities.front());
}

/// The same for models of one putter and one getter. They run on spsc_queue, too, with and without
/// a barrier for all threads.
struct barrierless_traits : scheduled_traits {
    using platform = scheduled_without_barrier;
};
template <class Run>
void add_for_pairs(protocol_models& to, const std::string& protocol, int capacity, const Run& run,
                   protocol_model like = {}) {
    add_for_queues(to, protocol, {capacity}, run, like);
    const auto add = [&]<class Traits>(on<Traits>, const char* system) {
        like.protocol = protocol;
        like.variant = "spsc_queue of " + std::to_string(capacity) + system;
        like.run = [=](scenario& story) {
            run(story, on<basic_spsc_queue<slow_item, Traits>>(), capacity);
        };
        to.push_back(like);
    };
    add(on<scheduled_traits>(), "");
    add(on<barrierless_traits>(), ", no barrier");
}

/// An item of the queue.
template <class Queue> typename Queue::value_type item(int value) {
    return typename Queue::value_type(value);
}

/// A graceful shutdown, and an immediate one beside or after it.
template <class Queue> void shut_down_twice(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    static_cast<void>(q->put(item<Queue>(0)));
    story.thread([=] { static_cast<void>(q->put(item<Queue>(1))); }, "putter");
    story.thread(
        [=] {
            for (auto& task : *q) require(task->value() < 2, "a made-up item");
        },
        "worker");
    story.thread([=] { q->shutdown(); }, "closer");
    story.thread(
        [=] {
            q->shutdown(immediate);
            q->join();
            require(q->unfinished() == 0, "join returned early");
        },
        "dropper");
}

}  // namespace conq::testing

#endif

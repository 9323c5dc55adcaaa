// SPDX-License-Identifier: BSL-1.0
// Batches: each item is a put or get of its own, in order; one wake is enough for all items; the
// counts are exact, no matter what ends a batch.
#include <chrono>
#include <iterator>

#include "models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

// `count` items with values from `first` on, in memory that no other thread of the run has used.
template <class Queue, class Item = typename Queue::value_type>
using items = std::vector<Item, scheduled_allocator<Item>>;
template <class Queue> items<Queue> make_items(int first, int count) {
    items<Queue> made;
    made.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) made.push_back(item<Queue>(first + i));
    return made;
}
template <class Items> auto all_of(Items& from) {
    return std::pair(std::move_iterator(from.begin()), std::move_iterator(from.end()));
}
template <class Queue, class... Limit>
batch_result put_batch(Queue& q, items<Queue>& from, Limit... within) {
    const auto [first, last] = all_of(from);
    return q.put_many(first, last, within...);
}
template <class Queue> void put_batch_of(Queue& q, int first, int count) {
    auto made = make_items<Queue>(first, count);
    const batch_result put = put_batch(q, made);
    require(put == batch_result{static_cast<std::uint64_t>(count), status::ok}, "refused");
}
// The items that one call takes.
template <class Queue, class... Limit>
items<Queue> get_batch(Queue& q, std::uint64_t most, Limit... within) {
    items<Queue> got;
    const batch_result taken = q.get_many(std::back_inserter(got), most, within...);
    require(taken.count == got.size() && taken.count <= most, "miscounted");
    require((taken.status == status::ok) == (taken.count != 0), "ok is what took something");
    return got;
}
// Whether `item` follows the one that the getter got before it from the same putter. A putter puts
// the values from `who * 10` on in rising order.
struct in_order {
    int last[3] = {-1, -1, -1};
    void add(int value) {
        require(last[value / 10] < value, "a later item overtook an earlier one");
        last[value / 10] = value;
    }
};

// Two threads put batches and two take batches of other sizes; single calls run beside them.
template <class Queue> void pass(scenario& story, int capacity, int each) {
    auto q = std::make_shared<Queue>(capacity);
    auto left = std::make_shared<scheduled_atomic<int>>(3);
    auto got = std::make_shared<receipts>(21);
    const auto ends = [=] {
        if (left->fetch_sub(1) == 1) q->shutdown();
    };
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                put_batch_of(*q, 10 * p, each);
                ends();
            },
            "batch putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            static_cast<void>(q->put(item<Queue>(20)));
            ends();
        },
        "putter");
    auto count = std::make_shared<scheduled_atomic<int>>(0);
    for (int g = 0; g < 2; ++g) {
        story.thread(
            [=] {
                in_order mine;
                for (items<Queue> some; !(some = get_batch(*q, 2)).empty();) {
                    for (const auto& one : some) {
                        got->add(one.value());
                        count->fetch_add(1);
                        if (keeps_order<Queue>) mine.add(one.value());
                    }
                }
            },
            "batch getter " + std::to_string(g + 1));
    }
    story.at_end([=] { require(count->load() == 2 * each + 1, "an item was lost"); });
}

// One thread puts a batch, one takes a batch, and nobody waits: the small form.
template <class Queue> void meet(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto put = std::make_shared<std::uint64_t>(0), got = std::make_shared<std::uint64_t>(0);
    story.thread(
        [=] {
            auto made = make_items<Queue>(0, 2);
            *put = put_batch(*q, made, now).count;
            for (std::uint64_t i = 0; i < 2; ++i) {
                const int value = made[static_cast<std::size_t>(i)].value();
                require((value < 0) == (i < *put), "not the first ones were put");
            }
        },
        "putter");
    story.thread(
        [=] {
            const auto some = get_batch(*q, 2, now);
            for (std::size_t i = 0; i < some.size() && keeps_order<Queue>; ++i) {
                require(some[i].value() == static_cast<int>(i), "out of order");
            }
            *got = some.size();
        },
        "getter");
    story.at_end([=] { require(q->size() == *put - *got, "an item was lost, or is there twice"); });
}

// Two batches are claimed at the same time: no slot is claimed twice.
template <class Queue> void meet_on_one_side(scenario& story, int capacity, bool put) {
    auto q = std::make_shared<Queue>(capacity);
    auto got = std::make_shared<receipts>(20);
    auto count = std::make_shared<scheduled_atomic<int>>(0);
    const auto drain = [=] {
        for (const auto& one : get_batch(*q, 2, now)) {
            got->add(one.value());
            count->fetch_add(1);
        }
    };
    if (!put) put_batch_of(*q, 0, 3);
    for (int side = 0; side < 2; ++side) {
        story.thread([=] { put ? put_batch_of(*q, 10 * side, 2) : drain(); },
                     "thread " + std::to_string(side + 1));
    }
    story.at_end([=] {
        for (int i = 0; i < 2; ++i) drain();
        require(count->load() == (put ? 4 : 3), "an item was lost");
    });
}

template <class Queue> std::shared_ptr<Queue> make_full(int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    put_batch_of(*q, 0, capacity);
    return q;
}

// One batch serves two sleeping threads, and nobody else comes.
template <class Queue> void wake_two(scenario& story, int capacity, bool waits_for_room) {
    auto q = waits_for_room ? make_full<Queue>(capacity) : std::make_shared<Queue>(capacity);
    for (int i = 0; i < 2; ++i) {
        story.thread(
            [=] {
                const bool is_served = waits_for_room ? q->put(item<Queue>(7)) == status::ok
                                                      : static_cast<bool>(q->get());
                require(is_served, "refused");
            },
            "waiter " + std::to_string(i + 1));
    }
    story.thread(
        [=] {
            if (waits_for_room) {
                for (std::size_t got = 0; got < 2;) got += get_batch(*q, 2 - got).size();
            } else {
                put_batch_of(*q, 0, 2);
            }
        },
        "peer");
}

// Batches that sleep are woken by single calls, and by each other.
template <class Queue> void sleep_in_a_batch(scenario& story, int capacity) {
    auto q = std::make_shared<Queue>(capacity);
    auto full = make_full<Queue>(capacity);
    story.thread([=] { require(get_batch(*q, 2).size() == 1, "refused"); }, "getter");
    story.thread([=] { put_batch_of(*full, 0, 2); }, "putter");
    story.thread(
        [=] {
            static_cast<void>(q->put(item<Queue>(7)));
            for (int i = 0; i < 2; ++i) static_cast<void>(full->get());
        },
        "peer");
}

// Batches that are stopped or time out: they have done exactly what they say.
template <class Queue> void give_up(scenario& story, int capacity, bool by_stop) {
    auto q = std::make_shared<Queue>(capacity);
    auto stop = std::make_shared<scheduled_stop>();
    auto put = std::make_shared<std::uint64_t>(0), got = std::make_shared<std::uint64_t>(0);
    story.thread(
        [=] {
            auto made = make_items<Queue>(0, 4);
            const batch_result done =
                by_stop ? put_batch(*q, made, stop->get_token()) : put_batch(*q, made, 100us);
            const status why = by_stop ? status::stopped : status::timed_out;
            require(done.status == (done.count == 4 ? status::ok : why), "another reason");
            for (std::size_t i = 0; i < 4; ++i) {
                require((made[i].value() < 0) == (i < done.count), "not the first ones were put");
            }
            *put = done.count;
        },
        "putter");
    story.thread(
        [=] {
            *got = by_stop ? get_batch(*q, 2, stop->get_token()).size()
                           : get_batch(*q, 2, 100us).size();
        },
        "getter");
    if (by_stop) story.thread([=] { stop->request_stop(); }, "stopper");
    story.at_end([=] { require(q->size() == *put - *got, "miscounted"); });
}

// Batches beside a shutdown: accepted items come out, unless an immediate shutdown drops them;
// refused items are intact; the counts are exact.
template <class Queue> void shut_down(scenario& story, int capacity, bool at_once) {
    auto q = std::make_shared<Queue>(capacity);
    auto accepted = std::make_shared<std::uint64_t>(0), got = std::make_shared<std::uint64_t>(0);
    story.thread(
        [=] {
            auto made = make_items<Queue>(0, 3);
            const batch_result put = put_batch(*q, made);
            *accepted = put.count;
            require(put.status == (put.count == 3 ? status::ok : status::shut_down), "why?");
            for (std::size_t i = 0; i < 3; ++i) {
                require((made[i].value() < 0) == (i < put.count), "a refused item was touched");
            }
        },
        "putter");
    story.thread(
        [=] {
            for (items<Queue> some; !(some = get_batch(*q, 2)).empty(); *got += some.size()) {
                q->task_done(some.size());
            }
        },
        "getter");
    story.thread(
        [=] {
            at_once ? q->shutdown(immediate) : q->shutdown();
            q->join();
            require(q->unfinished() == 0, "join returned early");
        },
        "closer");
    story.at_end([=] {
        require(*got == *accepted || (at_once && *got < *accepted), "lost, or made up");
        require(q->size() == 0, "something was left");
        require(q->put(item<Queue>(9)) == status::shut_down, "a put after shutdown");
    });
}

// Items of a kilobyte make segments of 16 slots, which is the minimum.
constexpr int slots = 16;
struct wide {
    explicit wide(int value) : inner(value) {}
    [[nodiscard]] int value() const { return inner.value(); }
    slow_item inner;
    char more[1'000] = {};
};
using wide_queue = basic_queue<wide, scheduled_traits>;

// Batches cross the ends of segments, and go into guests. Before the threads begin, `backlog` items
// have been put and `taken` of them taken.
void cross(scenario& story, int backlog, int taken, bool trims) {
    auto q = std::make_shared<wide_queue>();
    constexpr int each = 3;
    const int first = backlog - taken;
    auto got = std::make_shared<receipts>(first + 2 * each);
    for (int i = 0; i < taken; ++i) static_cast<void>(q->put(wide(0)));
    for (int i = 0; i < first; ++i) static_cast<void>(q->put(wide(i)));
    for (int i = 0; i < taken; ++i) static_cast<void>(q->get());
    auto left = std::make_shared<scheduled_atomic<int>>(first + 2 * each);
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { put_batch_of(*q, first + p * each, each); },
                     "putter " + std::to_string(p + 1));
        story.thread(
            [=] {
                for (int last = -1; left->load() > 0;) {
                    for (const auto& one : get_batch(*q, 4, now)) {
                        got->add(one.value());
                        left->fetch_sub(1);
                        if (one.value() < first) {
                            require(one.value() > last, "out of order");
                            last = one.value();
                        }
                    }
                    scheduled::yield();
                }
            },
            "getter " + std::to_string(p + 1));
    }
    if (trims) story.thread([=] { q->trim(); }, "trimmer");
    story.at_end([=] {
        got->require_all();
        require(q->try_get().state() == status::empty, "an item too many");
    });
}

// A batch beside a bound that shrinks to one: the batch claims all three items before that, or at
// most one after it.
void shrink(scenario& story) {
    auto q = std::make_shared<segment_queue>(4);
    story.thread(
        [=] {
            auto made = make_items<segment_queue>(0, 3);
            static_cast<void>(put_batch(*q, made, now));
        },
        "putter");
    story.thread(
        [=] {
            q->set_maxsize(1);
            const auto before = q->size();
            const status answer = q->try_put(slow_item(9));
            require(answer != status::ok || before == 0, "over the bound");
        },
        "resizer");
    story.at_end([=] {
        const auto in = q->size();
        require(in == 3 || in <= 1, "over the bound");
    });
}

void add_passing(protocol_models& to) {
    const std::string protocol = "batches: passing";
    protocol_model small;
    small.is_small = true;
    add_for_pairs(
        to, protocol, 2,
        [](scenario& story, auto which, int capacity) {
            meet<typename decltype(which)::queue>(story, capacity);
        },
        small);
    for (const bool put : {true, false}) {
        add_for_queues(
            to, protocol, {4},
            [put](scenario& story, auto which, int capacity) {
                meet_on_one_side<typename decltype(which)::queue>(story, capacity, put);
            },
            small);
    }
    add_for_queues(to, protocol, {1, 3}, [](scenario& story, auto which, int capacity) {
        pass<typename decltype(which)::queue>(story, capacity, 3);
    });
    const int residents = 16 * slots;
    const std::string chain = "batches: segments";
    to.push_back({chain, "an end is crossed",
                  [](auto& story) { cross(story, slots - 2, slots - 4, false); }});
    to.push_back({chain, "getters reach a guest",
                  [=](auto& story) { cross(story, residents + 6, residents - 2, false); }});
    to.push_back({chain, "and leave it", [=](auto& story) {
                      cross(story, residents + slots + 2, residents + slots - 2, true);
                  }});
    to.push_back({chain, "the bound shrinks", shrink});
}

void add_waits(protocol_models& to) {
    const std::string waking = "batches: sleep and wake", ending = "batches: giving up";
    for (const bool waits_for_room : {false, true}) {
        add_for_queues(to, waking, {2}, [=](scenario& story, auto which, int capacity) {
            wake_two<typename decltype(which)::queue>(story, capacity, waits_for_room);
        });
    }
    add_for_queues(to, waking, {1}, [](scenario& story, auto which, int capacity) {
        sleep_in_a_batch<typename decltype(which)::queue>(story, capacity);
    });
    add_for_pairs(to, ending, 2, [](scenario& story, auto which, int capacity) {
        give_up<typename decltype(which)::queue>(story, capacity, true);
    });
    protocol_model timed;
    timed.may_rely_on_timers = true;
    add_for_pairs(
        to, ending, 2,
        [](scenario& story, auto which, int capacity) {
            give_up<typename decltype(which)::queue>(story, capacity, false);
        },
        timed);
    for (const bool at_once : {false, true}) {
        add_for_pairs(to, ending, 2, [=](scenario& story, auto which, int capacity) {
            shut_down<typename decltype(which)::queue>(story, capacity, at_once);
        });
    }
}

}  // namespace

void add_batch_models(protocol_models& to) {
    add_passing(to);
    add_waits(to);
}

}  // namespace conq::testing

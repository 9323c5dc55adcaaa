// SPDX-License-Identifier: BSL-1.0
// Rounds of real threads on queues that live for some 100 us: a queue is made, threads collide on
// it in a way that the contract allows, and it is destroyed at once. The seed determines the round.
#ifndef CONQ_TESTS_TEARDOWN_ROUNDS_HPP
#define CONQ_TESTS_TEARDOWN_ROUNDS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

#include "actor.hpp"
#include "conq/queue.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/grave.hpp"
#include "testing/faults/items.hpp"
#include "testing/faults/team.hpp"
#include "testing/history/dice.hpp"

namespace conq::test {

/// Plays rounds. Belongs to one thread; `run` ends with everything destroyed and looked at. Holds:
/// whether a queue has room; one without plays what can be played without.
template <class Queue, bool Holds = true> class rounds {
    using actor_type = actor<Queue>;
    using lease = typename Queue::lease_type;

public:
    static constexpr int threads = 6;

    rounds(testing::team& team, testing::findings& found)
        : team_(team), found_(found), items_(found) {}

    void run(std::uint64_t seed) {
        testing::dice random(seed);
        items_.clear();
        stop_ = std::stop_source();
        fails_ = random.chance(25);
        const std::uint64_t scenario = random.below(Holds ? 4 : 2);
        std::uint64_t capacity = 1 + random.below(random.chance(50) ? 4 : 60);
        if (scenario == 3) capacity = ledger::items_max;
        Queue& queue = place_.make(capacity);
        switch (scenario) {
            case 0:
                shut_down_under_calls(queue, random);
                break;
            case 1:
                join_then_destroy(queue, random);
                break;
            case 2:
                drop_then_destroy(queue, random);
                break;
            default:
                destroy_with_items(queue, random);
                break;
        }
        found_.expect(place_.is_undisturbed(), "a queue was written to after its end");
        found_.expect(testing::item_census::alive() == 0, "items live on, or ended twice");
        found_.expect(testing::item_census::take_crimes() == 0, "a dead item was used or ended");
    }

private:
    static constexpr int ids_each = ledger::items_max / threads;
    static constexpr std::uint64_t any_seed = std::uint64_t{1} << 62;

    [[nodiscard]] actor_type act(Queue& queue, testing::dice random) {
        return {queue, items_, found_, random, stop_.get_token(), fails_};
    }

    // All calls race one another and one or two shutdowns: of one kind, or of both.
    void shut_down_under_calls(Queue& queue, testing::dice random) {
        const bool drops = random.chance(50);
        const std::uint64_t roles = random.below(any_seed), seed = random.below(any_seed);
        team_.run([&](int index) {
            actor_type me = act(queue, testing::dice(seed + static_cast<std::uint64_t>(index)));
            const auto role =
                index < 2 ? static_cast<std::uint64_t>(index) : (roles >> (8 * index)) % 8;
            play(queue, me, role, index, drops);
        });
        found_.expect(queue.empty() && queue.unfinished() == 0, "items are left after a drain");
        actor_type last = act(queue, random);
        found_.expect(last.put_surely(ledger::items_max - 1) == status::shut_down,
                      "a put was accepted after the shutdown");
        found_.expect(last.get_surely_and_finish() == status::shut_down, "a get found an item");
        last.join_surely();
        place_.end();
        items_.check(drops);
    }

    void play(Queue& queue, actor_type& me, std::uint64_t role, int index, bool drops) {
        const auto until_shut_down = [](auto call) {
            while (call() != status::shut_down) {
            }
        };
        switch (role) {
            case 0:  // somebody drains, or nobody could join
                until_shut_down([&] { return me.get_and_finish(); });
                break;
            case 1:
                me.linger(1'000);
                shut_down(queue, me.random(), drops);
                break;
            case 2:
                stop_.request_stop();
                shut_down(queue, me.random(), drops);
                break;
            case 3:
                for (std::uint64_t i = me.random().below(20); i > 0; --i) me.get_and_finish();
                break;
            case 4:
                for (int i = 0; i < 3; ++i) static_cast<void>(me.join());
                break;
            case 5:
                me.linger(500);
                for (int i = 0; i < 5; ++i) me.meddle();
                break;
            case 6:
                wait_by_callback(queue);
                break;
            default:
                for (int i = 0; i < ids_each - 1; ++i) {
                    if (me.put(index * ids_each + i) == status::shut_down) break;
                }
                break;
        }
    }

    static void shut_down(Queue& queue, testing::dice& random, bool drops) {
        const auto drop = [&] { queue.shutdown(immediate); };
        if (!drops || random.chance(33)) queue.shutdown();
        if (drops) drop();
        if (random.chance(33)) queue.shutdown();
    }

    // Waits as a coroutine or a select would, beside the threads.
    void wait_by_callback(Queue& queue) {
        using resumer_type = resumer<typename Queue::traits::platform>;
        resumer_type waiting([](resumer_type*) noexcept {});
        typename Queue::waiter_type place(waiting);
        for (int i = 0; i < 3; ++i) {
            queue.enlist_getter(place);
            auto got = queue.try_take();
            queue.leave_getter(place);
            if (got) items_.note_delivered(got->value);
        }
        queue.enlist_putter(place);
        queue.leave_putter(place);
    }

    // Joins, then destroys the queue while the last dones and lease ends are on their way out of
    // it.
    void join_then_destroy(Queue& queue, testing::dice random) {
        const int producers = 1 + static_cast<int>(random.below(2));
        const int each = 1 + static_cast<int>(random.below(random.chance(50) ? 3 : 40));
        const int all = each * (threads - 1 - producers);
        const bool all_dones_at_once = random.chance(25);
        const std::uint64_t seed = random.below(any_seed);
        testing::turnstile has_put;
        team_.run([&](int index) {
            actor_type me = act(queue, testing::dice(seed + static_cast<std::uint64_t>(index)));
            if (index == 0) {
                // A put is a call, too, and has to have returned; a done need not have.
                has_put.wait_for(static_cast<std::uint32_t>(producers));
                me.join_surely();
                place_.end();
            } else if (index <= producers) {
                for (int id = index - 1; id < all; id += producers) me.put_surely(id);
                if (me.random().chance(50)) stop_.request_stop();
                has_put.add(1);
            } else if (all_dones_at_once) {
                for (int i = 0; i < each; ++i) me.get_surely();
                queue.task_done(static_cast<std::uint64_t>(each));
            } else {
                for (int i = 0; i < each; ++i) me.get_surely_and_finish();
            }
        });
        items_.check(false);
    }

    // The same, but the last dones are those of a shutdown that drops what is left, and of leases
    // that other threads have taken.
    void drop_then_destroy(Queue& queue, testing::dice random) {
        actor_type self = act(queue, testing::dice(random.below(any_seed)));
        std::array<std::optional<lease>, threads> held;
        int id = 0;
        for (std::size_t index = 2 + random.below(threads - 1); index < threads; ++index) {
            self.put_surely(id++);
            held[index].emplace(queue, [&] { return queue.get(); });
            items_.note_delivered((*held[index])->value);
        }
        // At least one is dropped: so the shutdown's last access is a done.
        for (std::uint64_t i = random.below(queue.maxsize()) + 1; i > 0; --i) self.put_surely(id++);
        const std::uint64_t seed = random.below(any_seed);
        team_.run([&](int index) {
            actor_type me = act(queue, testing::dice(seed + static_cast<std::uint64_t>(index)));
            me.linger(200);
            if (index == 0) {
                me.join_surely();
                place_.end();
            } else if (index == 1) {
                queue.shutdown(immediate);
            } else if (auto& task = held[static_cast<std::size_t>(index)]; task) {
                me.finish(*task);
                task.reset();
            }
        });
        items_.check(true);
    }

    // A queue ends with items in it, some of which were taken and never done.
    void destroy_with_items(Queue& queue, testing::dice random) {
        const int putters = 1 + static_cast<int>(random.below(threads - 1));
        const int each = 1 + static_cast<int>(random.below(ids_each));
        const int taken = putters * each / (threads - putters);
        const std::uint64_t seed = random.below(any_seed);
        team_.run([&](int index) {
            actor_type me = act(queue, testing::dice(seed + static_cast<std::uint64_t>(index)));
            if (index < putters) {
                for (int i = 0; i < each; ++i) me.put_surely(index * ids_each + i);
            } else {
                for (std::uint64_t i = me.random().below(1 + static_cast<std::uint64_t>(taken));
                     i > 0; --i) {
                    if (me.random().chance(50)) {
                        me.get_surely();
                    } else {
                        me.get_surely_and_finish();
                    }
                }
            }
        });
        place_.end();
        items_.check(true);
    }

    testing::team& team_;
    testing::findings& found_;
    ledger items_;
    testing::grave<Queue> place_;
    std::stop_source stop_;
    bool fails_ = false;
};

}  // namespace conq::test

#endif

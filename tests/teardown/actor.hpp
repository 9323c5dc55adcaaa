// SPDX-License-Identifier: BSL-1.0
// What a thread does to a queue in a round: every call in every form, chosen at random, with a
// check of what the call returns and of what it leaves.
#ifndef CONQ_TESTS_TEARDOWN_ACTOR_HPP
#define CONQ_TESTS_TEARDOWN_ACTOR_HPP

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "conq/queue.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/points.hpp"
#include "testing/history/dice.hpp"

namespace conq::test {

/// Records what became of the items of a round, which are numbered from 0. Its atomics are relaxed,
/// so that recording orders no threads.
class ledger {
public:
    static constexpr int items_max = 512;

    explicit ledger(testing::findings& found) : found_(found) {}

    void clear() noexcept {
        for (auto& each : marks_) each.store(0, std::memory_order_relaxed);
    }
    void note_accepted(int id) { mark(id, accepted, "an item was accepted twice"); }
    void note_delivered(int id) { mark(id, delivered, "an item was delivered twice"); }

    /// To be called once all calls have returned: everything that was put must have come out, each
    /// item once, except for what was dropped.
    void check(bool may_be_dropped) {
        for (const auto& each : marks_) {
            const unsigned marks = each.load(std::memory_order_relaxed);
            if (marks == delivered) found_.add("an item was delivered that nobody has put");
            if (marks == accepted && !may_be_dropped) found_.add("an item was lost");
        }
    }

private:
    static constexpr unsigned char accepted = 1, delivered = 2;

    void mark(int id, unsigned char bit, const char* twice) {
        auto& at = marks_.at(static_cast<std::size_t>(id));
        found_.expect((at.fetch_or(bit, std::memory_order_relaxed) & bit) == 0, twice);
    }

    std::array<std::atomic<unsigned char>, items_max> marks_{};
    testing::findings& found_;
};

/// A thread's part in a round. Belongs to one thread.
template <class Queue> class actor {
    using item = typename Queue::value_type;
    using lease = typename Queue::lease_type;

public:
    /// With `fails`, some calls fail: they get no memory, or their item cannot be copied or moved.
    actor(Queue& queue, ledger& items, testing::findings& found, testing::dice random,
          std::stop_token stop, bool fails)
        : queue_(queue),
          items_(items),
          found_(found),
          random_(random),
          stop_(std::move(stop)),
          fails_(fails) {}

    [[nodiscard]] testing::dice& random() noexcept { return random_; }

    /// Puts the item in a random way. Returns ok, or why it was not accepted: then it has not been
    /// touched.
    status put(int id) {
        item argument(id);
        status answer = status::busy;
        try {
            const testing::fault_plan plan(testing::any_fault, when_to_fail());
            answer = put_somehow(argument);
        } catch (const std::bad_alloc&) {
        } catch (const testing::planned_fault&) {
        }
        if (answer == status::ok) {
            items_.note_accepted(id);
        } else {
            found_.expect(argument.is_intact(id), "a put that failed has touched its argument");
        }
        return answer;
    }
    /// Tries to put the item until it is accepted, or the queue is shut down.
    status put_surely(int id) {
        for (;;) {
            const status answer = put(id);
            if (answer == status::ok || answer == status::shut_down) return answer;
            if (stop_.stop_requested()) stop_ = {};
        }
    }

    /// Takes an item in a random way, or up to `most`, and says that it is done, which is the last
    /// access. Returns ok, or why there was none.
    status get_and_finish(std::uint64_t most = 3) {
        try {
            if (batches_lose_nothing && random_.chance(20)) return take_and_finish_many(most);
            if (random_.chance(50)) {
                const auto got = [&] {
                    const testing::fault_plan plan(testing::any_fault, when_to_fail());
                    return get_somehow();
                }();
                if (got) receive(*got), queue_.task_done();
                return got.state();
            }
            auto task = [&] {
                const testing::fault_plan plan(testing::any_fault, when_to_fail());
                return take_somehow();
            }();
            const status answer = task.state();
            if (task) receive(*task), finish(task);
            return answer;
        } catch (const std::bad_alloc&) {
        } catch (const testing::planned_fault&) {
        }
        return status::busy;
    }
    status take_and_finish_many(std::uint64_t most) {
        auto tasks = [&] {
            const testing::fault_plan plan(testing::any_fault, when_to_fail());
            return queue_.take_many(1 + random_.below(most), span(), stop_);
        }();
        const status answer = tasks.state();
        for (const item& each : tasks) receive(each);
        if (random_.chance(30)) {
            const std::uint64_t count = tasks.release().size();
            if (count != 0) queue_.task_done(count);
        } else if (random_.chance(50)) {
            tasks.done();
        }
        return answer;
    }
    /// The same until it has taken one, or the queue is shut down and drained.
    status get_surely_and_finish() {
        for (;;) {
            const status answer = get_and_finish(1);
            if (answer == status::ok || answer == status::shut_down) return answer;
            if (stop_.stop_requested()) stop_ = {};
        }
    }
    /// Waits for an item and takes it; the caller has to say that it is done.
    void get_surely() {
        const auto got = queue_.get();
        if (got) receive(*got);
    }

    /// Ends a lease in a random way.
    void finish(lease& task) {
        switch (random_.below(5)) {
            case 0:
                task.done();
                break;
            case 1: {
                const item released = task.release();
                queue_.task_done();
                break;
            }
            case 2: {
                const lease moved(std::move(task));
                break;
            }
            case 3:
                try {
                    const lease moved(std::move(task));
                    throw 1;  // what a worker's function may do
                } catch (int) {
                }
                break;
            default:
                break;  // dropped by its holder
        }
    }

    /// Joins in a random way. Returns ok, or why it gave up.
    status join() {
        switch (random_.below(5)) {
            case 0:
                queue_.join();
                return status::ok;
            case 1:
                return queue_.join(stop_);
            case 2:
                return queue_.join_for(span());
            case 3:
                return queue_.join_until(std::chrono::steady_clock::now() + span(), stop_);
            default:
                return queue_.try_join();
        }
    }
    /// Joins again and again until all is done.
    void join_surely() {
        while (join() != status::ok) {
            if (stop_.stop_requested()) stop_ = {};
        }
    }

    /// Looks at the queue and changes what may be changed at any time.
    void meddle() {
        const std::uint64_t seen = queue_.size() + queue_.unfinished() + queue_.maxsize();
        found_.expect(seen < 1'000'000, "an absurd count");
        static_cast<void>(queue_.empty() || queue_.full() || queue_.is_shut_down());
        if (random_.chance(50)) queue_.trim();
        if constexpr (requires { queue_.set_maxsize(1); }) {
            if (random_.chance(50)) queue_.set_maxsize(random_.below(3) * (1 + random_.below(20)));
        }
    }

    /// Waits for a random number of pauses, up to `steps`.
    void linger(std::uint64_t steps) {
        for (std::uint64_t i = random_.below(steps + 1); i > 0; --i) {
            platform::native::pause(1);
            if (i % 64 == 0) platform::native::yield();
        }
    }

private:
    // A rendezvous drops an item that a batch cannot move on to its place.
    static constexpr bool batches_lose_nothing =
        Queue::takes_throwing_sources || std::is_nothrow_move_constructible_v<item>;

    std::uint64_t when_to_fail() {
        return fails_ && random_.chance(33) ? 1 + random_.below(3) : 1'000'000;
    }
    std::chrono::nanoseconds span() {
        return std::chrono::nanoseconds(random_.chance(33) ? 0 : random_.below(60'000));
    }

    void receive(const item& got) {
        found_.expect(got.is_intact(got.value), "an item was delivered that had been moved from");
        items_.note_delivered(got.value);
    }

    status put_somehow(item& argument) {
        const std::uint64_t form = random_.below(12);
        if (form == 11) {
            const std::move_iterator first(&argument);
            return queue_.put_many(first, first + 1, span(), stop_).status;
        }
        if (form == 9) return queue_.emplace(argument.value);
        if (form == 10) return queue_.try_emplace(argument.value);
        if constexpr (std::copy_constructible<item>) {
            const item& constant = argument;
            if (form == 5) return queue_.put(constant);
            if (form == 6) return queue_.put(constant, stop_);
            if (form == 7) return queue_.put_for(constant, span(), stop_);
            if (form == 8) return queue_.try_put(constant);
        }
        switch (form % 5) {
            case 0:
                return queue_.put(std::move(argument));
            case 1:
                return queue_.put(std::move(argument), stop_);
            case 2:
                return queue_.put_for(std::move(argument), span());
            case 3:
                return queue_.put_until(std::move(argument),
                                        std::chrono::steady_clock::now() + span(), stop_);
            default:
                return queue_.try_put(std::move(argument));
        }
    }
    result<item> get_somehow() {
        switch (random_.below(5)) {
            case 0:
                return queue_.get();
            case 1:
                return queue_.get(stop_);
            case 2:
                return queue_.get_for(span(), stop_);
            case 3:
                return queue_.get_until(std::chrono::steady_clock::now() + span());
            default:
                return queue_.try_get();
        }
    }
    lease take_somehow() {
        switch (random_.below(5)) {
            case 0:
                return queue_.take();
            case 1:
                return queue_.take(stop_);
            case 2:
                return queue_.take_for(span());
            case 3:
                return queue_.take_until(std::chrono::steady_clock::now() + span(), stop_);
            default:
                return queue_.try_take();
        }
    }

    Queue& queue_;
    ledger& items_;
    testing::findings& found_;
    testing::dice random_;
    std::stop_token stop_;
    const bool fails_;
};

}  // namespace conq::test

#endif

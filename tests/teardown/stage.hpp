// SPDX-License-Identifier: BSL-1.0
// A queue beside a model of it. Calls are made on it that fail where a plan says so.
#ifndef CONQ_TESTS_TEARDOWN_STAGE_HPP
#define CONQ_TESTS_TEARDOWN_STAGE_HPP

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "calls.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/heap.hpp"
#include "testing/faults/items.hpp"
#include "testing/faults/points.hpp"

namespace conq::test {

/// Which item a queue hands out next.
enum class take_order { oldest, newest, lowest };

/// A queue used by one thread, and what it must hold. A call that fails must have changed nothing,
/// and must do what it would have done when it is made again.
template <class Queue> class stage {
public:
    /// How the performance of a call went.
    struct performance {
        bool was_struck = false;   ///< the plan struck in it
        std::uint64_t points = 0;  ///< fault points that it passed before
    };

    stage(int capacity, take_order order, testing::findings& found)
        : found_(found),
          order_(order),
          queue_(std::make_unique<Queue>(capacity)),
          desk_{*queue_, {}, {}} {
        desk_.argument.emplace(next_id_);
    }
    /// Takes all that is left, in order, and ends the queue.
    ~stage() {
        what_ = "the end";
        desk_.held.reset();
        while (!in_.empty()) {
            const auto left = queue_->try_get();
            expect(left.state() == status::ok && left->value == *next(), "lost an item");
            in_.erase(next());
        }
        expect(queue_->empty(), "kept an item");
    }
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    /// Whether the call can be made here: it does not wait for ever and breaks no rule.
    [[nodiscard]] bool can_make(const named_call<Queue>& call) const {
        switch (call.does) {
            case effect::end:
            case effect::release:
                return held_id_ != 0;
            case effect::take:
                return held_id_ == 0 && (call.blocked != status::ok || !would_wait(call));
            case effect::done:
                return owed_ > 0;
            default:
                return call.blocked != status::ok || !would_wait(call);
        }
    }

    /// Whether the call would have to wait.
    [[nodiscard]] bool would_wait(const named_call<Queue>& call) const {
        switch (call.does) {
            case effect::put:
                return !is_shut_down_ && maxsize_ != 0 && in_.size() >= maxsize_;
            case effect::get:
            case effect::get_and_done:
            case effect::take:
                return !is_shut_down_ && in_.empty();
            case effect::join:
                return queue_->unfinished() != 0;
            default:
                return false;
        }
    }

    /// Makes the call so that its n-th fault point of these kinds fails; then makes it again.
    performance perform(const named_call<Queue>& call, unsigned kinds, std::uint64_t n) {
        what_ = call.name;
        const std::int64_t alive = testing::item_census::alive(), blocks = blocks_in_use();
        const answer right = expected(call);
        answer got;
        performance how;
        bool has_thrown = false;
        {
            const testing::fault_plan plan(kinds, n);
            try {
                got = call.make(desk_);
            } catch (const std::bad_alloc&) {
                has_thrown = true;
            } catch (const testing::planned_fault&) {
                has_thrown = true;
            }
            how = {plan.has_fired(), plan.passed()};
        }
        if (has_thrown) {
            expect(testing::item_census::alive() == alive, "a failed call made or ended an item");
            expect(blocks_in_use() == blocks, "a failed call kept or freed memory");
            compare();
            got = call.make(desk_);
        }
        expect(got == right, "the wrong answer");
        apply(call, right);
        compare();
        return how;
    }

    static std::int64_t blocks_in_use() noexcept {
        return testing::heap_in_use().blocks + testing::counted_in_use().blocks;
    }

private:
    void expect(bool is_right, const char* wrong) {
        if (!is_right) found_.add(std::string(what_) + ": " + wrong);
    }

    [[nodiscard]] std::deque<int>::const_iterator next() const {
        switch (order_) {
            case take_order::newest:
                return in_.end() - 1;
            case take_order::lowest:
                return std::min_element(in_.begin(), in_.end());
            default:
                return in_.begin();
        }
    }

    [[nodiscard]] answer expected(const named_call<Queue>& call) const {
        switch (call.does) {
            case effect::put:
                if (is_shut_down_) return {status::shut_down};
                return {would_wait(call) ? call.blocked : status::ok};
            case effect::get:
            case effect::get_and_done:
            case effect::take:
                if (!in_.empty()) return {status::ok, *next()};
                return {is_shut_down_ ? status::shut_down : call.blocked};
            case effect::end:
            case effect::release:
                return {status::ok, held_id_};
            case effect::join:
                return {in_.empty() && owed_ == 0 && held_id_ == 0 ? status::ok : call.blocked};
            case effect::none:
                return {call.blocked};
            default:
                return {};
        }
    }

    void apply(const named_call<Queue>& call, const answer& right) {
        if (right.state != status::ok) return;
        switch (call.does) {
            case effect::put:
                in_.push_back(next_id_);
                next_id_ = (next_id_ + 37) % 1009;  // up and down; the first 1008 differ
                desk_.argument.emplace(next_id_);
                break;
            case effect::get:
                ++owed_;
                in_.erase(next());
                break;
            case effect::get_and_done:
                in_.erase(next());
                break;
            case effect::take:
                held_id_ = *next();
                in_.erase(next());
                break;
            case effect::end:
                held_id_ = 0;
                break;
            case effect::release:
                held_id_ = 0;
                ++owed_;
                break;
            case effect::done:
                --owed_;
                break;
            case effect::shut_down:
                is_shut_down_ = true;
                break;
            case effect::drop_all:
                is_shut_down_ = true;
                in_.clear();
                break;
            default:
                break;
        }
    }

    // Compares the queue with the model.
    void compare() {
        const Queue& q = *queue_;
        const std::uint64_t held = held_id_ != 0 ? 1 : 0;
        expect(q.size() == in_.size() && q.empty() == in_.empty(), "the wrong size");
        expect(q.full() == (maxsize_ != 0 && in_.size() >= maxsize_), "full where it is not");
        expect(q.unfinished() == in_.size() + owed_ + held, "the wrong count");
        expect(q.is_shut_down() == is_shut_down_, "shut down where it is not");
        expect(q.maxsize() == maxsize_, "the wrong bound");
        expect(desk_.argument->is_intact(next_id_), "touched its argument");
    }

    testing::findings& found_;
    const take_order order_;
    const char* what_ = "the beginning";
    std::unique_ptr<Queue> queue_;
    desk<Queue> desk_;
    // The model.
    std::deque<int> in_;
    std::uint64_t owed_ = 0, maxsize_ = queue_->maxsize();
    int held_id_ = 0, next_id_ = 37;  // 0: none
    bool is_shut_down_ = false;
};

}  // namespace conq::test

#endif

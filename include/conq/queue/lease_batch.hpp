// SPDX-License-Identifier: BSL-1.0
// Several items with the duty to call task_done for them.
#ifndef CONQ_QUEUE_LEASE_BATCH_HPP
#define CONQ_QUEUE_LEASE_BATCH_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "conq/contract/status.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// The items that one take_many took from a queue, or the reason why there are none. A batch has
/// the duty to report that its items have been processed.
///
/// A batch is one lease of all its items. Call `done()` to count all of them as done. A batch that
/// is destroyed without done() is dropped: a memory queue counts its items as done. The items are
/// destroyed before they count as done. A batch must not outlive its queue, and task_done() must
/// not be called for its items (dropping the batch may then end the program). A batch of a queue
/// that counts no tasks (see accounting::none) has no duty.
///
/// Threads: used by one at a time, as any value; it may move to another. Progress and cost: those
/// of one task_done, and of destroying the items.
template <class Queue> class [[nodiscard]] lease_batch {
    static_assert(!std::is_same_v<typename Queue::value_type, bool>,
                  "conq: a batch is a std::vector, and one of bool has no items: use get_many");

public:
    /// The item's type, and the types of the range.
    using value_type = typename Queue::value_type;
    using container = std::vector<value_type, typename Queue::allocator_type>;
    using iterator = typename container::iterator;
    using const_iterator = typename container::const_iterator;

    /// For a queue's take_many: the items, or why there are none.
    lease_batch(Queue& queue, container items, conq::status state) noexcept
        : queue_(&queue), items_(std::move(items)), state_(state) {
        if constexpr (Queue::counts_tasks) {
            if (!items_.empty()) queue_->begin_lease();
        }
    }
    lease_batch(lease_batch&& other) noexcept
        : queue_(other.queue_), items_(std::move(other.items_)), state_(other.state_) {
        other.forget();
    }
    /// Drops its own items, then takes over the other batch's.
    lease_batch& operator=(lease_batch&& other) noexcept {
        if (this == &other) return *this;
        drop();
        queue_ = other.queue_;
        std::destroy_at(&items_);  // made anew: the allocators may differ
        std::construct_at(&items_, std::move(other.items_));
        state_ = other.state_;
        other.forget();
        return *this;
    }
    ~lease_batch() { drop(); }

    /// Whether the batch holds items.
    [[nodiscard]] explicit operator bool() const noexcept { return !items_.empty(); }
    /// `ok`, or why there are no items; `empty` after done() or release().
    [[nodiscard]] conq::status state() const noexcept { return state_; }

    /// The items, in the order in which they left the queue.
    [[nodiscard]] iterator begin() noexcept { return items_.begin(); }
    [[nodiscard]] iterator end() noexcept { return items_.end(); }
    [[nodiscard]] const_iterator begin() const noexcept { return items_.begin(); }
    [[nodiscard]] const_iterator end() const noexcept { return items_.end(); }
    /// The number of items.
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    /// The item at `index`, which must be less than size().
    [[nodiscard]] value_type& operator[](std::size_t index) noexcept { return items_[index]; }
    [[nodiscard]] const value_type& operator[](std::size_t index) const noexcept {
        return items_[index];
    }

    /// Destroys the items and counts them as done. Does nothing if there are none. Throws
    /// std::logic_error, as task_done does, if task_done was called for them, too.
    void done() {
        const std::uint64_t count = items_.size();
        if (count == 0) return;
        forget();
        if constexpr (Queue::counts_tasks) queue_->end_lease(count);
    }

    /// Hands over the items and the duty to call task_done for each.
    [[nodiscard]] container release() noexcept {
        if constexpr (Queue::counts_tasks) {
            if (!items_.empty()) queue_->forget_lease();
        }
        container items(std::move(items_));
        forget();
        return items;
    }

private:
    void drop() noexcept { done(); }
    void forget() noexcept {
        items_.clear();
        state_ = status::empty;
    }

    Queue* queue_;
    container items_;
    conq::status state_;
};

}  // namespace conq

#endif

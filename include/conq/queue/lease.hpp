// SPDX-License-Identifier: BSL-1.0
// An item with the duty to call task_done for it, and the range over a queue.
#ifndef CONQ_QUEUE_LEASE_HPP
#define CONQ_QUEUE_LEASE_HPP

#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "conq/contract/result.hpp"

namespace conq {

/// An item taken from a queue, or the reason why there is none. A lease has the duty to report that
/// its item has been processed.
///
/// To report it, call `done()`. A lease that is destroyed without done() is dropped: a memory queue
/// counts its item as done, because the item cannot be handed out again. So an exception never
/// makes `join` hang. The item is destroyed before it counts as done. A lease must not outlive its
/// queue, and task_done() must not be called for its item (dropping the lease may then end the
/// program).
///
/// A lease of a queue that counts no tasks (see accounting::none) has no duty: done() only destroys
/// the item, and the lease may outlive the queue.
///
/// Threads: used by one at a time, as any value; it may move to another. Progress and cost: those
/// of the queue's task_done.
template <class Queue> class [[nodiscard]] lease {
public:
    /// The item's type.
    using value_type = typename Queue::value_type;

    /// For a queue's take: `get()` makes the result in place.
    template <class Get>
    lease(Queue& queue, Get&& get) : queue_(&queue), item_(std::forward<Get>(get)()) {
        if constexpr (Queue::counts_tasks) {
            if (item_) queue_->begin_lease();
        }
    }
    lease(lease&& other) noexcept(moves_nothrow)
        : queue_(other.queue_), item_(std::move(other.item_)) {
        other.item_ = nothing();
    }
    /// Drops its own item, then takes over the other lease's.
    lease& operator=(lease&& other) noexcept(moves_nothrow) {
        if (this == &other) return *this;
        drop();
        queue_ = other.queue_;
        item_ = std::move(other.item_);
        other.item_ = nothing();
        return *this;
    }
    ~lease() { drop(); }

    /// Whether the lease holds an item.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(item_); }
    /// `ok`, or why there is no item; `empty` after done() or release().
    [[nodiscard]] status state() const noexcept { return item_.state(); }

    /// The item. The behaviour is undefined if there is none.
    [[nodiscard]] value_type& operator*() noexcept { return *item_; }
    [[nodiscard]] const value_type& operator*() const noexcept { return *item_; }
    [[nodiscard]] value_type* operator->() noexcept { return item_.operator->(); }
    [[nodiscard]] const value_type* operator->() const noexcept { return item_.operator->(); }

    /// Destroys the item and counts it as done. Does nothing if there is none. Throws
    /// std::logic_error, as task_done does, if task_done was called for this item, too.
    void done() {
        if (!item_) return;
        item_ = nothing();
        if constexpr (Queue::counts_tasks) queue_->end_lease();
    }

    /// Hands over the item and the duty to call task_done. Throws bad_result_access if it has none.
    [[nodiscard]] value_type release() {
        value_type item(std::move(item_).value());
        item_ = nothing();
        if constexpr (Queue::counts_tasks) queue_->forget_lease();
        return item;
    }

private:
    static constexpr bool moves_nothrow = std::is_nothrow_move_constructible_v<value_type>;
    static result<value_type> nothing() noexcept { return result<value_type>(status::empty); }
    void drop() noexcept { done(); }

    Queue* queue_;
    result<value_type> item_;
};

/// The iterator of the range over a queue. `for (auto& task : q) work(*task);` ends when the queue
/// is shut down and drained. The iterator owns the lease. `++` first calls done(), then waits for
/// the next item. An exception or `break` drops the lease. If T's move throws in `++`, the next
/// item was not taken, and the iterator is at the end.
template <class Queue> class lease_iterator {
public:
    /// The types that std::iterator_traits asks for.
    using iterator_category = std::input_iterator_tag;
    using value_type = typename Queue::lease_type;
    using difference_type = std::ptrdiff_t;
    using reference = value_type&;
    using pointer = value_type*;

    /// Takes the first item; waits while the queue is empty.
    explicit lease_iterator(Queue& queue) : queue_(&queue) { take_next(); }

    /// The current lease.
    [[nodiscard]] reference operator*() noexcept { return *lease_; }
    [[nodiscard]] pointer operator->() noexcept { return &*lease_; }
    /// Calls done() on the lease, then takes the next item; waits while the queue is empty.
    lease_iterator& operator++() {
        lease_->done();
        take_next();
        return *this;
    }
    void operator++(int) { ++*this; }
    /// Whether the range has ended: the lease holds nothing.
    friend bool operator==(const lease_iterator& at, std::default_sentinel_t) noexcept {
        return !at.lease_ || !*at.lease_;
    }

private:
    // Made in place: the item would be lost if a move threw after the queue has given it away.
    // Leases of other kinds hand the item back in that case.
    void take_next() {
        if constexpr (std::is_same_v<value_type, lease<Queue>>) {
            lease_.emplace(*queue_, [this] { return queue_->get(); });
        } else {
            lease_.emplace(queue_->take());
        }
    }

    Queue* queue_;
    std::optional<value_type> lease_;
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// An item together with the duty of task_done, and the range over a queue.
#ifndef CONQ_QUEUE_LEASE_HPP
#define CONQ_QUEUE_LEASE_HPP

#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "conq/contract/result.hpp"

namespace conq {

/// An item taken from a queue, or the reason why there is none, with the duty to say that it has
/// been processed.
///
/// The good end is `done()`. A lease that is destroyed without it is dropped: a memory queue counts
/// its item as done, for nobody can hand it out again. So an exception never hangs `join`.
/// The item is destroyed before it counts as done. A lease must not outlive its queue, and
/// task_done() must not be called for its item (the program ends if it was).
///
/// A lease of a queue that counts no tasks (see traits) has no duty: done() only destroys the item,
/// and it may outlive the queue.
///
/// Threads: as any value; it may move to another thread. Progress and cost: those of the queue's
/// task_done.
template <class Queue> class [[nodiscard]] lease {
public:
    /// The item's type.
    using value_type = typename Queue::value_type;

    /// Made by a queue's take: `get()` makes the result in place.
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
    /// Drops what this lease holds, then takes over the other's.
    lease& operator=(lease&& other) noexcept(moves_nothrow) {
        if (this == &other) return *this;
        drop();
        queue_ = other.queue_;
        item_ = std::move(other.item_);
        other.item_ = nothing();
        return *this;
    }
    ~lease() { drop(); }

    /// Whether it holds an item.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(item_); }
    /// `ok`, or why there is no item; `empty` after done and release.
    [[nodiscard]] status state() const noexcept { return item_.state(); }

    /// The item; undefined if there is none.
    [[nodiscard]] value_type& operator*() noexcept { return *item_; }
    [[nodiscard]] const value_type& operator*() const noexcept { return *item_; }
    [[nodiscard]] value_type* operator->() noexcept { return item_.operator->(); }
    [[nodiscard]] const value_type* operator->() const noexcept { return item_.operator->(); }

    /// The good end: destroys the item and counts it as done. Does nothing if there is none. Throws
    /// std::logic_error as task_done does, if task_done was called for this item, too.
    void done() {
        if (!item_) return;
        item_ = nothing();
        if constexpr (Queue::counts_tasks) queue_->end_lease();
    }

    /// Hands over the item and the duty of task_done. Throws bad_result_access if there is none.
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

/// The range over a queue: `for (auto& task : q) work(*task);` ends when the queue is shut down and
/// drained. The iterator owns the lease; `++` calls done() first and then waits for the next; an
/// exception or `break` drops the lease. If T's move throws in `++`, the next item has not been
/// taken, and the iterator is at the end.
template <class Queue> class lease_iterator {
public:
    /// What std::iterator_traits asks for.
    using iterator_category = std::input_iterator_tag;
    using value_type = typename Queue::lease_type;
    using difference_type = std::ptrdiff_t;
    using reference = value_type&;
    using pointer = value_type*;

    /// Takes the first item: waits while the queue is empty.
    explicit lease_iterator(Queue& queue) : queue_(&queue) { take_next(); }

    /// The lease.
    [[nodiscard]] reference operator*() noexcept { return *lease_; }
    [[nodiscard]] pointer operator->() noexcept { return &*lease_; }
    /// Ends the lease by done(), then takes the next: waits while the queue is empty.
    lease_iterator& operator++() {
        lease_->done();
        take_next();
        return *this;
    }
    void operator++(int) { ++*this; }
    /// Whether the range is over: the lease holds nothing.
    friend bool operator==(const lease_iterator& at, std::default_sentinel_t) noexcept {
        return !at.lease_ || !*at.lease_;
    }

private:
    // In place: a move that throws after the queue has given the item away would lose it. Leases of
    // other kinds hand the item back then.
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

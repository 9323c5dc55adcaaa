// SPDX-License-Identifier: BSL-1.0
// A room of waiters, first come, first served, and a flag that tells whether there are any. It
// knows no queue.
//
// The sleeping side:  enlist (which arms the flag by a read-modify-write), look again, sleep.
// The waking side:    change what the sleepers look at by a seq_cst read-modify-write, then load
//                     the flag; if it is armed, wake_one.
// All four accesses are seq_cst, so at least one side sees the other. Hence no wake is lost, and no
// fence is needed (Dekker's pattern; the flag stands on the cache line that the waker has just
// changed).
//
// Invariants. A waker disarms the flag, so there is one wake under way for each arming, however
// many changes there are to wake for. A waiter that was woken arms the flag again for those behind
// it when it leaves, and looks on their behalf. If the room is not empty, the flag is armed, or a
// waiter that was woken has yet to leave or to enlist again. A wake is permission to look, never an
// item.
//
// Threads: any thread may call any member; a waiter belongs to its owner. Progress: the room's lock
// is held for a few instructions, and never while user code runs. Allocates nothing. Every member
// is O(1), except wake_all.
#ifndef CONQ_WAITING_WAITING_ROOM_HPP
#define CONQ_WAITING_WAITING_ROOM_HPP

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "conq/contract/resumer.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/lock.hpp"

namespace conq {

/// Tells whether a waiter may sleep. Buffers store it beside the word that the wakers change.
template <class Platform> struct wake_flag {
    /// 1: an enlisted waiter may be asleep, and no wake is under way.
    typename Platform::template atomic<std::uint32_t> armed{0};

    /// For the waking side, after its read-modify-write. Non-blocking.
    [[nodiscard]] CONQ_HOT bool is_armed() const noexcept { return armed.load() != 0; }
};

/// One waiter, for one wait: the room's links beside the resumer that wakes it. Once it has left a
/// room it is not used again. See resumer for how long it must live.
template <class Platform> struct waiter {
    /// The type of members that only the holder of the room's lock touches.
    template <class T> using plain = typename Platform::template plain<T>;
    /// The resumer that a wake resumes.
    resumer<Platform>* who;
    /// For the owner: whether a queue counts this waiter among those that have no timer.
    bool is_untimed = false;
    /// For the room only, under its lock.
    plain<waiter*> previous = nullptr;
    plain<waiter*> next = nullptr;
    plain<bool> listed = false;
    plain<bool> was_woken = false;  // since it entered; if so, it enlists again at the front

    /// Not in a room yet.
    explicit waiter(resumer<Platform>& resumed) noexcept : who(&resumed) {}
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
};

/// The room: see the head of this file.
template <class Platform> class waiting_room {
public:
    /// The flag that the room arms, and the waiters that may enter.
    using flag = wake_flag<Platform>;
    using waiter_type = waiter<Platform>;

    waiting_room() = default;
    waiting_room(const waiting_room&) = delete;
    waiting_room& operator=(const waiting_room&) = delete;
#if CONQ_CHECKED
    ~waiting_room() {
        if (first_ != nullptr || called_ != nullptr)
            abort_with("a queue was destroyed while somebody waits on it");
    }
#endif

    /// Enters the room, or stays in it, and arms the flag. A waiter that was woken and found
    /// nothing was first, so it becomes the first again. The caller must look once more before it
    /// sleeps. Returns whether the waiter is now the first.
    bool enlist(waiter_type& who, flag& wake) noexcept {
        const std::lock_guard held(lock_);
        if (!who.listed) {
            who.listed = true;
            if (who.was_woken) {
                who.who->rearm();
                push_front(who);
            } else {
                push_back(who);
            }
        }
        wake.armed.exchange(1);
        return first_ == &who;
    }

    /// Leaves the room. True if this waiter was woken since it entered, even if it has enlisted
    /// again, and others wait. Then the flag is armed again, and the caller must look on behalf of
    /// the others and wake one of them if there is something to find.
    [[nodiscard]] bool leave(waiter_type& who, flag& wake) noexcept {
        const std::lock_guard held(lock_);
        if (who.listed) unlink(who);
        if (!who.was_woken || first_ == nullptr) return false;
        wake.armed.exchange(1);
        return true;
    }

    /// Wakes the first waiter, if the flag is still armed.
    CONQ_COLD void wake_one(flag& wake) noexcept {
        if (wake.armed.exchange(0) != 0 && !wake_first(called_))
            static_cast<void>(wake_first(first_));
    }

    /// Wakes all waiters that are in the room when the call begins. One that comes back meanwhile
    /// is not woken again. O(waiters).
    CONQ_COLD void wake_all() noexcept {
        {
            const std::lock_guard held(lock_);
            if (first_ != nullptr) {
                last_->next = called_;
                if (called_ != nullptr) called_->previous = last_;
                called_ = std::exchange(first_, nullptr);
                last_ = nullptr;
            }
        }
        while (wake_first(called_)) {
        }
    }

private:
    template <class U> using plain = typename Platform::template plain<U>;

    bool wake_first(const plain<waiter_type*>& list) noexcept {
        lock_.lock();
        waiter_type* const woken = list;
        if (woken == nullptr) {
            lock_.unlock();
            return false;
        }
        unlink(*woken);
        woken->was_woken = true;
        resumer<Platform>* const who = woken->who;
        const auto notify = who->mark_resumed();  // the owner takes the lock before it goes
        lock_.unlock();
        notify(who);  // a thread's resumer may be gone by now: only its address is used
        return true;
    }

    void push_front(waiter_type& who) noexcept {
        who.previous = nullptr;
        who.next = first_;
        (first_ != nullptr ? first_->previous : last_) = &who;
        first_ = &who;
    }
    void push_back(waiter_type& who) noexcept {
        who.next = nullptr;
        who.previous = last_;
        (last_ != nullptr ? last_->next : first_) = &who;
        last_ = &who;
    }
    void unlink(waiter_type& who) noexcept {
        if (who.previous != nullptr) {
            who.previous->next = who.next;
        } else {
            (first_ == &who ? first_ : called_) = who.next;
        }
        if (who.next != nullptr) {
            who.next->previous = who.previous;
        } else if (last_ == &who) {
            last_ = who.previous;
        }
        who.listed = false;
    }

    platform::futex_lock<Platform> lock_;
    plain<waiter_type*> first_ = nullptr;  // from here on under the lock
    plain<waiter_type*> last_ = nullptr;
    plain<waiter_type*> called_ = nullptr;  // the waiters that a wake_all has still to wake
};

}  // namespace conq

#endif

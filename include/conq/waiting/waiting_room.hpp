// SPDX-License-Identifier: BSL-1.0
// A room of waiters, first come, first served, and the flag that tells whether anybody is in it.
// It knows no queue.
//
// The sleeping side:  enlist (which arms the flag by a read-modify-write), look again, sleep.
// The waking side:    change what the sleepers look at by a seq_cst read-modify-write, then load
//                     the flag; if it is armed, wake_one.
// All four are seq_cst, so at least one side sees the other: no wake is lost, and a fence is not
// needed (Dekker's pattern; the flag stands on the line that the waker has just changed).
//
// Invariants. A waker takes the flag away, so one wake is under way for each arming, however much
// there is to wake for; whoever was woken arms it again for those behind him when he leaves, and
// looks for them. Room not empty => flag armed, or a waiter that was woken has yet to leave or to
// enlist again. A wake is permission to look, never an item.
//
// Threads: all members may be called from any thread; a waiter belongs to its owner. Progress: the
// room's lock is held for a few instructions and never while foreign code runs. Allocates nothing;
// every member but wake_all is O(1).
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

/// Whether somebody sleeps. Buffers carry it beside the word that the wakers change.
template <class Platform> struct wake_flag {
    /// 1: an enlisted waiter may sleep, and no wake is under way.
    typename Platform::template atomic<std::uint32_t> armed{0};

    /// For the waking side, after its read-modify-write.
    [[nodiscard]] CONQ_HOT bool is_armed() const noexcept { return armed.load() != 0; }
};

/// Somebody in a room: the room's links beside the resumer. See resumer for who keeps it alive.
template <class Platform> struct waiter {
    /// What only the holder of the room's lock touches.
    template <class T> using plain = typename Platform::template plain<T>;
    /// Who is resumed.
    resumer<Platform>* who;
    /// Its owner's: whether a queue counts it among those who have no timer.
    bool is_untimed = false;
    /// The room's own, under its lock.
    plain<waiter*> previous = nullptr;
    plain<waiter*> next = nullptr;
    plain<bool> listed = false;
    plain<bool> was_woken = false;  // since it entered: it stands first when it enlists again

    /// In no room yet.
    explicit waiter(resumer<Platform>& resumed) noexcept : who(&resumed) {}
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
};

/// The room: see above.
template <class Platform> class waiting_room {
public:
    /// The flag that it arms, and who may enter.
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

    /// Enters, or stays, and arms the flag. One that was woken and found nothing was first and
    /// stands first again. The caller has to look once more before it sleeps. Whether it stands
    /// first.
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

    /// Leaves. True if this one was woken since it entered, though it may have enlisted again, and
    /// others wait: the flag is armed again and the caller must look on their behalf, and wake one
    /// of them if there is something for them.
    [[nodiscard]] bool leave(waiter_type& who, flag& wake) noexcept {
        const std::lock_guard held(lock_);
        if (who.listed) unlink(who);
        if (!who.was_woken || first_ == nullptr) return false;
        wake.armed.exchange(1);
        return true;
    }

    /// Wakes the first, if the flag is still armed.
    CONQ_COLD void wake_one(flag& wake) noexcept {
        if (wake.armed.exchange(0) != 0 && !wake_first(called_))
            static_cast<void>(wake_first(first_));
    }

    /// Wakes everybody who is in the room when it begins, and nobody a second time who comes back.
    /// O(waiters).
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
        const auto notify = who->mark_resumed();  // the owner passes the lock before it goes
        lock_.unlock();
        notify(who);  // for a thread, no more than an address by now
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
    plain<waiter_type*> first_ = nullptr;  // under the lock from here on
    plain<waiter_type*> last_ = nullptr;
    plain<waiter_type*> called_ = nullptr;  // whom a wake_all is waking: the rest of a list
};

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// The count of finished items, and the joiners that wait until it equals the count of items put. It
// knows no queue: it gets the number of puts from a callable.
//
// unfinished = puts - dones, so a put pays nothing for accounting. There is one exact counter of
// dones. It is changed by CAS, never added to and then corrected: at no instant does it show a
// wrong count.
//
// Invariants. dones <= puts, and both only grow. The bit `joining` is set while a joiner is listed,
// and a done that makes the two counts equal while the bit is set releases all joiners.
//
// Destroying the queue after join. A done that cannot end a joiner's wait makes its last access by
// its CAS. One that can end it counts under the lock. A join does not return before it has either
// taken that lock or been resumed, which happens after the unlock. So no done touches a queue that
// is gone.
//
// Threads: any. Progress: `done` is lock-free, except for a done that may release a joiner, which
// takes a lock for a few instructions; `join` waits. Allocates nothing. O(1), except that a release
// is O(joiners).
#ifndef CONQ_ACCOUNTING_TASK_COUNT_HPP
#define CONQ_ACCOUNTING_TASK_COUNT_HPP

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "conq/contract/resumer.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/platform/lock.hpp"

namespace conq {

/// One joiner: a link beside the resumer that wakes it. See resumer for how long it must live.
template <class Platform> struct joiner {
    /// The resumer to resume, and the joiner that was listed before this one.
    resumer<Platform>* who;
    typename Platform::template plain<joiner*> next = nullptr;

    /// Not listed yet.
    explicit joiner(resumer<Platform>& resumed) noexcept : who(&resumed) {}
    joiner(const joiner&) = delete;
    joiner& operator=(const joiner&) = delete;
};

/// The count of dones, and the joiners that wait until it equals the count of puts.
template <class Platform> class task_count {
public:
    /// The joiners that may be listed.
    using joiner_type = joiner<Platform>;

    task_count() = default;
    task_count(const task_count&) = delete;
    task_count& operator=(const task_count&) = delete;
#if CONQ_CHECKED
    ~task_count() {
        if (joiners_ != nullptr) abort_with("a queue was destroyed while somebody joins it");
    }
#endif

    /// Counts n finished items. `puts()` returns the exact number of items put. `were_put(k)` is a
    /// cheap test: true only if at least k items were put, for example because k were taken; false
    /// if it cannot tell. Throws std::logic_error, and changes nothing, if there would be more
    /// dones than puts.
    template <class WerePut, class Puts>
    CONQ_HOT void done(std::uint64_t n, WerePut were_put, Puts puts) {
        // (1) relaxed: the CAS decides whether this value is the current one
        std::uint64_t word = word_.load(std::memory_order_relaxed);  // (1)
        for (;;) {
            const std::uint64_t after = (word >> 1) + n;  // less than n: it has overflowed
            if ((word & joining) != 0 || after < n || !were_put(after)) [[unlikely]] {
                return done_slow(n, puts);
            }
            // Fewer dones than items taken, and no joiner: whoever joins later sees this done.
            if (word_.compare_exchange_weak(word, word + 2 * n, std::memory_order_seq_cst,
                                            std::memory_order_relaxed)) {  // (2) relaxed: as (1)
                return;
            }
        }
    }

    /// Lists a joiner, to be resumed when all items are done. False: all are done already, and the
    /// joiner was not listed.
    template <class Puts> [[nodiscard]] bool enlist(joiner_type& who, Puts puts) noexcept {
        const std::lock_guard held(lock_);
        // The dones are read first. Both counts only grow, so if they are equal, the difference was
        // 0 at the instant when the puts were read. In the other order they could be found equal
        // without having been so.
        const std::uint64_t done = word_.fetch_or(joining) >> 1;
        if (done == puts()) {
            if (joiners_ == nullptr) word_.fetch_and(~joining);
            return false;
        }
        who.next = joiners_;
        joiners_ = &who;
        return true;
    }

    /// Takes a joiner off the list. False: it was resumed, or is being resumed right now.
    [[nodiscard]] bool leave(joiner_type& who) noexcept {
        const std::lock_guard held(lock_);
        list* link = &joiners_;
        while (*link != nullptr && *link != &who) link = &(*link)->next;
        if (*link == nullptr) return false;
        *link = who.next;
        if (joiners_ == nullptr) word_.fetch_and(~joining);
        return true;
    }

    /// Looks once: ok if all items are done; busy if not, or if a done or another joiner holds the
    /// lock right now. Non-blocking.
    template <class Puts> [[nodiscard]] status try_join(Puts puts) noexcept {
        if (!lock_.try_lock()) return status::busy;
        const std::uint64_t done = dones();  // before the puts, as in enlist
        const bool all_done = done == puts();
        lock_.unlock();
        return all_done ? status::ok : status::busy;
    }

    /// The number of items done.
    [[nodiscard]] std::uint64_t dones() const noexcept { return word_.load() >> 1; }

private:
    using list = typename Platform::template plain<joiner_type*>;
    static constexpr std::uint64_t joining = 1;  // in word_: dones << 1 | joining

    [[noreturn]] CONQ_COLD static void fail_too_many() {
        platform::throw_or_abort(std::logic_error(
            "conq: task_done() was called for more items than were put: call it once for each "
            "item that get() returned, and not at all for leases"));
    }

    template <class Puts> CONQ_COLD void done_slow(std::uint64_t n, Puts puts) {
        std::uint64_t word = word_.load();
        for (;;) {
            const std::uint64_t after = (word >> 1) + n, put = puts();
            // `word` is read before `put` and both only grow, so this is a real error, not one of
            // timing.
            if (after > put || after < n) fail_too_many();
            if ((word & joining) != 0 && after == put) return done_last(n, puts);
            // puts() cannot fall: this done leaves something unfinished, or there is no joiner yet.
            if (word_.compare_exchange_weak(word, word + 2 * n)) return;
        }
    }

    // For a done that may release the joiners.
    template <class Puts> CONQ_COLD void done_last(std::uint64_t n, Puts puts) {
        joiner_type* released = nullptr;
        {
            const std::lock_guard held(lock_);
            std::uint64_t word = word_.load();
            do {
                if ((word >> 1) + n > puts()) fail_too_many();
            } while (!word_.compare_exchange_weak(word, word + 2 * n));
            if ((word >> 1) + n == puts()) {  // the difference was 0 at this very load
                released = std::exchange(joiners_, nullptr);
                word_.fetch_and(~joining);
            }
        }  // the last access to the queue: the joiners' nodes are not part of it
        while (released != nullptr) {
            joiner_type* const next = released->next;
            resume(*released->who);
            released = next;
        }
    }

    typename Platform::template atomic<std::uint64_t> word_{0};
    platform::futex_lock<Platform> lock_;
    list joiners_ = nullptr;  // under the lock
};

}  // namespace conq

#endif

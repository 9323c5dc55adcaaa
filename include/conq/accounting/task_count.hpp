// SPDX-License-Identifier: BSL-1.0
// The count of finished items and those who wait for it to meet the count of items put. It knows no
// queue: the number of puts comes in as a callable.
//
// unfinished = puts - dones, so put pays nothing for accounting. One exact counter, changed by CAS,
// never added to and undone: no instant shows a wrong count.
//
// Invariants. dones <= puts; both only grow. The bit `joining` is set while a joiner is listed, and
// a done that makes the two equal while the bit is set releases all joiners.
//
// Join, then destroy. A done that cannot end the wait of a joiner ends with its CAS. One that can
// counts under the lock, and join never returns without having passed that lock, or by a resumer
// that is set after the unlock: no done touches a queue that is gone.
//
// Threads: any. Progress: `done` is lock-free but for the done that may release a joiner, which
// takes a lock for a few instructions; `join` waits. Allocates nothing. O(1) but for O(joiners) on
// release.
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

/// Somebody who joins: a link beside the resumer. See resumer for who keeps it alive.
template <class Platform> struct joiner {
    /// Who is resumed, and whom the count has listed before it.
    resumer<Platform>* who;
    typename Platform::template plain<joiner*> next = nullptr;

    /// Not listed yet.
    explicit joiner(resumer<Platform>& resumed) noexcept : who(&resumed) {}
    joiner(const joiner&) = delete;
    joiner& operator=(const joiner&) = delete;
};

/// The count of dones, and the joiners that wait for it to meet the puts.
template <class Platform> class task_count {
public:
    /// Who may be listed.
    using joiner_type = joiner<Platform>;

    task_count() = default;
    task_count(const task_count&) = delete;
    task_count& operator=(const task_count&) = delete;
#if CONQ_CHECKED
    ~task_count() {
        if (joiners_ != nullptr) abort_with("a queue was destroyed while somebody joins it");
    }
#endif

    /// Counts n finished items. `puts()` is the exact number of items put; `were_put(k)` says
    /// cheaply whether at least k were, such as by the number of items taken, or does not know it.
    /// Throws std::logic_error, and changes nothing, if there would be more dones than puts.
    template <class WerePut, class Puts>
    CONQ_HOT void done(std::uint64_t n, WerePut were_put, Puts puts) {
        // (1) relaxed: the CAS decides whether it was right
        std::uint64_t word = word_.load(std::memory_order_relaxed);  // (1)
        for (;;) {
            const std::uint64_t after = (word >> 1) + n;  // less than n: it has wrapped
            if ((word & joining) != 0 || after < n || !were_put(after)) [[unlikely]] {
                return done_slow(n, puts);
            }
            // Fewer dones than items taken, and nobody joins: who joins later sees this done.
            if (word_.compare_exchange_weak(word, word + 2 * n, std::memory_order_seq_cst,
                                            std::memory_order_relaxed)) {  // (2) relaxed: as (1)
                return;
            }
        }
    }

    /// Registers somebody to be resumed when all is done. False: all is done already, and nothing
    /// was registered.
    template <class Puts> [[nodiscard]] bool enlist(joiner_type& who, Puts puts) noexcept {
        const std::lock_guard held(lock_);
        // Dones are read first. Both counts only grow, so equal means that the difference was 0 at
        // the instant when the puts were read. The other order could be fooled.
        const std::uint64_t done = word_.fetch_or(joining) >> 1;
        if (done == puts()) {
            if (joiners_ == nullptr) word_.fetch_and(~joining);
            return false;
        }
        who.next = joiners_;
        joiners_ = &who;
        return true;
    }

    /// Takes a registration back. False: it has been, or is just being, resumed.
    [[nodiscard]] bool leave(joiner_type& who) noexcept {
        const std::lock_guard held(lock_);
        list* link = &joiners_;
        while (*link != nullptr && *link != &who) link = &(*link)->next;
        if (*link == nullptr) return false;
        *link = who.next;
        if (joiners_ == nullptr) word_.fetch_and(~joining);
        return true;
    }

    /// ok if all is done; busy if not, or if a done or somebody who joins has the lock right now.
    /// Non-blocking.
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
            // `word` is read before `put` and both only grow, so this is no error of timing.
            if (after > put || after < n) fail_too_many();
            if ((word & joining) != 0 && after == put) return done_last(n, puts);
            // puts() cannot fall: this done leaves something unfinished, or nobody joins yet.
            if (word_.compare_exchange_weak(word, word + 2 * n)) return;
        }
    }

    // A done that may release the joiners.
    template <class Puts> CONQ_COLD void done_last(std::uint64_t n, Puts puts) {
        joiner_type* released = nullptr;
        {
            const std::lock_guard held(lock_);
            std::uint64_t word = word_.load();
            do {
                if ((word >> 1) + n > puts()) fail_too_many();
            } while (!word_.compare_exchange_weak(word, word + 2 * n));
            if ((word >> 1) + n == puts()) {  // zero at this very load
                released = std::exchange(joiners_, nullptr);
                word_.fetch_and(~joining);
            }
        }  // the last access to the queue; the joiners' nodes are their own
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

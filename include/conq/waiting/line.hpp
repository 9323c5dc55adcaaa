// SPDX-License-Identifier: BSL-1.0
// A line of calls that wait for a partner, first come, first served. It knows no queue.
//
// Each waiting call stands in the line as a guest. Either a partner claims the guest or the guest
// gives up. Both do it by one compare-and-swap on the guest, so exactly one of the two happens. A
// guest that was claimed gets an answer and waits for it, whatever its deadline. A guest that has
// given up leaves the line, under its lock, before it ends.
//
// Invariants. A guest in the line is waiting or has just given up. The answer is the claimant's
// last access to the guest, whose owner may be gone once it is resumed.
//
// Threads: the owner of the line has a lock, under which all members of `line` are called. A guest
// belongs to its owner, except for `claim` and `answer`. Progress: nothing here waits or allocates.
// O(1), plus one step for each guest that has given up and not yet left; O(guests) for a guest that
// comes back.
#ifndef CONQ_WAITING_LINE_HPP
#define CONQ_WAITING_LINE_HPP

#include <atomic>
#include <cstdint>

#include "conq/contract/resumer.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"

namespace conq {

/// One waiting call: its links in the line, and its fate, beside the resumer that wakes it. See
/// resumer for how long it must live.
template <class Platform> class guest {
public:
    /// Not in a line yet.
    explicit guest(resumer<Platform>& resumed) noexcept : who_(&resumed) {}
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    /// For a partner, under the line's lock. True: the caller must answer it. False: it has given
    /// up.
    [[nodiscard]] bool claim() noexcept { return becomes(claimed); }
    /// For the owner. False: a partner has claimed it, and its answer is there or on its way.
    [[nodiscard]] bool give_up() noexcept { return becomes(gone); }

    /// For the partner that has claimed it: answers and resumes it. `busy` means that it must look
    /// again.
    void answer(status what) noexcept {
        answer_ = what;
        resume(*who_);
    }
    /// For the owner, after it was resumed: the answer.
    [[nodiscard]] status answered() const noexcept { return answer_; }
    /// For the owner, after the guest has left the line: makes it ready to stand in the line again.
    void come_back() noexcept {
        who_->rearm();
        fate_.store(waits);
    }

private:
    template <class P> friend class line;
    template <class U> using plain = typename Platform::template plain<U>;

    bool becomes(std::uint32_t next) noexcept {
        std::uint32_t expected = waits;
        return fate_.compare_exchange_strong(expected, next);
    }

    static constexpr std::uint32_t waits = 0, claimed = 1, gone = 2;
    resumer<Platform>* who_;
    typename Platform::template atomic<std::uint32_t> fate_{waits};
    plain<status> answer_ = status::busy;  // belongs to the claimant until it resumes the owner
    plain<guest*> previous_ = nullptr;     // from here on under the lock
    plain<guest*> next_ = nullptr;
    plain<std::uint64_t> number_ = 0;  // its place by order of arrival; 0: none yet
    plain<bool> is_listed_ = false;
};

/// The line: see the head of this file.
template <class Platform> class line {
public:
    /// The guests that stand in it.
    using guest_type = guest<Platform>;

    line() = default;
    line(const line&) = delete;
    line& operator=(const line&) = delete;
#if CONQ_CHECKED
    ~line() {
        if (first_ != nullptr) abort_with("a queue was destroyed while somebody waits on it");
    }
#endif

    /// Adds a guest at the end, or at its old place if it comes back. From now on it may be
    /// claimed.
    void enlist(guest_type& who) noexcept {
        if (who.number_ == 0) who.number_ = ++arrivals_;
        guest_type* before = last_;
        while (before != nullptr && before->number_ > who.number_) before = before->previous_;
        who.previous_ = before;
        who.next_ = before != nullptr ? before->next_ : first_;
        (who.previous_ != nullptr ? who.previous_->next_ : first_) = &who;
        (who.next_ != nullptr ? who.next_->previous_ : last_) = &who;
        who.is_listed_ = true;
    }

    /// Removes a guest that has given up, unless claim_first has removed it already.
    void leave(guest_type& who) noexcept {
        if (who.is_listed_) unlink(who);
    }

    /// Claims the first guest that has not given up, and removes it. Null if there is none.
    [[nodiscard]] guest_type* claim_first() noexcept {
        while (first_ != nullptr) {
            guest_type* const first = first_;
            unlink(*first);
            if (first->claim()) return first;
        }
        return nullptr;
    }

    /// Whether no guest stands in the line.
    [[nodiscard]] bool is_empty() const noexcept { return first_ == nullptr; }

private:
    using link = typename Platform::template plain<guest_type*>;

    void unlink(guest_type& who) noexcept {
        (who.previous_ != nullptr ? who.previous_->next_ : first_) = who.next_;
        (who.next_ != nullptr ? who.next_->previous_ : last_) = who.previous_;
        who.is_listed_ = false;
    }

    link first_ = nullptr;
    link last_ = nullptr;
    typename Platform::template plain<std::uint64_t> arrivals_ = 0;
};

}  // namespace conq

#endif

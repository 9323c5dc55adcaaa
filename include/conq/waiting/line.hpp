// SPDX-License-Identifier: BSL-1.0
// A line of calls that wait for a partner, first come, first served. It knows no queue.
//
// Who stands in line is claimed by a partner, or gives up: each by one compare-and-swap on the
// guest, so exactly one of the two happens. Who was claimed gets an answer, and waits for it
// whatever its deadline; who has given up leaves the line, by its lock, before the guest ends.
//
// Invariants. A guest in the line waits or has just given up. The answer is the claimant's last
// access to the guest, whose owner may be gone once it is resumed.
//
// Threads: the members of a line are called under one lock, that of whoever owns the line; a guest
// belongs to its owner, but for `claim` and `answer`. Progress: nothing here waits. Allocates
// nothing. O(1), but for those who have given up and not left yet, and O(guests) to come back.
#ifndef CONQ_WAITING_LINE_HPP
#define CONQ_WAITING_LINE_HPP

#include <atomic>
#include <cstdint>

#include "conq/contract/resumer.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"

namespace conq {

/// Somebody in a line: its links and its fate beside the resumer. See resumer for who keeps it
/// alive.
template <class Platform> class guest {
public:
    /// In no line yet.
    explicit guest(resumer<Platform>& resumed) noexcept : who_(&resumed) {}
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    /// For a partner, under the line's lock: it has to be answered. False: it has given up.
    [[nodiscard]] bool claim() noexcept { return becomes(claimed); }
    /// For the owner: false if it has been claimed; then the answer is on its way, or there.
    [[nodiscard]] bool give_up() noexcept { return becomes(gone); }

    /// For whoever has claimed it; `busy` says that it has to look again.
    void answer(status what) noexcept {
        answer_ = what;
        resume(*who_);
    }
    /// For the owner, once it was resumed.
    [[nodiscard]] status answered() const noexcept { return answer_; }
    /// For the owner, who has left the line: ready to stand in it again.
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
    plain<status> answer_ = status::busy;  // the claimant's until it resumes the owner
    plain<guest*> previous_ = nullptr;     // under the lock from here on
    plain<guest*> next_ = nullptr;
    plain<std::uint64_t> number_ = 0;  // of its arrival; 0: it has not come yet
    plain<bool> is_listed_ = false;
};

/// The line: see above.
template <class Platform> class line {
public:
    /// Who may stand in it.
    using guest_type = guest<Platform>;

    line() = default;
    line(const line&) = delete;
    line& operator=(const line&) = delete;
#if CONQ_CHECKED
    ~line() {
        if (first_ != nullptr) abort_with("a queue was destroyed while somebody waits on it");
    }
#endif

    /// Stands at the end, or at its old place if it comes back. From now on it may be claimed.
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

    /// Takes away one that has given up.
    void leave(guest_type& who) noexcept {
        if (who.is_listed_) unlink(who);
    }

    /// The first that has not given up, claimed and taken away; null if there is none.
    [[nodiscard]] guest_type* claim_first() noexcept {
        while (first_ != nullptr) {
            guest_type* const first = first_;
            unlink(*first);
            if (first->claim()) return first;
        }
        return nullptr;
    }

    /// Whether nobody stands in it.
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

// SPDX-License-Identifier: BSL-1.0
// A chain of segments: strict FIFO, linearizable, for many producers and consumers, with no bound
// or one that may change. It never waits, and knows nothing of sleeping or of task counting.
//
// Two words govern it: tail (index of the next put) and head (index of the next get). Both only
// move forward, by a seq_cst CAS. Item i is in slot i % S of segment i / S. Beside each word, on
// its cache line, stand a bound and a segment:
//     a put may claim index p only while p < room, and writes through the last segment;
//     a get may claim index p only while slot p is known to be published, through the first
//     segment.
// Bound and segment change only under the lock, and only while the index stands still at the bound.
// So one CAS on the index proves that both were right: if it succeeds, the index has not moved
// since its guess was stored (guessed_word.hpp), and therefore neither has the segment that belongs
// to it.
//
// A thread that holds no ticket in a segment may look into that segment in two cases only:
//   * it holds the lock (segments are unlinked under it), or
//   * the segment is a resident: one of a few that live as long as the queue. A stale look at one
//     is harmless, because the CAS that follows fails. Short queues run on residents alone: two
//     compare-and-swaps for a put and get, and no allocation.
// All others are guests, made when the backlog outgrows the residents, and freed as soon as all
// their slots are marked as taken. A consumer does not look into a guest before its claim, and it
// may not wait after it: so it claims below `limit`, which the holder of the lock moves over
// published slots.
//
// It gives the promises B1 to B5 of a buffer (ARCHITECTURE.md). No published algorithm: linked
// segments as in many queues, with a bound and a segment that one CAS on the index proves right.
//
// Threads: any. Progress: non-blocking; the answer is `busy` while the slot that a call needs is
// claimed and not yet published, and while another thread changes segments. If there is no spare
// segment, a put allocates one (about 4 KiB), before its claim and outside the lock. O(1), except
// at the ends of segments. A thread that dies in the middle of a call leaves such a slot, or the
// lock, for good.
#ifndef CONQ_BUFFERS_SEGMENTS_HPP
#define CONQ_BUFFERS_SEGMENTS_HPP

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include "conq/buffers/guessed_word.hpp"
#include "conq/buffers/storable.hpp"
#include "conq/contract/limits.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/config.hpp"
#include "conq/platform/lock.hpp"
#include "conq/platform/standard.hpp"

namespace conq {

/// A buffer that grows and shrinks with its backlog: see the head of this file.
template <class T, class Traits, class PutCargo, class GetCargo>
    requires lock_free_storable<T, typename Traits::template allocator<T>>
class segments {
    using platform_type = typename Traits::platform;
    template <class U> using atomic = typename platform_type::template atomic<U>;

public:
    /// What allocates the segments.
    using allocator_type = typename Traits::template allocator<T>;
    /// No lock is held while an item is put or taken.
    static constexpr bool is_locked = false;

    /// The capacity is from 1 to limits::maxsize_max, or 0 for no bound. Allocates nothing.
    explicit segments(std::uint64_t capacity, const allocator_type& allocator = allocator_type())
        : allocator_(allocator), capacity_(capacity) {}
    segments(const segments&) = delete;
    segments& operator=(const segments&) = delete;

    ~segments() {
        each_slot(
            [this](slot& full) { item_life<T, allocator_type>::end(allocator_, full.item()); });
        for (segment* list : {oldest_, pool_, spare_}) free_all(list);
    }
    /// A copy of the allocator.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

    /// Puts one item: ok, full, busy or shut_down. `source(address)` makes the item and must not
    /// throw. Throws what the allocator throws; then nothing was put.
    template <class Source> [[nodiscard]] CONQ_COLD status try_put(const Source& source) {
        std::uint64_t put = 0;
        return try_put_some(source, 1, put);
    }
    /// Puts the item if the last segment has room and no other thread interferes. False: nothing
    /// was done; try_put says why. It passes `source` only to functions that are inlined.
    template <class Source> [[nodiscard]] CONQ_HOT bool put_at_once(const Source& source) noexcept {
        const std::uint64_t word = tail_.guessed();
        const std::uint64_t p = word >> index_shift, after = word + one;
        const std::uint64_t room = tail_.room.load(std::memory_order_acquire);  // (2) with (12)
        if ((word & closed) != 0 || p >= room) [[unlikely]]
            return false;
        // (5) relaxed: (2) has made visible the segment that belongs to this room
        segment* const into = tail_.last.load(std::memory_order_relaxed);  // (5)
        if (!tail_.claim(word, after)) [[unlikely]] {
            back_off();
            return false;
        }
        fill(*into, p, source);
        tail_.settle(after);
        return true;
    }

    /// Puts up to `most` items (at least 1), as many as the last segment has room for, by one CAS,
    /// and adds their number to `count`. ok if it put any; else the reason. Calls `source` for each
    /// item, in order. Throws as try_put does.
    template <class Source>
    [[nodiscard]] status try_put_some(const Source& source, std::uint64_t most,
                                      std::uint64_t& count) {
        for (;;) {
            std::uint64_t word = tail_.look();
            if ((word & closed) != 0) return status::shut_down;
            const std::uint64_t p = word >> index_shift;
            const std::uint64_t room =
                tail_.room.load(std::memory_order_acquire);  // (21) with (12)
            if (p >= room) {
                if (const status made = make_room(); made != status::ok) return made;
                continue;
            }
            // (22) relaxed: (21) has made visible the segment that belongs to this room
            segment* const into = tail_.last.load(std::memory_order_relaxed);  // (22)
            const std::uint64_t end = p + limits::smaller(most, room - p);
            const std::uint64_t after = word + (end - p) * one;
            if (tail_.word.compare_exchange_strong(word, after)) {
                for (std::uint64_t at = p; at != end; ++at) fill(*into, at, source);
                tail_.settle(after);
                count += end - p;
                return status::ok;
            }
            platform_type::pause(lost_pauses);
        }
    }

    /// Takes one item: ok, empty, busy, or shut_down (no items are left). `sink(item)` moves the
    /// item out.
    template <class Sink> [[nodiscard]] CONQ_COLD status try_get(const Sink& sink) noexcept {
        std::uint64_t got = 0;
        return try_get_some(sink, 1, got);
    }
    /// Takes an item if there is one and no other thread interferes; otherwise as put_at_once.
    template <class Sink> [[nodiscard]] CONQ_HOT bool get_at_once(const Sink& sink) noexcept {
        // A thread that sees index p also sees, as `first`, the segment of item p - 1 or a newer
        // one. An older one would do harm: recycled, it may hold item p in its next life, and a
        // claim through it would move the head out of its segment unnoticed.
        const std::uint64_t p = head_.guessed(), after = p + 1;
        // The limit is read before the segment, because it vouches for that segment.
        const std::uint64_t limit = head_.limit.load(std::memory_order_acquire);  // (11) with (15)
        const std::uintptr_t tagged =
            head_.first.load(std::memory_order_acquire);  // (13) with (16)
        segment* const from = segment_of(tagged);
        // A resident may be looked into without a ticket: if the look is stale, the slot shows
        // another lap, or the CAS fails.
        if (!(is_resident(tagged) ? is_published(*from, p) : p < limit)) [[unlikely]] {
            return false;
        }
        if (!head_.claim(p, after)) [[unlikely]] {
            back_off();
            return false;
        }
        drain(*from, p, sink);
        head_.settle(after);
        return true;
    }

    /// Takes up to `most` items (at least 1), as many as are known to be published in a row in the
    /// first segment, by one CAS, and adds their number to `count`. ok if it took any; else the
    /// reason. Calls `sink` for each item, in order.
    template <class Sink>
    [[nodiscard]] status try_get_some(const Sink& sink, std::uint64_t most,
                                      std::uint64_t& count) noexcept {
        std::uint64_t p = head_.look();
        for (;;) {
            // The limit is read before the segment, as in get_at_once.
            const std::uint64_t limit =
                head_.limit.load(std::memory_order_acquire);  // (23) with (15)
            const std::uintptr_t tagged =
                head_.first.load(std::memory_order_acquire);  // (24) with (16)
            segment* const from = segment_of(tagged);
            const std::uint64_t end = is_resident(tagged) ? end_of_published(*from, p, most)
                                                          : limits::smaller(limit, p + most);
            if (end <= p) {
                if (const status answer = not_ready(p, tagged); answer != status::ok) return answer;
                continue;
            }
            std::uint64_t head = p;
            if (head_.word.compare_exchange_strong(head, end)) {
                for (std::uint64_t at = p; at != end; ++at) drain(*from, at, sink);
                head_.settle(end);
                count += end - p;
                return status::ok;
            }
            platform_type::pause(lost_pauses);
            p = head_.look();
        }
    }

    /// B2: whether there is room. A claimed slot counts as taken. True if closed.
    [[nodiscard]] bool can_put() const noexcept {
        const std::uint64_t bound = capacity();
        return is_closed() || bound == 0 || size() < bound;
    }
    /// B2: whether there is an item. Claimed ones do not count. True if closed.
    [[nodiscard]] bool can_get() const noexcept {
        const std::uint64_t head = gets();
        return head != puts() || is_closed();
    }
    /// Whether the next put (or get) need not wait, as far as the indices tell. A hint.
    [[nodiscard]] bool put_is_ready() const noexcept { return can_put(); }
    [[nodiscard]] bool get_is_ready() const noexcept {
        const std::uint64_t p = gets();
        const std::uint64_t end = head_.end.load();
        const std::uintptr_t tagged =
            head_.first.load(std::memory_order_acquire);  // (19) with (16)
        const bool is_within = is_resident(tagged) && p < end;
        return is_within ? is_published(*segment_of(tagged), p) : can_get();
    }

    /// B3: the number of items accepted since the beginning.
    [[nodiscard]] std::uint64_t puts() const noexcept { return tail_.word.load() >> index_shift; }
    /// The number of items claimed by gets since the beginning. Never more than puts().
    [[nodiscard]] std::uint64_t gets() const noexcept { return head_.word.load(); }
    /// Whether at least n items were claimed. Tries the guess first, which the consumer has just
    /// stored, and reads the word only if the guess does not settle it.
    [[nodiscard]] bool has_given(std::uint64_t n) const noexcept {
        return head_.guessed() >= n || gets() >= n;
    }
    /// The number of items in the buffer. Exact if no thread puts or gets meanwhile.
    [[nodiscard]] std::uint64_t size() const noexcept {
        const std::uint64_t got = gets();
        return puts() - got;
    }
    /// The bound; 0 for none.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_.load(); }

    /// Changes the bound. If it is now smaller than size(), the items stay. Waits for the lock.
    void set_capacity(std::uint64_t capacity) noexcept {
        const std::lock_guard held(lock_);
        capacity_.store(capacity);
        tail_.room.store(0);  // from now on every put goes through make_room
        // A put that has read the old room fails its CAS, because the version has changed.
        std::uint64_t word = tail_.word.load();
        while (!tail_.word.compare_exchange_weak(
            word, (word & ~version_mask) | ((word + version) & version_mask))) {
        }
        static_cast<void>(tail_.look());  // so that no put guesses an older version
    }

    /// After this call returns, no put is accepted.
    void close() noexcept { tail_.word.fetch_or(closed); }
    /// Whether close() was called.
    [[nodiscard]] bool is_closed() const noexcept { return (tail_.word.load() & closed) != 0; }

    /// Frees the spare segments. Residents stay. Waits for the lock.
    void trim() noexcept {
        link unused = nullptr;
        {
            const std::lock_guard held(lock_);
            recycle(0);
            std::swap(unused, spare_);
            spares_ = 0;
        }
        free_all(unused);
    }

    /// Calls `visit(item)` for each item, in order. No thread may put or get meanwhile.
    template <class Visit> void visit_items(Visit visit) const {
        each_slot([&](slot& full) { visit(std::as_const(*full.item())); });
    }

    /// B4: the cargo on the cache line that a put (or get) has just changed.
    [[nodiscard]] PutCargo& put_cargo() noexcept { return tail_.cargo; }
    [[nodiscard]] GetCargo& get_cargo() noexcept { return head_.cargo; }

private:
    // The word of the tail is index << 8 | version of the bound (7 bits) | closed. A put would be
    // misled only if, between the store of the guess that it has read and its CAS, nothing was put
    // and the bound changed a multiple of 128 times.
    static constexpr int index_shift = 8;
    static constexpr std::uint64_t closed = 1, version = 2, version_mask = 0xfe, one = 1 << 8;
    // After a lost CAS, about 3 us: the winner keeps the cache line for a burst (measured x2 to 9).
    static constexpr int lost_pauses = 128;
    static constexpr std::uint64_t residents_max = 16;
    // Passed segments stay linked until a producer, which needs their cache lines anyway, recycles
    // them.
    static constexpr std::uint64_t passed_kept = 2;
    static constexpr std::uint64_t limit_step = 64;  // the most that one look moves a guest's limit

    struct slot {
        atomic<std::uint32_t> state{0};  // 0: free or taken; lap(p): item p is published
        alignas(T) std::byte bytes[sizeof(T)];
        [[nodiscard]] T* item() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
    };
    // About 4 KiB, so that 16 items or more share the cost of a crossing to the next segment (the
    // lock, a link, a look at the marks).
    static constexpr std::size_t slots_per_segment =
        sizeof(slot) >= 256 ? 16 : std::bit_floor(4096 / sizeof(slot));
    struct segment;
    using link = typename platform_type::template plain<segment*>;
    struct segment {
        link next = nullptr;  // under the lock
        const bool is_resident;
        slot places[slots_per_segment];
        explicit segment(bool resident) noexcept : is_resident(resident) {}
        [[nodiscard]] slot& slot_of(std::uint64_t p) noexcept {
            return places[p % slots_per_segment];
        }
    };
    using segment_allocator =
        typename std::allocator_traits<allocator_type>::template rebind_alloc<segment>;
    using allocator_traits = std::allocator_traits<segment_allocator>;

    struct alignas(cache_line_bytes) tail_side : guessed_word<platform_type> {
        PutCargo cargo;
        atomic<std::uint64_t> room{0};
        atomic<segment*> last{nullptr};
    };
    struct alignas(cache_line_bytes) head_side : guessed_word<platform_type> {  // the index
        GetCargo cargo;
        atomic<std::uint64_t> limit{0};
        atomic<std::uint64_t> end{0};     // of the first segment, as an index
        atomic<std::uintptr_t> first{0};  // tagged; 0 while there is none yet
    };

    // Differs from segment to segment, and is never 0.
    static std::uint32_t lap(std::uint64_t p) noexcept {
        return static_cast<std::uint32_t>(p / slots_per_segment & 0x7fffffff) + 1;
    }
    static std::uintptr_t tagged_of(segment* s) noexcept {
        return reinterpret_cast<std::uintptr_t>(s) | (s->is_resident ? 1u : 0u);
    }
    static segment* segment_of(std::uintptr_t tagged) noexcept {
        return reinterpret_cast<segment*>(tagged & ~std::uintptr_t{1});
    }
    static bool is_resident(std::uintptr_t tagged) noexcept { return (tagged & 1) != 0; }
    static void prefetch(segment& s, std::uint64_t p) noexcept {  // pays for small items (measured)
        if constexpr (sizeof(slot) <= 32) __builtin_prefetch(&s.slot_of(p + 8), 1);
    }

    // Ticket p keeps the segment alive: until slot p is filled, no thread can mark it as taken.
    template <class Source>
    CONQ_HOT void fill(segment& into, std::uint64_t p, const Source& source) noexcept {
        slot& target = into.slot_of(p);
        prefetch(into, p);
        source(static_cast<void*>(target.bytes));
        target.state.store(lap(p), std::memory_order_release);  // (6) with (8) and (14)
    }
    template <class Sink>
    CONQ_HOT void drain(segment& from, std::uint64_t p, const Sink& sink) noexcept {
        slot& target = from.slot_of(p);
        prefetch(from, p);
        sink(*target.item());
        item_life<T, allocator_type>::end(allocator_, target.item());
        // The mark of slot p as taken: the last access to this segment by the owner of ticket p.
        target.state.store(0, std::memory_order_release);  // (17) with (18)
    }
    // Whether item p is published. `in` is a resident, and may be as stale as in get_at_once.
    [[nodiscard]] static bool is_published(segment& in, std::uint64_t p) noexcept {
        return in.slot_of(p).state.load(std::memory_order_acquire) == lap(p);  // (8) with (6)
    }
    // The end of the row of published items that starts at p, within p's segment and at most `most`
    // long.
    [[nodiscard]] static std::uint64_t end_of_published(segment& in, std::uint64_t p,
                                                        std::uint64_t most) noexcept {
        std::uint64_t end = p;
        while (end != p + most && lap(end) == lap(p) && is_published(in, end)) ++end;
        return end;
    }

    // Calls `use(slot)` for each item in the buffer. No thread may put or get meanwhile.
    template <class Use> void each_slot(Use use) const {
        segment* at = segment_of(head_.first.load());
        std::uint64_t end = head_.end.load();
        const std::uint64_t stop = puts();
        for (std::uint64_t p = gets(); p != stop; ++p) {
            if (p == end) {
                at = at != nullptr ? at->next : oldest_;
                end += slots_per_segment;
            }
            use(at->slot_of(p));
        }
    }

    // Tries for about a microsecond, because the lock is held for little more than that.
    [[nodiscard]] bool try_lock() noexcept {
        for (int i = 0; i < 4; ++i) {
            if (lock_.try_lock()) return true;
            platform_type::pause(8);
        }
        return false;
    }

    CONQ_COLD static void back_off() noexcept { platform_type::pause(lost_pauses); }

    // The reason why slot p is not ready. ok: look again, at the index that is now in `p`.
    CONQ_COLD status not_ready(std::uint64_t& p, std::uintptr_t seen) noexcept {
        const std::uint64_t tail = tail_.word.load();
        // p <= head <= tail == p at this load, so the answer is exact.
        if (tail >> index_shift == p) {
            return (tail & closed) != 0 ? status::shut_down : status::empty;
        }
        const std::uint64_t head = head_.word.load();
        if (head != p) {
            p = head;
            return status::ok;
        }
        if (is_resident(seen) && p < head_.end.load() && head_.first.load() == seen) {
            return status::busy;  // claimed and not yet published
        }
        const status moved = move_head();
        p = head_.word.load();
        return moved;
    }

    // The tail has reached the room, so it stands still: the bound is reached, or a segment is
    // needed.
    CONQ_COLD status make_room() {
        link made = nullptr;
        for (;;) {
            if (!try_lock()) {
                free_all(made);
                return status::busy;
            }
            bool needs_segment = false;
            const status answer = make_room_locked(made, needs_segment);
            lock_.unlock();
            if (!needs_segment) {
                free_all(made);
                return answer;
            }
            made = make_segment();  // outside the lock; if it throws, nothing has changed
        }
    }
    // Under the lock. If a segment is needed and none is spare, uses `made`; if that is null, sets
    // needs_segment.
    status make_room_locked(link& made, bool& needs_segment) noexcept {
        const std::uint64_t word = tail_.word.load(), p = word >> index_shift;
        if ((word & closed) != 0) return status::shut_down;
        if (p < tail_.room.load()) return status::ok;  // another producer made room
        std::uint64_t top = ~std::uint64_t{0};
        if (const std::uint64_t bound = capacity_.load(); bound != 0) {
            top = gets() + bound;  // room keeps this: one look at the head serves many puts
            if (p >= top) return status::full;  // exact: the tail cannot move while room <= p
        }
        if (p == tail_end_) {
            segment* const next = spare_segment(made);
            if (next == nullptr) {
                needs_segment = true;
                return status::busy;
            }
            segment* const last = tail_.last.load();
            (last != nullptr ? last->next : oldest_) = next;
            tail_.last.store(next);
            tail_end_ += slots_per_segment;
        }
        tail_.room.store(limits::smaller(top, tail_end_),
                         std::memory_order_release);  // (12) with (2) and (21)
        return status::ok;
    }
    // Under the lock: a segment with all marks clear; null if there is none.
    segment* spare_segment(link& made) noexcept {
        while (pool_ == nullptr && passed_ != 0 && all_taken(*oldest_)) put_aside();
        segment* found = nullptr;
        if (pool_ != nullptr) {
            found = pop(pool_);
        } else if (spare_ != nullptr) {
            --spares_;
            found = pop(spare_);
        } else {
            found = std::exchange(made, nullptr);
        }
        if (found != nullptr) found->next = nullptr;
        return found;
    }

    // The head stands at the end of its segment, or at the limit in a guest. ok: look again.
    status move_head() noexcept {
        link unused = nullptr;
        if (!try_lock()) return status::busy;
        const status answer = move_head_locked(unused);
        lock_.unlock();
        free_all(unused);
        return answer;
    }
    status move_head_locked(link& unused) noexcept {
        segment* at = segment_of(head_.first.load());
        std::uint64_t end = head_.end.load();
        if (gets() == end) {
            segment* const next = at != nullptr ? at->next : oldest_;
            if (next == nullptr) return status::ok;  // no put has come here: empty next time
            if (at != nullptr) ++passed_;
            at = next;
            end += slots_per_segment;
            head_.first.store(tagged_of(at),
                              std::memory_order_release);  // (16) with (13), (19), (24)
            head_.end.store(end);
            recycle(passed_kept);
            // Keeps as many spares as the backlog has segments: while it is deep nothing is
            // allocated, and when it is gone no spare is left.
            while (spares_ > (tail_end_ - end) / slots_per_segment) {
                --spares_;
                push(unused, pop(spare_));
            }
        }
        if (at->is_resident) return status::ok;
        const std::uint64_t begin = end - slots_per_segment, limit = head_.limit.load();
        const std::uint64_t from = limit < begin ? begin : limit;
        std::uint64_t published = from;
        while (published < end && published - from < limit_step &&
               at->slot_of(published).state.load(std::memory_order_acquire) ==  // (14) with (6)
                   lap(published)) {
            ++published;
        }
        if (published == from) return gets() == from ? status::busy : status::ok;
        head_.limit.store(published,
                          std::memory_order_release);  // (15) with (11), (23): hands on (6)
        return status::ok;
    }

    // Under the lock: sets passed segments aside, except for `kept` residents.
    void recycle(std::uint64_t kept) noexcept {
        while (passed_ > kept || (passed_ != 0 && !oldest_->is_resident)) {
            if (!all_taken(*oldest_)) break;  // a consumer still uses it: look at the next crossing
            put_aside();
        }
    }
    // Under the lock. All tickets of a passed segment are claimed, and a slot is claimed only when
    // it is published: so 0 can only mean taken.
    static bool all_taken(segment& s) noexcept {
        for (slot& each : s.places) {
            if (each.state.load(std::memory_order_acquire) != 0) return false;  // (18) with (17)
        }
        return true;
    }
    void put_aside() noexcept {
        --passed_;
        segment* const oldest = pop(oldest_);
        if (oldest->is_resident) {
            push(pool_, oldest);
        } else {
            push(spare_, oldest);
            ++spares_;
        }
    }
    static void push(link& list, segment* s) noexcept {
        s->next = list;
        list = s;
    }
    static segment* pop(link& list) noexcept {
        segment* const first = list;
        list = first->next;
        return first;
    }

    [[nodiscard]] segment* make_segment() {
        segment_allocator allocator(allocator_);
        segment* const made = std::to_address(allocator_traits::allocate(allocator, 1));
        const bool is_resident = residents_.fetch_add(1) < residents_max;
        if (!is_resident) residents_.fetch_sub(1);  // or no later segment could be one
        return std::construct_at(made, is_resident);
    }
    void free_all(link list) noexcept {
        segment_allocator allocator(allocator_);
        using pointer_traits = std::pointer_traits<typename allocator_traits::pointer>;
        while (list != nullptr) {
            segment* const each = pop(list);
            if (each->is_resident) residents_.fetch_sub(1);
            const auto place = pointer_traits::pointer_to(*each);
            std::destroy_at(each);
            allocator_traits::deallocate(allocator, place, 1);
        }
    }

    [[no_unique_address]] allocator_type allocator_;
    tail_side tail_;
    head_side head_;
    atomic<std::uint64_t> capacity_;
    atomic<std::uint64_t> residents_{0};  // made, including one that a producer holds
    platform::futex_lock<platform_type> lock_;
    // From here on under the lock.
    link oldest_ = nullptr;  // passed segments, then those from head to tail; linked by next
    link pool_ = nullptr;    // residents not in use, all marks clear
    link spare_ = nullptr;   // guests not in use, all marks clear
    typename platform_type::template plain<std::uint64_t> passed_ = 0, spares_ = 0, tail_end_ = 0;
};

}  // namespace conq

#endif

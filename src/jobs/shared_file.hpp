// SPDX-License-Identifier: BSL-1.0
// The file beside a queue: kernel locks, which end with the process that holds them, and words to
// sleep on, which all processes share. Its contents matter only while a process has it open.
#ifndef CONQ_SRC_JOBS_SHARED_FILE_HPP
#define CONQ_SRC_JOBS_SHARED_FILE_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace conq::jobs {

/// A file of locks and words. Threads: wait, tell and news from any; the locks from one at a time.
class shared_file {
public:
    /// Opens the file; creates it if it does not exist. Throws store_error.
    explicit shared_file(const std::string& path);
    shared_file(const shared_file&) = delete;
    shared_file& operator=(const shared_file&) = delete;
    ~shared_file();

    /// Takes the lock that every transaction holds; waits for it. Throws store_error.
    void lock_commits();
    void unlock_commits() noexcept;
    /// Takes the lock, but waits for a second at most. Returns whether it has the lock. Throws
    /// store_error.
    bool lock_commits_soon();
    /// For a handle that closes without the lock: leaves word of that for the one who has it, and
    /// takes the lock if it is free by now. Returns whether it has it. Throws store_error.
    bool leave_open();
    /// Whether a handle has left such word, which this call erases.
    bool was_left_open() noexcept { return is_left_open().exchange(0) != 0; }
    /// Living owners have had the chance to renew leases that ended before this time, by
    /// awake_ms(): until this handle took the lock; or, if somebody held it for long, and that
    /// ended a short while ago, until that began. Call it under the lock.
    std::int64_t could_renew_until() noexcept;
    /// Takes the lock that shows that this owner lives, and holds it until the process has ended.
    /// If `with_children`, takes another one, too, which is held until the processes that this one
    /// starts have ended; they inherit the file. Throws store_error.
    void live_as(std::uint64_t owner, bool with_children);
    /// Lets go of the lock that shows that this owner lives.
    void live_no_more() noexcept;
    /// Whether another owner holds its lock: another handle is open.
    bool has_others();
    /// Whether the owner lives: it holds its lock. Not for this handle's own.
    bool is_alive(std::uint64_t owner) { return is_locked(owner_byte(owner)); }
    /// Whether the owner, or a process that it has started, holds the owner's other lock.
    bool has_family(std::uint64_t owner) { return is_locked(family_byte(owner)); }

    /// How often the disk has failed to keep what was written, as far as the processes know.
    std::uint32_t failures() noexcept { return words_[2].load(); }
    void note_failure() noexcept { words_[2].fetch_add(1); }
    /// Up to which of these failures everything that the disk may lack was written again.
    std::uint32_t mended() noexcept { return words_[3].load(); }
    void note_mended(std::uint32_t failures) noexcept { words_[3].store(failures); }

    /// The word of a room.
    std::uint32_t news(unsigned room) noexcept { return word(room).load(); }
    /// Sleeps while the word of the room is `seen`, for at most `span`; may return for no reason.
    void wait(unsigned room, std::uint32_t seen, std::chrono::nanoseconds span) noexcept;
    /// Whether a thread sleeps in the room, or slept there when it was killed.
    bool has_sleepers(unsigned room) noexcept { return sleepers(room).load() != 0; }
    /// Changes the word of the room, and wakes those who sleep on it.
    void tell(unsigned room) noexcept;

private:
    using shared_word = std::atomic<std::uint32_t>;
    static_assert(shared_word::is_always_lock_free && sizeof(shared_word) == 4);
    shared_word& word(unsigned room) noexcept { return words_[room]; }
    shared_word& sleepers(unsigned room) noexcept { return words_[4 + room]; }
    // Of the lock of commits: the word that its waiters sleep on, how many there are, and whether
    // one is being woken.
    shared_word& turn() noexcept { return words_[8]; }
    shared_word& turn_waiters() noexcept { return words_[9]; }
    shared_word& is_waking() noexcept { return words_[10]; }
    // When a process last held that lock for long: the low 32 bits of awake_ms().
    shared_word& block_began() noexcept { return words_[11]; }
    shared_word& block_ended() noexcept { return words_[12]; }
    // When the first of those who wait for it has asked: the same with the lowest bit set; or 0.
    shared_word& first_asked() noexcept { return words_[13]; }
    // Whether a handle has closed that could not find out whether it was the last.
    shared_word& is_left_open() noexcept { return words_[14]; }

    void note_block(std::int64_t began_ms, std::int64_t ended_ms) noexcept;
    void note_lock(std::int64_t asked_ms) noexcept;
    static std::int64_t owner_byte(std::uint64_t owner) noexcept;
    static std::int64_t family_byte(std::uint64_t owner) noexcept;
    bool is_locked(std::int64_t byte, std::int64_t count = 1);
    void lock_byte(int file, std::int64_t byte);
    bool try_lock_commits();
    bool await_turn();
    bool poll_turn(std::uint32_t& seen);
    static void sleep(shared_word& on, std::uint32_t seen, std::int64_t span_ns) noexcept;

    std::string path_;
    int file_, family_file_ = -1;  // apart, or a child would inherit all locks
    std::uint64_t owner_ = 0;
    shared_word* words_;
    std::int64_t locked_ms_ = 0;  // when this handle took the lock
};

}  // namespace conq::jobs

#endif

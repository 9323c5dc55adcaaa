// SPDX-License-Identifier: BSL-1.0
// The file beside a queue: kernel locks that die with their holder, and words to sleep on that all
// processes share. What it holds matters only while somebody has it open.
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
    /// Opens or makes it. Throws store_error.
    explicit shared_file(const std::string& path);
    shared_file(const shared_file&) = delete;
    shared_file& operator=(const shared_file&) = delete;
    ~shared_file();

    /// Waits in the kernel for the lock that every transaction holds. Throws store_error.
    void lock_commits();
    void unlock_commits() noexcept;
    /// The same, but waits for a second at most: whether it has the lock now. Throws store_error.
    bool lock_commits_soon();
    /// Since when somebody had that lock for long, if that has ended a short while ago: who lives
    /// had no turn to renew his leases, and gets it now. Else the end of time. By the clock since
    /// boot.
    std::int64_t blocked_since(std::int64_t now_ms) noexcept;
    /// Holds the lock that shows that this owner lives, until the process has ended; and another
    /// one, if `with_children`, until those that it starts have, which inherit the file. Throws
    /// store_error.
    void live_as(std::uint64_t owner, bool with_children);
    /// Lets go of the lock that shows that it lives.
    void live_no_more() noexcept;
    /// Whether another owner holds that lock of his: another handle is open.
    bool has_others();
    /// Whether the owner itself holds its lock. Not for one's own.
    bool is_alive(std::uint64_t owner) { return is_locked(owner_byte(owner)); }
    /// Whether it, or a process that it has started, holds the other one.
    bool has_family(std::uint64_t owner) { return is_locked(family_byte(owner)); }

    /// How often the disk has failed to keep what was written, as far as any process knows.
    std::uint32_t failures() noexcept { return words_[2].load(); }
    void note_failure() noexcept { words_[2].fetch_add(1); }
    /// Up to which failure what the disk may lack was written to it again.
    std::uint32_t mended() noexcept { return words_[3].load(); }
    void note_mended(std::uint32_t failures) noexcept { words_[3].store(failures); }

    /// The word of a room.
    std::uint32_t news(unsigned room) noexcept { return word(room).load(); }
    /// Sleeps while the word of the room is `seen`.
    void wait(unsigned room, std::uint32_t seen, std::chrono::nanoseconds span) noexcept;
    /// Whether somebody sleeps in the room, or did when he was killed.
    bool has_sleepers(unsigned room) noexcept { return sleepers(room).load() != 0; }
    /// Changes the word of the room, and wakes who sleeps on it.
    void tell(unsigned room) noexcept;

private:
    using shared_word = std::atomic<std::uint32_t>;
    static_assert(shared_word::is_always_lock_free && sizeof(shared_word) == 4);
    shared_word& word(unsigned room) noexcept { return words_[room]; }
    shared_word& sleepers(unsigned room) noexcept { return words_[4 + room]; }
    // Of the lock of commits: the word that its waiters sleep on, how many do, and whether one is
    // on his way.
    shared_word& turn() noexcept { return words_[8]; }
    shared_word& turn_waiters() noexcept { return words_[9]; }
    shared_word& is_waking() noexcept { return words_[10]; }
    // When somebody last had it for long: milliseconds since boot, as far as they fit.
    shared_word& block_began() noexcept { return words_[11]; }
    shared_word& block_ended() noexcept { return words_[12]; }

    void note_block(std::int64_t began_ms, std::int64_t ended_ms) noexcept;
    static std::int64_t owner_byte(std::uint64_t owner) noexcept;
    static std::int64_t family_byte(std::uint64_t owner) noexcept;
    bool is_locked(std::int64_t byte, std::int64_t count = 1);
    void lock_byte(int file, std::int64_t byte);
    bool try_lock_commits();
    bool await_turn();
    bool poll_turn(std::uint32_t& seen);
    static void sleep(shared_word& on, std::uint32_t seen, std::int64_t span_ns) noexcept;

    std::string path_;
    int file_, family_file_ = -1;  // two, or a child would inherit all locks
    std::uint64_t owner_ = 0;
    shared_word* words_;
    std::int64_t locked_ms_ = 0;  // of the one who has the lock
};

}  // namespace conq::jobs

#endif

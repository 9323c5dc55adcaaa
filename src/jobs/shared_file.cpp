// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/shared_file.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "conq/jobs/engine.hpp"
#include "conq/platform/native.hpp"
#include "src/jobs/again.hpp"
#include "src/jobs/engines.hpp"
#include "src/jobs/place.hpp"
#include "src/jobs/seal.hpp"

namespace conq::jobs {
namespace {

constexpr off_t commits_byte = 64, owners_byte = 4096, bytes = 128, used_bytes = 64;
constexpr off_t families_byte = off_t{1} << 40;

[[noreturn]] void fail(const std::string& path, const char* what, const char* mend) {
    throw store_error("conq: " + path + ": " + what + ": " + std::strerror(errno) + ": " + mend);
}

int opened(const std::string& path) {
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    return again([&] { return ::open(path.c_str(), flags, 0666); });
}

// Whether no other program has made the file: it is no longer than ours, and has zeros where ours
// has.
bool may_be_ours(int file) {
    struct stat about{};
    if (::fstat(file, &about) != 0) return true;  // the call that uses it will say why
    if (!S_ISREG(about.st_mode) || about.st_size > bytes) return false;
    char held[bytes] = {};
    const ssize_t count = ::pread(file, held, bytes, 0);
    const auto begin = about.st_size < bytes ? 0 : used_bytes;
    return std::all_of(held + begin, held + std::max<ssize_t>(count, begin),
                       [](char each) { return each == 0; });
}

struct flock range(short type, off_t at) {
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = at;
    lock.l_len = 1;
    return lock;
}

}  // namespace

shared_file::shared_file(const std::string& path) : path_(path), file_(opened(path)) {
    // Mapped through a descriptor of its own: after a fork the child's mapping would keep the locks
    // of file_, and this owner would seem to live for as long as the child does.
    const int mapped = opened(path);
    if (file_ < 0 && errno == ELOOP) {
        throw store_error("conq: " + path_ +
                          ": a symbolic link, where the queue keeps its locks: remove it, or name "
                          "the queue otherwise");
    }
    if (mapped >= 0 && !may_be_ours(mapped)) {
        ::close(mapped);
        ::close(file_);
        throw store_error("conq: " + path_ +
                          ": not made by conq, and the queue keeps its locks there: move it away, "
                          "or name the queue otherwise");
    }
    struct stat about{};
    // The file only ever gets longer, so that no mapping of it becomes invalid.
    const bool is_long = mapped >= 0 && ::fstat(mapped, &about) == 0 && about.st_size >= bytes;
    void* at = MAP_FAILED;
    const auto lengthen = [mapped] {
        errno = ::posix_fallocate(mapped, 0, bytes);
        return errno == 0 ? 0 : -1;
    };
    if (file_ >= 0 && mapped >= 0 && (is_long || again(lengthen) == 0)) {
        at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    }
    const int error = errno;
    if (mapped >= 0) ::close(mapped);
    if (at == MAP_FAILED) {
        if (file_ >= 0) ::close(file_);
        errno = error;
        fail(path_, "cannot open", mend_of_open(error));
    }
    words_ = static_cast<shared_word*>(at);
}

shared_file::~shared_file() {
    ::munmap(words_, bytes);
    if (family_file_ >= 0) ::close(family_file_);
    ::close(file_);
}

// A process that writes again and again is faster if it finds its cache as it left it. So a waiter
// first sleeps on a word of ours, and each unlock wakes one waiter at most: until that one is
// awake, the process that woke it goes on. After a while a waiter waits in the kernel, which wakes
// it each time the lock is free. Only the kernel's lock counts: a waiter that is killed while it is
// being woken costs the others at most that while. A lone waiter polls before it sleeps, as long as
// it is alone and for the time of two or three transactions of a batch: being woken takes as long
// as one of them. If two polled, others would hardly get in.
void shared_file::lock_commits() {
    const std::int64_t asked_ms = awake_ms();
    struct flock lock = range(F_WRLCK, commits_byte);
    if (!try_lock_commits()) {
        std::uint32_t nobody = 0;
        first_asked().compare_exchange_strong(nobody, static_cast<std::uint32_t>(asked_ms) | 1);
        if (!await_turn() && again([&] { return ::fcntl(file_, F_OFD_SETLKW, &lock); }) != 0) {
            fail(path_, "cannot lock", "use a file system that has locks");
        }
    }
    note_lock(asked_ms);
}

// A process that holds the lock for long notes that itself, unless it is killed. Then the one who
// gets the lock next notes it, from when the first who waits has asked. (One who was killed while
// he waited may have asked long ago: that makes the leases last for half a second longer, once.)
void shared_file::note_lock(std::int64_t asked_ms) noexcept {
    locked_ms_ = awake_ms();
    const std::uint32_t first = first_asked().load() == 0 ? 0 : first_asked().exchange(0);
    const std::uint32_t ago = static_cast<std::uint32_t>(locked_ms_) - first;
    const std::int64_t began_ms = first == 0 ? asked_ms : std::min(asked_ms, locked_ms_ - ago);
    const auto since = static_cast<std::uint32_t>(began_ms) - block_ended().load();
    if (static_cast<std::int32_t>(since) >= 0) note_block(began_ms, locked_ms_);
}

void shared_file::note_block(std::int64_t began_ms, std::int64_t ended_ms) noexcept {
    constexpr std::int64_t long_ms = 50;
    if (ended_ms - began_ms < long_ms) return;
    block_began().store(static_cast<std::uint32_t>(began_ms));
    block_ended().store(static_cast<std::uint32_t>(ended_ms));
}

std::int64_t shared_file::could_renew_until() noexcept {
    const auto ago_ms = [this](const shared_word& then) {
        return std::int64_t{static_cast<std::uint32_t>(locked_ms_) - then.load()};
    };
    const bool was_blocked = ago_ms(block_ended()) <= recheck.count();
    return was_blocked ? locked_ms_ - ago_ms(block_began()) : locked_ms_;
}

bool shared_file::lock_commits_soon() {
    constexpr std::int64_t soon_ns = 1'000'000'000;
    const std::int64_t asked_ms = awake_ms();
    const auto until = platform::after(platform::monotonic_now(), soon_ns);
    bool has_it = try_lock_commits();
    while (!has_it && platform::monotonic_now() < until) has_it = await_turn();
    if (has_it) note_lock(asked_ms);
    return has_it;
}

bool shared_file::leave_open() {
    is_left_open().store(1);
    const std::int64_t asked_ms = awake_ms();
    const bool has_it = try_lock_commits();
    if (has_it) note_lock(asked_ms);
    return has_it;
}

bool shared_file::try_lock_commits() {
    struct flock lock = range(F_WRLCK, commits_byte);
    if (again([&] { return ::fcntl(file_, F_OFD_SETLK, &lock); }) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    fail(path_, "cannot lock", "use a file system that has locks");
}

bool shared_file::await_turn() {
    constexpr std::int64_t patience_ns = 20'000'000, poll_ns = 20'000;
    const auto began = platform::monotonic_now();
    bool has_it = false;
    for (auto now = began; !has_it && now - began < patience_ns; now = platform::monotonic_now()) {
        std::uint32_t seen = turn().load();
        turn_waiters().fetch_add(1);
        has_it = try_lock_commits();  // an unlock before this may not have seen us
        if (!has_it) has_it = poll_turn(seen);
        if (!has_it) sleep(turn(), seen, patience_ns);
        turn_waiters().fetch_sub(1);
        // Processes that go on let go of the lock for a moment after each transaction.
        const auto until = platform::monotonic_now() + poll_ns;
        while (!has_it && platform::monotonic_now() < until) has_it = try_lock_commits();
        is_waking().store(0);
    }
    return has_it;
}

// Returns whether this handle has the lock now. `seen`: the word's value when the last try failed.
bool shared_file::poll_turn(std::uint32_t& seen) {
    constexpr std::int64_t poll_ns = 500'000;
    const auto until = platform::after(platform::monotonic_now(), poll_ns);
    while (turn_waiters().load() == 1 && platform::monotonic_now() < until) {
        platform::native::yield();
        if (turn().load() == seen) continue;
        seen = turn().load();
        if (try_lock_commits()) return true;
    }
    return false;
}

void shared_file::unlock_commits() noexcept {
    note_block(locked_ms_, awake_ms());
    struct flock lock = range(F_UNLCK, commits_byte);
    ::fcntl(file_, F_OFD_SETLK, &lock);
    if (turn_waiters().load() == 0 || is_waking().exchange(1) != 0) return;
    turn().fetch_add(1);
    if (::syscall(SYS_futex, &turn(), FUTEX_WAKE, 1, nullptr, nullptr, 0) == 0) {
        is_waking().store(0);
    }
}

std::int64_t shared_file::owner_byte(std::uint64_t owner) noexcept {
    return owners_byte + static_cast<std::int64_t>(owner);
}
std::int64_t shared_file::family_byte(std::uint64_t owner) noexcept {
    return families_byte + static_cast<std::int64_t>(owner);
}

void shared_file::live_as(std::uint64_t owner, bool with_children) {
    lock_byte(file_, owner_byte(owner));
    owner_ = owner;
    if (!with_children) return;
    family_file_ = again([&] { return ::open(path_.c_str(), O_RDWR | O_NOFOLLOW); });
    if (family_file_ < 0) fail(path_, "cannot open", mend_of_open(errno));
    lock_byte(family_file_, family_byte(owner));
}

void shared_file::live_no_more() noexcept {
    struct flock lock = range(F_UNLCK, owner_byte(owner_));
    ::fcntl(file_, F_OFD_SETLK, &lock);
}

bool shared_file::has_others() {
    return is_locked(owners_byte, families_byte - owners_byte);
}

void shared_file::lock_byte(int file, std::int64_t byte) {
    struct flock lock = range(F_WRLCK, byte);
    if (::fcntl(file, F_OFD_SETLK, &lock) == 0) return;
    // The queue gives owners their numbers: another queue has begun with them anew.
    const bool is_taken = errno == EAGAIN || errno == EACCES;
    fail(path_, "cannot lock",
         is_taken ? "the file was removed or replaced while a process has it still open: end that"
                  : "use a file system that has locks");
}

bool shared_file::is_locked(std::int64_t byte, std::int64_t count) {
    struct flock lock = range(F_WRLCK, byte);
    lock.l_len = count;
    if (::fcntl(file_, F_OFD_GETLK, &lock) != 0) fail(path_, "cannot ask for a lock", "try again");
    return lock.l_type != F_UNLCK;
}

void shared_file::sleep(shared_word& on, std::uint32_t seen, std::int64_t span_ns) noexcept {
    const timespec time{.tv_sec = static_cast<time_t>(span_ns / 1'000'000'000),
                        .tv_nsec = static_cast<long>(span_ns % 1'000'000'000)};
    ::syscall(SYS_futex, &on, FUTEX_WAIT, seen, &time, nullptr, 0);
}

void shared_file::wait(unsigned room, std::uint32_t seen, std::chrono::nanoseconds span) noexcept {
    sleepers(room).fetch_add(1);
    sleep(word(room), seen, span.count());
    sleepers(room).fetch_sub(1);
}

void shared_file::tell(unsigned room) noexcept {
    // A sleeper that is not counted yet has still to compare the word.
    word(room).fetch_add(1);
    if (!has_sleepers(room)) return;
    ::syscall(SYS_futex, &word(room), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace conq::jobs

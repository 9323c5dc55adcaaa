// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/shared_file.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "conq/jobs/engine.hpp"
#include "src/jobs/again.hpp"

namespace conq::jobs {
namespace {

constexpr off_t commits_byte = 64, owners_byte = 4096, bytes = 128;

[[noreturn]] void fail(const std::string& path, const char* what, const char* mend) {
    throw store_error("conq: " + path + ": " + what + ": " + std::strerror(errno) + ": " + mend);
}

struct flock range(short type, off_t at) {
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = at;
    lock.l_len = 1;
    return lock;
}

off_t byte_of(std::uint64_t owner) {
    return owners_byte + static_cast<off_t>(owner);
}

}  // namespace

shared_file::shared_file(const std::string& path)
    : path_(path),
      file_(again([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); })) {
    const char* const mend = "a queue needs a folder and files that you may write, on a local disk";
    if (file_ < 0) fail(path_, "cannot open", mend);
    struct stat about{};
    // Only ever made longer, so that nobody's mapping loses its ground.
    const bool is_long = ::fstat(file_, &about) == 0 && about.st_size >= bytes;
    void* at = MAP_FAILED;
    const auto lengthen = [this] {
        errno = ::posix_fallocate(file_, 0, bytes);
        return errno == 0 ? 0 : -1;
    };
    if (is_long || again(lengthen) == 0) {
        at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    }
    if (at == MAP_FAILED) {
        ::close(file_);
        fail(path_, "cannot map", mend);
    }
    words_ = static_cast<shared_word*>(at);
}

shared_file::~shared_file() {
    ::munmap(words_, bytes);
    if (owner_file_ >= 0) ::close(owner_file_);
    ::close(file_);
}

void shared_file::lock_commits() {
    struct flock lock = range(F_WRLCK, commits_byte);
    if (again([&] { return ::fcntl(file_, F_OFD_SETLKW, &lock); }) != 0) {
        fail(path_, "cannot lock", "use a file system that has locks");
    }
}

void shared_file::unlock_commits() noexcept {
    struct flock lock = range(F_UNLCK, commits_byte);
    ::fcntl(file_, F_OFD_SETLK, &lock);
}

void shared_file::live_as(std::uint64_t owner, bool with_children) {
    struct flock lock = range(F_WRLCK, byte_of(owner));
    owner_file_ =
        again([&] { return ::open(path_.c_str(), O_RDWR | (with_children ? 0 : O_CLOEXEC)); });
    if (owner_file_ < 0 || ::fcntl(owner_file_, F_OFD_SETLK, &lock) != 0) {
        fail(path_, "cannot lock", "use a file system that has locks");
    }
}

bool shared_file::is_alive(std::uint64_t owner) {
    struct flock lock = range(F_WRLCK, byte_of(owner));
    if (::fcntl(file_, F_OFD_GETLK, &lock) != 0) fail(path_, "cannot ask for a lock", "try again");
    return lock.l_type != F_UNLCK;
}

void shared_file::wait(unsigned room, std::uint32_t seen, std::chrono::nanoseconds span) noexcept {
    const timespec time{.tv_sec = static_cast<time_t>(span.count() / 1'000'000'000),
                        .tv_nsec = static_cast<long>(span.count() % 1'000'000'000)};
    sleepers(room).fetch_add(1);
    ::syscall(SYS_futex, &word(room), FUTEX_WAIT, seen, &time, nullptr, 0);
    sleepers(room).fetch_sub(1);
}

void shared_file::tell(unsigned room) noexcept {
    // Who is not counted here has yet to compare the word.
    word(room).fetch_add(1);
    if (!has_sleepers(room)) return;
    ::syscall(SYS_futex, &word(room), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace conq::jobs

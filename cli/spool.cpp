// SPDX-License-Identifier: BSL-1.0
#include "cli/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

std::string spool_folder() {
    const char* const chosen = std::getenv("TMPDIR");
    return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

}  // namespace

spool::~spool() {
    if (file_ >= 0) ::close(file_);
}

bool spool::append(const char* bytes, std::size_t size, std::vector<extent>& to) {
    off_t at = 0;
    {
        std::unique_lock held(mutex_);
        if (file_ < 0 && !open_file()) {
            held.unlock();
            fail("cannot make the spool file");
            return false;
        }
        at = end_;
        end_ += static_cast<off_t>(size);
        ++live_pieces_;
    }
    std::size_t done = 0;
    while (done < size) {
        const ssize_t wrote =
            ::pwrite(file_, bytes + done, size - done, at + static_cast<off_t>(done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            fail("cannot write to the spool file");
            release({at, size});
            return false;
        }
        done += static_cast<std::size_t>(wrote);
    }
    if (!to.empty() && to.back().at + static_cast<off_t>(to.back().size) == at) {
        to.back().size += size;
        const std::lock_guard held(mutex_);
        --live_pieces_;  // it is one piece with the one before
    } else {
        to.push_back({at, size});
    }
    return true;
}

std::size_t spool::read(const extent& from, std::size_t offset, char* into,
                        std::size_t size) const {
    size = std::min(size, from.size - offset);
    for (;;) {
        const ssize_t got = ::pread(file_, into, size, from.at + static_cast<off_t>(offset));
        if (got > 0) return static_cast<std::size_t>(got);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = EIO;  // somebody has truncated the file
        return 0;
    }
}

void spool::release(const extent& piece) noexcept {
    const std::lock_guard held(mutex_);
    if (--live_pieces_ == 0) {
        end_ = 0;
        if (::ftruncate(file_, 0) == 0) return;
    }
    // If the file system cannot make holes, the next truncation frees the space.
    static_cast<void>(::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, piece.at,
                                  static_cast<off_t>(piece.size)));
}

bool spool::open_file() {
    const std::string folder = spool_folder();
    file_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) {  // a file system without O_TMPFILE
        std::string path = folder + "/conq-spool-XXXXXX";
        file_ = ::mkostemp(path.data(), O_CLOEXEC);
        if (file_ >= 0) ::unlink(path.c_str());
    }
    return file_ >= 0;
}

void spool::fail(const char* what) {
    const int code = errno;
    if (was_full_.exchange(true)) return;
    on_full_(fmt::format("{} in {}: {}: set TMPDIR to a folder with room", what, spool_folder(),
                         std::strerror(code)));
}

}  // namespace conq::cli

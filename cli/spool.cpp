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

spool::~spool() {
    if (file_ >= 0) ::close(file_);
}

bool spool::append(const char* bytes, std::size_t size, std::vector<extent>& to) {
    off_t at = 0;
    {
        const std::lock_guard held(mutex_);
        if (file_ < 0 && !open_file()) return false;
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
            fail("write to");
            release({at, size});
            return false;
        }
        done += static_cast<std::size_t>(wrote);
    }
    if (!to.empty() && to.back().at + static_cast<off_t>(to.back().size) == at) {
        to.back().size += size;
        const std::lock_guard held(mutex_);
        --live_pieces_;  // one piece with the one before
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
        throw own_error(fmt::format("cannot read the spool file: {}",
                                    got == 0 ? "it has shrunk" : std::strerror(errno)));
    }
}

void spool::release(const extent& piece) noexcept {
    const std::lock_guard held(mutex_);
    if (--live_pieces_ == 0) {
        end_ = 0;
        if (::ftruncate(file_, 0) == 0) return;
    }
    // Where holes are not to be had the space comes back at the next truncation.
    static_cast<void>(::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, piece.at,
                                  static_cast<off_t>(piece.size)));
}

std::string spool::error() const {
    const std::lock_guard held(mutex_);
    return error_;
}

bool spool::open_file() {
    const char* const chosen = std::getenv("TMPDIR");
    const std::string folder = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
    file_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) {  // a file system without O_TMPFILE
        std::string path = folder + "/conq-spool-XXXXXX";
        file_ = ::mkostemp(path.data(), O_CLOEXEC);
        if (file_ >= 0) ::unlink(path.c_str());
    }
    if (file_ >= 0) return true;
    error_ = fmt::format("cannot make the spool file in {}: {}: set TMPDIR to a folder with room",
                         folder, std::strerror(errno));
    return false;
}

bool spool::fail(const char* what) {
    const int code = errno;
    const std::lock_guard held(mutex_);
    if (error_.empty()) {
        error_ = fmt::format("cannot {} the spool file: {}: set TMPDIR to a folder with room", what,
                             std::strerror(code));
    }
    return false;
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
// One unlinked file for all output that is held back and does not fit into memory.
#ifndef CONQ_CLI_SPOOL_HPP
#define CONQ_CLI_SPOOL_HPP

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace conq::cli {

/// A piece of the spool file.
struct extent {
    off_t at;
    std::size_t size;
};

/// The spool file. Any thread. Space is given back as pieces are released.
class spool {
public:
    spool() = default;
    spool(const spool&) = delete;
    spool& operator=(const spool&) = delete;
    ~spool();

    /// Stores bytes at the end. False: the disk is full or broken, `error()` says how; nothing was
    /// stored. The file is made in $TMPDIR (or /tmp) when it is first needed.
    [[nodiscard]] bool append(const char* bytes, std::size_t size, std::vector<extent>& to);

    /// Reads a part of a piece; at most `size` bytes. Throws own_error.
    std::size_t read(const extent& from, std::size_t offset, char* into, std::size_t size) const;

    /// Gives a piece back.
    void release(const extent& piece) noexcept;

    /// The first error of append, for people.
    [[nodiscard]] std::string error() const;

private:
    bool open_file();
    bool fail(const char* what);

    mutable std::mutex mutex_;
    int file_ = -1;
    off_t end_ = 0;
    std::uint64_t live_pieces_ = 0;
    std::string error_;
};

}  // namespace conq::cli

#endif

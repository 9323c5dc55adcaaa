// SPDX-License-Identifier: BSL-1.0
// One unlinked file for all output that is held back and does not fit into memory.
#ifndef CONQ_CLI_SPOOL_HPP
#define CONQ_CLI_SPOOL_HPP

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace conq::cli {

/// A piece of the spool file.
struct extent {
    off_t at;
    std::size_t size;
};

/// The spool file. Any thread. Its space is freed as pieces are released.
class spool {
public:
    /// `on_full` is called once, with the reason, when the file cannot take more for the first
    /// time.
    explicit spool(std::function<void(const std::string& why)> on_full)
        : on_full_(std::move(on_full)) {}
    spool(const spool&) = delete;
    spool& operator=(const spool&) = delete;
    ~spool();

    /// Stores bytes at the end, and adds their piece to `to`. False: the disk is full or broken;
    /// nothing was stored. The file is made in $TMPDIR (or /tmp) when it is first needed.
    [[nodiscard]] bool append(const char* bytes, std::size_t size, std::vector<extent>& to);

    /// Reads at most `size` bytes of a piece, from `offset` on. Returns how many; 0: they cannot be
    /// read, and errno says why.
    std::size_t read(const extent& from, std::size_t offset, char* into, std::size_t size) const;

    /// Frees the space of a piece.
    void release(const extent& piece) noexcept;
    void release(const std::vector<extent>& pieces) noexcept {
        for (const extent& each : pieces) release(each);
    }

private:
    bool open_file();
    void fail(const char* what);

    std::function<void(const std::string&)> on_full_;
    std::atomic<bool> was_full_{false};
    std::mutex mutex_;
    int file_ = -1;
    off_t end_ = 0;
    std::uint64_t live_pieces_ = 0;
};

}  // namespace conq::cli

#endif

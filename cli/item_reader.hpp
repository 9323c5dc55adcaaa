// SPDX-License-Identifier: BSL-1.0
// Reads items from a file descriptor: the bytes between delimiters, never decoded.
#ifndef CONQ_CLI_ITEM_READER_HPP
#define CONQ_CLI_ITEM_READER_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace conq::cli {

/// The longest argument that Linux accepts, without its NUL.
inline constexpr std::size_t argument_bytes_max = 131'071;

struct item {
    std::string bytes;     ///< cut to the reader's limit if it is longer
    std::size_t size = 0;  ///< its true size
};

/// Reads items until the input ends or reading is interrupted. Belongs to one thread.
class item_reader {
public:
    /// Reads from `input`, until `interrupt` becomes readable. `bytes_max`: how many bytes of an
    /// item are kept at most.
    item_reader(int input, int interrupt, char delimiter, bool keeps_empty, std::size_t bytes_max);

    /// The next item; none at the end. The last item may lack its delimiter. Throws own_error if
    /// the input cannot be read.
    std::optional<item> next();

    /// How many bytes of the input next() has consumed.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    /// How many empty items were skipped.
    [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }
    /// Whether at least a part of another item has been read, so that next() need not wait for its
    /// beginning.
    [[nodiscard]] bool has_more_read() const noexcept { return at_ != end_; }
    /// Whether reading ended because of `interrupt`.
    [[nodiscard]] bool is_interrupted() const noexcept { return is_interrupted_; }

private:
    bool fill();
    void append(item& to, const char* from, std::size_t size) const;

    static constexpr std::size_t buffer_bytes = 65'536;
    int input_, interrupt_;
    char delimiter_;
    bool keeps_empty_;
    std::size_t bytes_max_;
    std::unique_ptr<char[]> buffer_;
    std::size_t at_ = 0, end_ = 0;
    std::uint64_t bytes_ = 0, skipped_ = 0;
    bool is_interrupted_ = false;
};

}  // namespace conq::cli

#endif

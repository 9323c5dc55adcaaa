// SPDX-License-Identifier: BSL-1.0
#include "cli/item_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "cli/message.hpp"

namespace conq::cli {

item_reader::item_reader(int input, int interrupt, char delimiter, bool keeps_empty,
                         std::size_t bytes_max)
    : input_(input),
      interrupt_(interrupt),
      delimiter_(delimiter),
      keeps_empty_(keeps_empty),
      bytes_max_(bytes_max),
      buffer_(std::make_unique<char[]>(buffer_bytes)) {}

std::optional<item> item_reader::next() {
    item read;
    bool has_begun = false;
    for (;;) {
        if (at_ == end_ && !fill()) {
            if (is_interrupted_ || !has_begun) return std::nullopt;
            return read;  // the last one, which has no delimiter
        }
        has_begun = true;
        const char* const begin = buffer_.get() + at_;
        const auto* const found =
            static_cast<const char*>(std::memchr(begin, delimiter_, end_ - at_));
        const std::size_t size =
            found != nullptr ? static_cast<std::size_t>(found - begin) : end_ - at_;
        append(read, begin, size);
        at_ += size;
        bytes_ += size;
        if (found == nullptr) continue;
        ++at_;
        ++bytes_;
        if (read.bytes.empty() && !keeps_empty_) {
            ++skipped_;
            has_begun = false;
            continue;
        }
        return read;
    }
}

// Reads more bytes into the buffer. False: the input has ended, or reading was interrupted.
bool item_reader::fill() {
    for (;;) {
        pollfd ready[2] = {{input_, POLLIN, 0}, {interrupt_, POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0 && errno != EINTR) {
            throw own_error(fmt::format("cannot wait for the input: {}", std::strerror(errno)));
        }
        if (ready[1].revents != 0) {
            is_interrupted_ = true;
            return false;
        }
        if (ready[0].revents == 0) continue;
        const ssize_t got = ::read(input_, buffer_.get(), buffer_bytes);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) {
            throw own_error(fmt::format("cannot read the input: {}", std::strerror(errno)));
        }
        at_ = 0;
        end_ = static_cast<std::size_t>(got);
        return got > 0;
    }
}

void item_reader::append(item& to, const char* from, std::size_t size) const {
    try {
        to.bytes.append(from, std::min(size, bytes_max_ - to.bytes.size()));
    } catch (const std::bad_alloc&) {
        throw own_error(
            fmt::format("an item of more than {} bytes does not fit into memory: is "
                        "the delimiter right (-0, -d)?",
                        to.size));
    }
    to.size += size;
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
#include "cli/word_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace conq::cli {
namespace {

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

bool write_words(int file, const word_list& words, char delimiter, word_ends ends) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool ends_here = ends == word_ends::after_each || i + 1 < words.size();
        if (!write_all(file, words[i])) return false;
        if (ends_here && !write_all(file, {&delimiter, 1})) return false;
    }
    return ::lseek(file, 0, SEEK_SET) == 0;
}

}  // namespace

int open_words(const word_list& words, char delimiter, word_ends ends) {
    const int file = ::memfd_create("conq-items", MFD_CLOEXEC);
    if (file < 0 || write_words(file, words, delimiter, ends)) return file;
    const int why = errno;
    ::close(file);
    errno = why;
    return -1;
}

}  // namespace conq::cli

// SPDX-License-Identifier: BSL-1.0
// A list of words in one piece of memory: the items of a job, or its arguments.
#ifndef CONQ_CLI_WORD_LIST_HPP
#define CONQ_CLI_WORD_LIST_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace conq::cli {

/// A list of words. In memory each word is followed by a NUL, so that it costs one byte and one
/// number more than its bytes. A word may hold any bytes. Not for two threads at once.
class word_list {
public:
    /// append() adds bytes to the next word; finish() ends that word.
    void append(std::string_view bytes) { text_.append(bytes); }
    void finish() {
        text_ += '\0';
        ends_.push_back(text_.size());
    }
    void add(std::string_view word) {
        append(word);
        finish();
    }

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
    [[nodiscard]] std::string_view operator[](std::size_t at) const noexcept {
        const std::size_t begin = at == 0 ? 0 : ends_[at - 1];
        return std::string_view(text_).substr(begin, ends_[at] - begin - 1);
    }
    /// About how many bytes of memory the words take.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return text_.size() + ends_.size() * sizeof(std::size_t);
    }

    /// The words as execve takes them; valid until the list changes or moves.
    [[nodiscard]] std::vector<char*> pointers() {
        std::vector<char*> all;
        all.reserve(ends_.size() + 2);
        std::size_t begin = 0;
        for (const std::size_t end : ends_) {
            all.push_back(text_.data() + begin);
            begin = end;
        }
        all.push_back(nullptr);
        return all;
    }

private:
    std::string text_;
    std::vector<std::size_t> ends_;
};

}  // namespace conq::cli

#endif

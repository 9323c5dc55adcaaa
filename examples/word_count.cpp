// SPDX-License-Identifier: BSL-1.0
// Counts the words in the files named as arguments, as
//     cat FILE... | tr -cs A-Za-z '\n' | sort | uniq -c
// does, with one worker per core: map (files to counts), then reduce (all counts to one table).
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "conq/queue.hpp"
#include "conq/workers.hpp"

namespace {

using counts = std::unordered_map<std::string, std::uint64_t>;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

counts count_words(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    counts found;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_letter(text[end])) ++end;
        if (end > at) ++found[text.substr(at, end - at)];
        at = end + 1;
    }
    return found;
}

}  // namespace

int main(int argc, char** argv) try {
    conq::bounded_queue<std::string> files(64);
    std::mutex mutex;
    std::map<std::string, std::uint64_t> total;

    conq::workers pool(files, conq::worker_options{.name = "count"}, [&](std::string& path) {
        const counts found = count_words(path);
        const std::lock_guard held(mutex);
        for (const auto& [word, count] : found) total[word] += count;
    });
    for (int i = 1; i < argc; ++i) files.put(argv[i]);
    pool.join();

    for (const auto& [word, count] : total) {
        std::printf("%7llu %s\n", static_cast<unsigned long long>(count), word.c_str());
    }
} catch (const std::exception& error) {
    std::fprintf(stderr, "word_count: %s\n", error.what());
    return 1;
}

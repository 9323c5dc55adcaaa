// SPDX-License-Identifier: BSL-1.0
// What a test has checked, for the table in docs/reliability. Each line says which promise was
// checked, by which method, how often, and from which seed.
#ifndef CONQ_TESTING_SUPPORT_SCOREBOARD_HPP
#define CONQ_TESTING_SUPPORT_SCOREBOARD_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace conq::testing {

/// A line of the scoreboard. Names contain no tabs and no line ends.
struct score {
    std::string property;        ///< what was checked: "parking: bounded_queue"
    std::string method;          ///< how it was checked: "schedules, store buffers"
    std::uint64_t count = 0;     ///< how often: schedules, operations, rounds, mutants
    std::uint64_t distinct = 0;  ///< how many of them differ, by hash; 0: not counted
    std::uint64_t seed = 0;      ///< the first seed
};

/// Prints the line, and appends it, separated by tabs, to the file that CONQ_SCOREBOARD names.
/// Several programs may append at once, because each line is one write.
inline void publish(const score& line) {
    const std::string counts = std::to_string(line.count) + "\t" + std::to_string(line.distinct) +
                               "\t" + std::to_string(line.seed);
    const std::string text = line.property + "\t" + line.method + "\t" + counts + "\n";
    std::printf("    %-52s %-28s %12llu, %llu distinct, seed %llu\n", line.property.c_str(),
                line.method.c_str(), static_cast<unsigned long long>(line.count),
                static_cast<unsigned long long>(line.distinct),
                static_cast<unsigned long long>(line.seed));
    const char* const path = std::getenv("CONQ_SCOREBOARD");
    if (path == nullptr) return;
    std::FILE* const file = std::fopen(path, "a");
    if (file == nullptr) return;
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
}

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// Three stages with a bounded queue between one and the next: the slowest stage sets the pace, and
// memory use stays constant. Joining the stages in order waits for all results.
#include <cstdint>
#include <cstdio>
#include <string>

#include "conq/queue.hpp"
#include "conq/workers.hpp"

namespace {

struct number {
    std::uint64_t value;
    std::uint64_t steps;
};

// How many steps the Collatz sequence of `value` takes to reach 1.
std::uint64_t collatz_steps(std::uint64_t value) {
    std::uint64_t steps = 0;
    for (; value != 1; ++steps) value = value % 2 == 0 ? value / 2 : 3 * value + 1;
    return steps;
}

}  // namespace

int main() {
    conq::bounded_queue<std::uint64_t> numbers(64);
    conq::bounded_queue<number> results(64);
    number longest{1, 0};

    conq::workers collect(results, 1, [&](number& each) {
        const bool is_longer = each.steps > longest.steps ||
                               (each.steps == longest.steps && each.value < longest.value);
        if (is_longer) longest = each;
    });
    conq::workers compute(
        numbers, 2, [&](std::uint64_t& value) { results.put({value, collatz_steps(value)}); });
    for (std::uint64_t value = 1; value <= 100'000; ++value) numbers.put(value);

    compute.join();  // every number has been computed, so every result has been put
    collect.join();  // and so every result has been looked at now
    std::printf("below 100001 the longest sequence starts at %llu and takes %llu steps\n",
                static_cast<unsigned long long>(longest.value),
                static_cast<unsigned long long>(longest.steps));
}

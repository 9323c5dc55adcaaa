// SPDX-License-Identifier: BSL-1.0
// conq_bench [ROUNDS]: prints the figures that the project holds itself to, with what was seen.
// Times are printed, never asserted: read the ratios, which come from the same rounds.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "bench/measure.hpp"
#include "bench/queues.hpp"
#include "bench/resources.hpp"
#include "conq/contract/limits.hpp"

namespace {

using conq::bench::comparison;

std::string shown(const conq::bench::spread& s) {
    return fmt::format("{:7.2f} [{:.2f} to {:.2f}]", s.median, s.lower_quartile, s.upper_quartile);
}

void print_saturated(int rounds) {
    fmt::print(
        "\nSaturated, u64, 1024 slots: the rival's time over bounded_queue's, median "
        "[quartiles]; must 4, aim 8\n");
    for (const int threads : {1, 2, 4}) {
        const double before = conq::bench::line_transfer_ns();
        const auto results =
            conq::bench::compare(conq::bench::saturated(threads, threads, 1024), rounds);
        const double after = conq::bench::line_transfer_ns();
        fmt::print(
            "  {}P{}C  bounded_queue {:.1f} ns an item; a line takes {:.0f}, then {:.0f} ns\n",
            threads, threads, results[0].ns.median, before, after);
        for (const comparison& rival : results) {
            if (rival.name == results[0].name) continue;
            fmt::print("    {:<34} {}\n", rival.name,
                       rival.ns.median > 0 ? shown(rival.ratio) : "not measured");
        }
    }
}

void print_pairs(int rounds) {
    const auto results = conq::bench::compare(conq::bench::uncontended_pair(), rounds);
    fmt::print("\nOne thread, put then get, u64: time over that of two locked RMWs ({:.2f} ns)\n",
               results[0].ns.median);
    fmt::print("    {:<34} {}   must 1.5, aim 1.2\n", results[1].name, shown(results[1].ratio));
    fmt::print("    {:<34} {}   must 2.5, aim 2.0\n", results[2].name, shown(results[2].ratio));
}

void print_batches(int rounds) {
    fmt::print("\n1P1C, u64, 1024 slots: the time of single calls over that of batches of 16\n");
    for (const auto& both : conq::bench::batches_and_single_calls()) {
        const auto results = conq::bench::compare(both, rounds);
        fmt::print("    {:<34} {:7.2f} ns an item\n", results[0].name, results[0].ns.median);
        fmt::print("    {:<34} {}\n", results[1].name, shown(results[1].ratio));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = std::max(7, argc > 1 ? std::atoi(argv[1]) : 11);
    fmt::print("conq_bench, {} rounds, all contenders in turn in each\n", rounds);
    print_saturated(rounds);
    print_pairs(rounds);
    print_batches(rounds);
    fmt::print(
        "\nA consumer that waits: {:.0f} ns of processor time in a second, after its spin "
        "window of {} us; must 0\n",
        conq::bench::idle_consumer_ns(), conq::limits::get_spin_window_ns / 1000);
    fmt::print("An empty queue<int>: {} bytes, heap and all; must 1024, aim 512\n",
               conq::bench::empty_queue_bytes());
}

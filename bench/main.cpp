// SPDX-License-Identifier: BSL-1.0
// conq_bench: measures the queues beside their rivals, and says whether the figures that the
// project demands of itself are met. Times are printed, never asserted. Read the ratios: they come
// from the same rounds.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/resources.hpp"
#include "bench/rows.hpp"
#include "bench/table.hpp"
#include "conq/contract/limits.hpp"

namespace {

using namespace conq::bench;  // NOLINT: the parts of this program

std::vector<row> all_rows() {
    std::vector<row> rows;
    for (auto* made : {turn_rows, stream_rows, item_rows}) {
        for (row& each : made()) rows.push_back(std::move(each));
    }
    return rows;
}

void print_resources() {
    fmt::print(
        "\nA consumer that waits: {:.0f} ns of processor time in a second, after its spin "
        "window of {} us; must 0\n",
        idle_consumer_ns(), conq::limits::get_spin_window_ns / 1000);
    fmt::print("An empty queue<int>: {} bytes, heap and all; must 1024, aim 512\n",
               empty_queue_bytes());
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App options("The queues of conq beside their rivals, in pairs.", "conq_bench");
    int rounds = 11;
    std::string only, csv;
    options.add_option("--rounds", rounds, "rounds of each row; at least 9 for a verdict")
        ->check(CLI::Range(1, 1000));
    options.add_option("--rows", only, "only rows whose name contains this text");
    options.add_option("--csv", csv, "a file for all samples");
    CLI11_PARSE(options, argc, argv);

    std::ofstream samples;
    if (!csv.empty()) {
        samples.open(csv);
        if (!samples) {
            fmt::print(stderr, "conq_bench: cannot write {}\n", csv);
            return 2;
        }
        samples << "row,config,contender,round,ns,line_before_ns,line_after_ns\n";
    }
    fmt::print("conq_bench, {} rounds, all contenders in turn in each\n", rounds);
    std::vector<std::pair<std::string, finding>> found;
    for (const row& each : all_rows()) {
        if (each.name.find(only) == std::string::npos) continue;
        const std::vector<round_seen> seen = measure(each.contenders, rounds);
        std::vector<finding> here;
        for (const gate& asked : each.gates) {
            here.push_back(judge(each, seen, asked));
            found.emplace_back(each.name + ", " + each.config, here.back());
        }
        print(each, seen, here);
        std::fflush(stdout);
        samples << csv_of(each, seen);
    }
    if (only.empty()) print_resources();
    print_summary(found);
}

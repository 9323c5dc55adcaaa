// SPDX-License-Identifier: BSL-1.0
#include "bench/table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace conq::bench {
namespace {

gate made(gate::against whom, gate::bound as, double must, double aim, std::string name = {}) {
    return {whom, as, must, aim, std::move(name)};
}

std::optional<std::size_t> rival_of(const row& of, const std::vector<round_seen>& rounds,
                                    const gate& asked) {
    std::optional<std::size_t> best;
    for (std::size_t i = 1; i < of.contenders.size(); ++i) {
        const contender& each = of.contenders[i];
        if (!each.sample) continue;
        if (asked.whom == gate::against::named) {
            if (each.name == asked.name) return i;
            continue;
        }
        const bool counts =
            each.is_gated && (each.blocks || asked.whom == gate::against::strongest);
        if (counts && (!best || times_of(rounds, i).median < times_of(rounds, *best).median)) {
            best = i;
        }
    }
    return best;
}

const char* shown(verdict said) {
    switch (said) {
        case verdict::pass:
            return "pass";
        case verdict::pass_and_aim:
            return "PASS, aim too";
        case verdict::miss:
            return "MISS";
        case verdict::not_measured:
            break;
    }
    return "not measured";
}

std::string shown(const finding& each) {
    const bool is_speed_up = each.asked.as == gate::bound::speed_up;
    const char* const sign = is_speed_up ? ">=" : "<=";
    const std::string seen = each.said == verdict::not_measured
                                 ? "-"
                                 : fmt::format("{:.2f} [{:.2f} to {:.2f}]", each.seen.median,
                                               each.seen.lower_quartile, each.seen.upper_quartile);
    return fmt::format("{:<14} {:<24} must {} {:.2f}, aim {:.2f}; {} {}", shown(each.said), seen,
                       sign, each.asked.must, each.asked.aim,
                       is_speed_up ? "speed-up over" : "time of", each.rival);
}

}  // namespace

gate faster_than_blocking(double must, double aim) {
    return made(gate::against::strongest_blocking, gate::bound::speed_up, must, aim);
}
gate faster_than_any(double must, double aim) {
    return made(gate::against::strongest, gate::bound::speed_up, must, aim);
}
gate faster_than(const std::string& name, double must, double aim) {
    return made(gate::against::named, gate::bound::speed_up, must, aim, name);
}
gate within_blocking(double must, double aim) {
    return made(gate::against::strongest_blocking, gate::bound::time, must, aim);
}
gate within_any(double must, double aim) {
    return made(gate::against::strongest, gate::bound::time, must, aim);
}
gate within(const std::string& name, double must, double aim) {
    return made(gate::against::named, gate::bound::time, must, aim, name);
}

finding judge(const row& of, const std::vector<round_seen>& rounds, const gate& asked) {
    finding found{asked, verdict::not_measured, asked.name, {}};
    const auto rival = rival_of(of, rounds, asked);
    if (!rival) return found;
    found.rival = of.contenders[*rival].name;
    // For both kinds of bound, the ratio that the gate limits.
    const bool is_speed_up = asked.as == gate::bound::speed_up;
    found.seen = is_speed_up ? ratios_of(rounds, *rival, 0) : ratios_of(rounds, 0, *rival);
    const auto holds = [&](double demanded) {
        const double worse = is_speed_up ? found.seen.lower_quartile : found.seen.upper_quartile;
        const auto within_5 = [&](double seen) {
            return is_speed_up ? seen >= 0.95 * demanded : seen <= demanded / 0.95;
        };
        if (demanded == 1.0 && within_5(worse)) return true;
        return is_speed_up ? found.seen.median >= demanded : found.seen.median <= demanded;
    };
    found.said = !holds(asked.must) ? verdict::miss
                 : holds(asked.aim) ? verdict::pass_and_aim
                                    : verdict::pass;
    return found;
}

void print(const row& of, const std::vector<round_seen>& rounds,
           const std::vector<finding>& found) {
    double before = 0, steady = 0;
    for (const round_seen& each : rounds) {
        before += each.line_before_ns / static_cast<double>(rounds.size());
        steady += each.is_steady() ? 1 : 0;
    }
    fmt::print("\n{}: {} (a line takes {:.0f} ns on average; {:.0f} of {} rounds were steady)\n",
               of.name, of.config, before, steady, rounds.size());
    std::vector<std::size_t> by_time(of.contenders.size());
    std::iota(by_time.begin(), by_time.end(), std::size_t{0});
    const auto is_faster = [&](std::size_t a, std::size_t b) {
        return times_of(rounds, a).median < times_of(rounds, b).median;
    };
    std::sort(by_time.begin(), by_time.end(), is_faster);
    for (const std::size_t i : by_time) {
        const contender& each = of.contenders[i];
        if (!each.sample) {
            fmt::print("  {:<48} not measured\n", each.name);
            continue;
        }
        const spread ns = times_of(rounds, i);
        fmt::print("  {:<48} {:10.1f} ns [{:.1f} to {:.1f}]{}\n", each.name, ns.median,
                   ns.lower_quartile, ns.upper_quartile, i == 0 ? "  <" : "");
    }
    for (const finding& each : found) fmt::print("  {}\n", shown(each));
}

void print_summary(const std::vector<std::pair<std::string, finding>>& all) {
    int counts[4] = {};
    fmt::print("\nAll gates:\n");
    for (const auto& [where, each] : all) {
        ++counts[static_cast<int>(each.said)];
        fmt::print("{:<52} {}\n", where, shown(each));
    }
    const auto count = [&](verdict said) { return counts[static_cast<int>(said)]; };
    fmt::print("{} gates hold, {} of them at the aim; {} miss, {} were not measured.\n",
               count(verdict::pass) + count(verdict::pass_and_aim), count(verdict::pass_and_aim),
               count(verdict::miss), count(verdict::not_measured));
}

std::string csv_of(const row& of, const std::vector<round_seen>& rounds) {
    std::string text;
    for (std::size_t r = 0; r < rounds.size(); ++r) {
        for (std::size_t i = 0; i < of.contenders.size(); ++i) {
            if (!of.contenders[i].sample) continue;
            text += fmt::format("\"{}\",\"{}\",\"{}\",{},{:.3f},{:.1f},{:.1f}\n", of.name,
                                of.config, of.contenders[i].name, r + 1, rounds[r].ns[i],
                                rounds[r].line_before_ns, rounds[r].line_after_ns);
        }
    }
    return text;
}

}  // namespace conq::bench

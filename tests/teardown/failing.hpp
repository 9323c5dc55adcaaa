// SPDX-License-Identifier: BSL-1.0
// Makes every public call of a queue fail, at every place where it can.
#ifndef CONQ_TESTS_TEARDOWN_FAILING_HPP
#define CONQ_TESTS_TEARDOWN_FAILING_HPP

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "stage.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/items.hpp"
#include "testing/faults/points.hpp"
#include "testing/history/dice.hpp"

namespace conq::test {

inline constexpr int segment_items = 16, many_items = 20 * segment_items, large_capacity = 500;
inline constexpr std::uint64_t points_max = 1000;  // no call has nearly as many

/// The situation of a queue when a call fails in it.
struct situation {
    const char* name;
    int capacity, puts, gets;
    bool is_shut_down = false;
};
inline constexpr situation situations[] = {
    {"empty", large_capacity, 0, 0},
    {"one item", large_capacity, 1, 0},
    {"the end of a segment", large_capacity, segment_items, 0},
    {"behind the end of a segment", large_capacity, segment_items, segment_items},
    {"many items", large_capacity, many_items, 2},
    {"full", 3, 3, 0},
    {"owing a done", 3, 2, 1},
    {"shut down, with items", large_capacity, 5, 1, true},
    {"shut down, empty", large_capacity, 1, 1, true},
};

template <class Queue> const named_call<Queue>& find_call(const std::string& name) {
    static const std::vector<named_call<Queue>> calls = all_calls<Queue>();
    for (const auto& each : calls) {
        if (each.name == name) return each;
    }
    throw std::logic_error("no such call: " + name);
}

template <class Queue> void bring(stage<Queue>& on, const situation& to) {
    const auto times = [&](int n, const char* name) {
        for (int i = 0; i < n; ++i)
            on.perform(find_call<Queue>(name), testing::any_fault, points_max);
    };
    times(to.puts, "put(T&&)");
    times(to.gets, "get()");
    times(to.is_shut_down ? 1 : 0, "shutdown()");
}

/// Makes every call fail at every point, in every situation. Returns how many failures there were.
template <class Queue> std::uint64_t fail_everywhere(take_order order, testing::findings& found) {
    std::uint64_t struck = 0;
    static_cast<void>(find_call<Queue>("get()"));  // made once and kept, as is this token
    static_cast<void>(live_token());
    for (const named_call<Queue>& call : all_calls<Queue>()) {
        for (const situation& from : situations) {
            bool was_struck = true;
            for (std::uint64_t n = 1; was_struck && n < points_max; ++n) {
                const std::int64_t blocks = stage<Queue>::blocks_in_use();
                {
                    stage<Queue> on(from.capacity, order, found);
                    bring(on, from);
                    if (call.does == effect::end || call.does == effect::release) {
                        on.perform(find_call<Queue>("try_take"), testing::any_fault, points_max);
                    }
                    was_struck =
                        on.can_make(call) && on.perform(call, testing::any_fault, n).was_struck;
                }
                struck += was_struck ? 1 : 0;
                if (n + 1 == points_max) found.add(std::string(call.name) + ": fails for ever");
                if (stage<Queue>::blocks_in_use() != blocks || testing::item_census::alive() != 0) {
                    found.add(std::string(call.name) + ", " + from.name + ": leaks");
                }
            }
        }
    }
    if (testing::item_census::take_crimes() != 0)
        found.add("used or ended an item that did not live");
    return struck;
}

/// Makes random calls, one of which fails at one point; goes through all points of them all.
template <class Queue>
std::uint64_t fail_in_scripts(std::uint64_t seed, take_order order, testing::findings& found) {
    const std::vector<named_call<Queue>> calls = all_calls<Queue>();
    std::vector<named_call<Queue>> moves = puts<Queue>();  // the calls that move items
    for (const auto& each : gets<Queue>()) moves.push_back(each);
    const auto script_with_failure = [&](std::uint64_t n) {
        testing::dice random(seed);
        const int capacities[] = {1, 2, segment_items, large_capacity};
        stage<Queue> on(capacities[random.below(4)], order, found);
        bool was_struck = false;
        for (int i = 0; i < 200; ++i) {
            const auto& from = random.below(3) == 0 ? calls : moves;
            const named_call<Queue>& call = from[random.below(from.size())];
            const bool ends = call.does == effect::shut_down || call.does == effect::drop_all;
            // Calls that sleep would take most of the time, and fail_everywhere makes them.
            const bool sleeps = call.blocked == status::timed_out && on.would_wait(call);
            if (!on.can_make(call) || sleeps || (ends && i < 150)) continue;
            const auto how = on.perform(call, testing::any_fault, was_struck ? points_max : n);
            was_struck = was_struck || how.was_struck;
            if (!was_struck) n -= how.points;
        }
        return was_struck;
    };
    std::uint64_t n = 1;
    while (script_with_failure(n)) ++n;
    if (testing::item_census::alive() != 0) found.add("a script leaks items");
    return n - 1;
}

}  // namespace conq::test

#endif

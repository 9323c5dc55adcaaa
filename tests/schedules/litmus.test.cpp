// SPDX-License-Identifier: BSL-1.0
// Compares the simulated memory with the standard: each small program shows every outcome that the
// memory model allows, and none that it forbids. The names are those of the literature (Alglave,
// Maranget, Tautschnig, "Herding Cats", TOPLAS 2014).
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "testing/scheduler/scheduled.hpp"
#include "testing/support/effort.hpp"

namespace conq::testing {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;
using order = std::memory_order;

// Two shared words, and the values that were read.
struct shared {
    scheduled_atomic<int> x{0}, y{0};
    int r[4] = {};
};
using body = std::function<void(shared&)>;

struct program {
    std::vector<body> threads;
    bool shows_x = false, shows_y = false;  // whether the last values are part of the outcome
    int registers = 2;
};

// How often each outcome was seen: the values read, then the last values that the program shows.
std::map<std::string, int> outcomes(const program& what, memory_model memory) {
    auto seen = std::make_shared<std::map<std::string, int>>();
    exploration how;
    how.memory = memory;
    how.how = strategy::mixed;
    how.schedules = 20'000;
    how.first_seed = first_seed();
    const finding found = explore(how, [&](scenario& story) {
        auto all = std::make_shared<shared>();
        for (const body& each : what.threads) story.thread([=] { each(*all); });
        story.at_end([=, &what] {
            std::string text;
            for (int i = 0; i < what.registers; ++i) text += std::to_string(all->r[i]);
            if (what.shows_x) text += " x" + std::to_string(all->x.load());
            if (what.shows_y) text += " y" + std::to_string(all->y.load());
            ++(*seen)[text];
        });
    });
    EXPECT_EQ(found.failure, "") << found.trace;
    return *seen;
}

// Checks that every outcome of `allowed` is seen, and no other.
void expect_exactly(const char* name, const program& what, memory_model memory,
                    std::vector<std::string> allowed) {
    const auto seen = outcomes(what, memory);
    for (const std::string& each : allowed) {
        EXPECT_TRUE(seen.count(each) != 0)
            << name << ", " << to_string(memory) << ": " << each << " is allowed and was not seen";
    }
    for (const auto& [each, times] : seen) {
        EXPECT_NE(std::count(allowed.begin(), allowed.end(), each), 0)
            << name << ", " << to_string(memory) << ": " << each << " was seen " << times
            << " times and is forbidden";
    }
}

// Each thread writes one word and reads the other, crosswise.
program store_buffering(order store, order load) {
    return {{[=](shared& s) {
                 s.x.store(1, store);
                 s.r[0] = s.y.load(load);
             },
             [=](shared& s) {
                 s.y.store(1, store);
                 s.r[1] = s.x.load(load);
             }}};
}

TEST(litmus, store_buffering) {
    const std::vector<std::string> sequential = {"01", "10", "11"}, all = {"00", "01", "10", "11"};
    expect_exactly("SB", store_buffering(relaxed, relaxed), memory_model::sequential, sequential);
    expect_exactly("SB", store_buffering(release, acquire), memory_model::store_buffers, all);
    expect_exactly("SB", store_buffering(release, acquire), memory_model::views, all);
    expect_exactly("SB", store_buffering(seq_cst, seq_cst), memory_model::store_buffers,
                   sequential);
    expect_exactly("SB", store_buffering(seq_cst, seq_cst), memory_model::views, sequential);
    // Mixed: one side is not seq_cst. That is enough to let both miss the other's store.
    expect_exactly("SB, mixed", store_buffering(seq_cst, acquire), memory_model::views, all);
    expect_exactly("SB, mixed", store_buffering(release, seq_cst), memory_model::views, all);
}

// The same with read-modify-writes in place of the stores.
TEST(litmus, store_buffering_by_read_modify_writes) {
    const auto by = [](order change, order load) -> program {
        return {{[=](shared& s) {
                     s.x.exchange(1, change);
                     s.r[0] = s.y.load(load);
                 },
                 [=](shared& s) {
                     s.y.exchange(1, change);
                     s.r[1] = s.x.load(load);
                 }}};
    };
    expect_exactly("SB+rmw", by(seq_cst, seq_cst), memory_model::views, {"01", "10", "11"});
    expect_exactly("SB+rmw", by(acq_rel, seq_cst), memory_model::views, {"00", "01", "10", "11"});
    // On x86 each read-modify-write is a full barrier, whatever its memory order.
    expect_exactly("SB+rmw", by(relaxed, relaxed), memory_model::store_buffers, {"01", "10", "11"});
}

// The platform's barrier in two halves, between store and load: one thread pays for both threads.
TEST(litmus, store_buffering_with_a_barrier_in_two_halves) {
    using half = void (*)();
    constexpr half none = [] {};
    const auto by = [](half one, half other) -> program {
        return {{[=](shared& s) {
                     s.x.store(1, release);
                     one();
                     s.r[0] = s.y.load(acquire);
                 },
                 [=](shared& s) {
                     s.y.store(1, relaxed);
                     other();
                     s.r[1] = s.x.load(relaxed);
                 }}};
    };
    constexpr half light = scheduled::light_barrier, heavy = scheduled::heavy_barrier;
    const std::vector<std::string> sequential = {"01", "10", "11"}, all = {"00", "01", "10", "11"};
    expect_exactly("SB+light+heavy", by(light, heavy), memory_model::views, sequential);
    expect_exactly("SB+heavy+heavy", by(heavy, heavy), memory_model::views, sequential);
    expect_exactly("SB+light+light", by(light, light), memory_model::views, all);
    expect_exactly("SB+none+heavy", by(none, heavy), memory_model::views, all);
    // On x86 the heavy half takes effect in every thread, wherever it is; the light half only
    expect_exactly("SB+light+heavy", by(light, heavy), memory_model::store_buffers, sequential);
    expect_exactly("SB+light+light", by(light, light), memory_model::store_buffers, all);
}

// What a third thread wrote is passed on: if it is seen before a light half, it is seen after the
// heavy half.
TEST(litmus, a_heavy_half_sees_what_the_others_had_seen) {
    const program what{{[](shared& s) { s.x.store(1, relaxed); },
                        [](shared& s) {
                            s.r[0] = s.x.load(relaxed);
                            scheduled::light_barrier();
                            s.r[1] = s.y.load(relaxed);
                        },
                        [](shared& s) {
                            s.y.store(1, relaxed);
                            scheduled::heavy_barrier();
                            s.r[2] = s.x.load(relaxed);
                        }},
                       false,
                       false,
                       3};
    expect_exactly("RWC+light+heavy", what, memory_model::views,
                   {"000", "001", "010", "011", "101", "110", "111"});
}

program message_passing(order store, order load) {
    return {{[=](shared& s) {
                 s.x.store(1, relaxed);
                 s.y.store(1, store);
             },
             [=](shared& s) {
                 s.r[0] = s.y.load(load);
                 s.r[1] = s.x.load(relaxed);
             }}};
}

TEST(litmus, message_passing) {
    const std::vector<std::string> ordered = {"00", "01", "11"}, all = {"00", "01", "10", "11"};
    expect_exactly("MP", message_passing(relaxed, relaxed), memory_model::store_buffers, ordered);
    expect_exactly("MP", message_passing(release, acquire), memory_model::views, ordered);
    expect_exactly("MP", message_passing(relaxed, acquire), memory_model::views, all);
    expect_exactly("MP", message_passing(release, relaxed), memory_model::views, all);
    expect_exactly("MP", message_passing(seq_cst, seq_cst), memory_model::views, ordered);
}

// Not modelled: the standard allows 11 for relaxed operations, but here no load reads a later
// store.
TEST(litmus, load_buffering_is_not_modelled) {
    const program what{{[](shared& s) {
                            s.r[0] = s.x.load(relaxed);
                            s.y.store(1, relaxed);
                        },
                        [](shared& s) {
                            s.r[1] = s.y.load(relaxed);
                            s.x.store(1, relaxed);
                        }}};
    expect_exactly("LB", what, memory_model::views, {"00", "01", "10"});
}

// What one thread has seen it passes on.
program write_to_read_causality(order store, order load) {
    return {{[=](shared& s) { s.x.store(1, store); },
             [=](shared& s) {
                 s.r[0] = s.x.load(load);
                 s.y.store(1, store);
             },
             [=](shared& s) {
                 s.r[1] = s.y.load(load);
                 s.r[2] = s.x.load(relaxed);
             }},
            false,
            false,
            3};
}

TEST(litmus, write_to_read_causality) {
    const std::vector<std::string> causal = {"000", "001", "010", "011", "100", "101", "111"};
    std::vector<std::string> all = causal;
    all.push_back("110");
    expect_exactly("WRC", write_to_read_causality(release, acquire), memory_model::views, causal);
    expect_exactly("WRC", write_to_read_causality(relaxed, relaxed), memory_model::views, all);
    expect_exactly("WRC", write_to_read_causality(relaxed, relaxed), memory_model::store_buffers,
                   causal);
}

// Two writes, and two readers that may see them in different orders.
program independent_reads(order store, order load) {
    return {{[=](shared& s) { s.x.store(1, store); }, [=](shared& s) { s.y.store(1, store); },
             [=](shared& s) {
                 s.r[0] = s.x.load(load);
                 s.r[1] = s.y.load(load);
             },
             [=](shared& s) {
                 s.r[2] = s.y.load(load);
                 s.r[3] = s.x.load(load);
             }},
            false,
            false,
            4};
}

TEST(litmus, independent_reads_of_independent_writes) {
    const auto acquired = outcomes(independent_reads(release, acquire), memory_model::views);
    EXPECT_TRUE(acquired.count("1010") != 0) << "IRIW is allowed for acquire loads";
    const auto ordered = outcomes(independent_reads(seq_cst, seq_cst), memory_model::views);
    EXPECT_EQ(ordered.count("1010"), 0u) << "IRIW is forbidden for seq_cst";
    EXPECT_EQ(ordered.size(), 15u) << "every other outcome is allowed";
    const auto x86 = outcomes(independent_reads(relaxed, relaxed), memory_model::store_buffers);
    EXPECT_EQ(x86.count("1010"), 0u) << "IRIW is forbidden on x86";
}

// Two threads write two words, crosswise: the first write of both may come last.
program two_plus_two_writes(order store) {
    return {{[=](shared& s) {
                 s.x.store(1, store);
                 s.y.store(2, store);
             },
             [=](shared& s) {
                 s.y.store(1, store);
                 s.x.store(2, store);
             }},
            true,
            true,
            0};
}

TEST(litmus, two_plus_two_writes) {
    const std::vector<std::string> ordered = {" x1 y2", " x2 y1", " x2 y2"};
    std::vector<std::string> all = ordered;
    all.push_back(" x1 y1");
    expect_exactly("2+2W", two_plus_two_writes(release), memory_model::views, all);
    expect_exactly("2+2W", two_plus_two_writes(seq_cst), memory_model::views, ordered);
    expect_exactly("2+2W", two_plus_two_writes(release), memory_model::store_buffers, ordered);
}

program read_to_write_causality(order store, order load) {
    return {{[=](shared& s) { s.x.store(1, store); },
             [=](shared& s) {
                 s.r[0] = s.x.load(load);
                 s.r[1] = s.y.load(load);
             },
             [=](shared& s) {
                 s.y.store(1, store);
                 s.r[2] = s.x.load(load);
             }},
            false,
            false,
            3};
}

TEST(litmus, read_to_write_causality) {
    const auto acquired = outcomes(read_to_write_causality(release, acquire), memory_model::views);
    EXPECT_TRUE(acquired.count("100") != 0) << "RWC is allowed for release and acquire";
    EXPECT_EQ(acquired.size(), 8u);
    const auto ordered = outcomes(read_to_write_causality(seq_cst, seq_cst), memory_model::views);
    EXPECT_EQ(ordered.count("100"), 0u) << "RWC is forbidden for seq_cst";
    EXPECT_EQ(ordered.size(), 7u);
}

// Coherence: a location never goes back to an older value.
TEST(litmus, coherence_of_two_reads) {
    const program what{{[](shared& s) { s.x.store(1, relaxed); },
                        [](shared& s) {
                            s.r[0] = s.x.load(relaxed);
                            s.r[1] = s.x.load(relaxed);
                        }}};
    for (const auto memory :
         {memory_model::sequential, memory_model::store_buffers, memory_model::views}) {
        expect_exactly("CoRR", what, memory, {"00", "01", "11"});
    }
}

TEST(litmus, coherence_of_a_write_and_a_read) {
    const program what{{[](shared& s) {
                            s.x.store(1, relaxed);
                            s.r[0] = s.x.load(relaxed);
                        },
                        [](shared& s) {
                            s.x.store(2, relaxed);
                            s.r[1] = s.x.load(relaxed);
                        }},
                       true};
    // A thread that reads the other's write sees it after its own, so the other's write is the
    // last.
    expect_exactly("CoWR", what, memory_model::views, {"12 x1", "12 x2", "11 x1", "22 x2"});
    expect_exactly("CoWR", what, memory_model::store_buffers, {"12 x1", "12 x2", "11 x1", "22 x2"});
}

// A release sequence continues through a relaxed read-modify-write, and ends at a store of another
// thread.
TEST(litmus, release_sequence) {
    const auto by = [](bool by_rmw) -> program {
        return {{[](shared& s) {
                     s.x.store(1, relaxed);
                     s.y.store(1, release);
                 },
                 [=](shared& s) {
                     if (s.y.load(relaxed) != 1) return;
                     if (by_rmw) {
                         s.y.fetch_add(1, relaxed);
                     } else {
                         s.y.store(2, relaxed);
                     }
                 },
                 [](shared& s) {
                     s.r[0] = s.y.load(acquire);
                     s.r[1] = s.x.load(relaxed);
                 }}};
    };
    expect_exactly("release sequence", by(true), memory_model::views, {"00", "01", "11", "21"});
    expect_exactly("broken release sequence", by(false), memory_model::views,
                   {"00", "01", "11", "20", "21"});
}

// No two read-modify-writes read the same write, even if they are relaxed, or beside a plain store.
TEST(litmus, atomicity_of_read_modify_writes) {
    const program counting{{[](shared& s) { s.r[0] = s.x.fetch_add(1, relaxed); },
                            [](shared& s) { s.r[1] = s.x.fetch_add(1, relaxed); }},
                           true};
    for (const auto memory : {memory_model::store_buffers, memory_model::views}) {
        expect_exactly("RMW", counting, memory, {"01 x2", "10 x2"});
    }
    const program beside_a_store{{[](shared& s) { s.r[0] = s.x.exchange(1, relaxed); },
                                  [](shared& s) { s.x.store(2, relaxed); }},
                                 true,
                                 false,
                                 1};
    expect_exactly("RMW and store", beside_a_store, memory_model::views, {"0 x2", "2 x1"});
}

// A failed compare-and-swap is a load: it may read a stale value. A successful one may not come
// between the two halves of others.
TEST(litmus, failed_compare_and_swap_is_a_load) {
    const program what{{[](shared& s) {
                            s.x.store(1, relaxed);
                            s.y.store(1, release);
                        },
                        [](shared& s) {
                            s.r[0] = s.y.load(relaxed);
                            int expected = 7;
                            static_cast<void>(
                                s.x.compare_exchange_strong(expected, 8, relaxed, relaxed));
                            s.r[1] = expected;
                        }}};
    expect_exactly("failed CAS", what, memory_model::views, {"00", "01", "10", "11"});
}

}  // namespace
}  // namespace conq::testing

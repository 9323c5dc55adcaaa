// SPDX-License-Identifier: BSL-1.0
// The scheduler has to find planted faults: a parking protocol with one of its steps taken out.
#include <algorithm>
#include <cstdio>

#include "models.hpp"

namespace conq::testing {
namespace {

// What may be wrong with the tiny protocol below.
struct fault {
    bool looks_again = true;  // after the flag is armed, before the sleep
    bool wakes = true;        // whoever has put
    bool arms_by_rmw = true;  // else by a store that may stay in the store buffer
    bool claims_once = true;  // else two getters may take the same item
};

// One slot, a flag, a sleeper: the shape of what queues do.
struct tiny_queue {
    scheduled_atomic<std::uint32_t> item{0}, armed{0}, word{0};
    fault with;

    void put() {
        item.exchange(1);
        if (armed.load() == 0 || !with.wakes) return;
        word.store(1);
        scheduled::wake(&word.shared(), 1);
    }
    void get() {
        for (;;) {
            if (take()) return;
            word.store(0);
            with.arms_by_rmw ? static_cast<void>(armed.exchange(1))
                             : armed.store(1, std::memory_order_release);
            if (with.looks_again && take()) return;
            static_cast<void>(scheduled::wait(word, 0, platform::never));
        }
    }
    bool take() {
        if (with.claims_once) return item.exchange(0) == 1;
        if (item.load() == 0) return false;
        item.store(0);
        return true;
    }
};

finding explore_tiny(const fault& with, bool has_store_buffers = true) {
    exploration how;
    how.has_store_buffers = has_store_buffers;
    how.schedules = 50'000;
    return explore(how, [=](scenario& story) {
        auto q = std::make_shared<tiny_queue>();
        q->with = with;
        story.thread([=] { q->put(); });
        story.thread([=] { q->get(); });
    });
}

void expect_found(const char* name, const finding& found, const char* what) {
    EXPECT_NE(found.failure.find(what), std::string::npos)
        << name << " was not found in " << found.schedules << " schedules: " << found.failure;
    EXPECT_NE(found.trace.find("thread 1"), std::string::npos) << "no trace";
    std::printf("    %-34s found after %llu schedules, seed %llu\n", name,
                static_cast<unsigned long long>(found.schedules),
                static_cast<unsigned long long>(found.seed));
}

TEST(canaries, the_protocol_without_a_fault_holds) {
    EXPECT_EQ(explore_tiny({}).failure, "");
}

TEST(canaries, a_missing_second_look_is_found) {
    expect_found("no second look", explore_tiny({.looks_again = false}), "stuck");
}

TEST(canaries, a_dropped_wake_is_found) {
    expect_found("no wake", explore_tiny({.wakes = false}), "stuck");
}

TEST(canaries, a_missing_barrier_is_found_with_store_buffers_only) {
    // The second look is a plain load here, so that nothing but the arming drains the buffer.
    const fault weak{.arms_by_rmw = false, .claims_once = false};
    expect_found("armed by a plain store", explore_tiny(weak), "stuck");
    EXPECT_EQ(explore_tiny(weak, false).failure, "") << "a sequentially consistent one misses it";
}

TEST(canaries, a_double_delivery_is_found) {
    exploration how;
    how.schedules = 50'000;
    const auto found = explore(how, [](scenario& story) {
        auto q = std::make_shared<tiny_queue>();
        auto taken = std::make_shared<int>(0);
        q->with.claims_once = false;
        story.thread([=] { q->put(); });
        for (int g = 0; g < 2; ++g) {
            story.thread([=] { *taken += q->take() ? 1 : 0; });
        }
        story.at_end([=] { require(*taken <= 1, "delivered twice"); });
    });
    expect_found("two take one item", found, "delivered twice");
}

TEST(canaries, a_use_after_destruction_is_found) {
    exploration how;
    how.schedules = 50'000;
    const auto found = explore(how, [](scenario& story) {
        auto* word = new scheduled_atomic<std::uint32_t>(0);
        story.thread([=] {
            word->fetch_add(1);
            word->fetch_add(1);  // the other may have destroyed it
        });
        story.thread([=] {
            while (word->load() == 0) scheduled::yield();
            word->~scheduled_atomic();
        });
    });
    expect_found("touched when it was gone", found, "use after destruction");
}

TEST(canaries, a_seed_repeats_its_run) {
    const finding once = explore_tiny({.looks_again = false});
    exploration how;
    how.first_seed = once.seed;
    how.schedules = 1;
    const finding again = explore(how, [](scenario& story) {
        auto q = std::make_shared<tiny_queue>();
        q->with.looks_again = false;
        story.thread([=] { q->put(); });
        story.thread([=] { q->get(); });
    });
    EXPECT_EQ(again.failure, once.failure);
    EXPECT_EQ(std::count(again.trace.begin(), again.trace.end(), '\n'),
              std::count(once.trace.begin(), once.trace.end(), '\n'));
}

}  // namespace
}  // namespace conq::testing

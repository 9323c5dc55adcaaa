// SPDX-License-Identifier: BSL-1.0
// The scheduler must find planted faults: a parking protocol with one of its steps left out. With
// CONQ_TRACE set the tests print the trace of each fault.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "testing/scheduler/scheduled.hpp"

namespace conq::testing {
namespace {

// The steps of the tiny protocol below; a false one is a fault.
struct fault {
    bool looks_again = true;  // after it has armed the flag, before it sleeps
    bool wakes = true;        // after a put
    bool arms_by_rmw = true;  // else by a store, which may stay in the store buffer
    bool claims_once = true;  // else two getters may take the same item
};

// One slot, a flag and a sleeper: what queues do, in small.
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

finding explore_tiny(const fault& with, memory_model memory = memory_model::store_buffers) {
    exploration how;
    how.memory = memory;
    how.schedules = 50'000;
    return explore(how, [=](scenario& story) {
        auto q = std::make_shared<tiny_queue>();
        q->with = with;
        story.thread([=] { q->put(); }, "putter");
        story.thread([=] { q->get(); }, "getter");
    });
}

void expect_found(const char* name, const finding& found, const char* what) {
    EXPECT_NE(found.failure.find(what), std::string::npos)
        << name << " was not found in " << found.schedules << " schedules: " << found.failure;
    EXPECT_NE(found.trace.find("FAILED"), std::string::npos) << "no trace";
    std::printf("    %-34s found after %llu schedules, seed %llu\n", name,
                static_cast<unsigned long long>(found.schedules),
                static_cast<unsigned long long>(found.seed));
    if (std::getenv("CONQ_TRACE") != nullptr) std::printf("%s", found.trace.c_str());
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
    // Here the second look is a plain load, so that only the arming could drain the store buffer.
    const fault weak{.arms_by_rmw = false, .claims_once = false};
    expect_found("armed by a plain store", explore_tiny(weak), "stuck");
    EXPECT_EQ(explore_tiny(weak, memory_model::sequential).failure, "")
        << "a sequentially consistent one misses it";
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
        auto* word = make_in_run<scheduled_atomic<std::uint32_t>>(0u);
        story.thread([=] {
            word->fetch_add(1);
            word->fetch_add(1);  // the other thread may have destroyed it
        });
        story.thread([=] {
            while (word->load() == 0) scheduled::yield();
            word->~scheduled_atomic();
        });
    });
    expect_found("touched when it was gone", found, "use after destruction");
}

// The other kinds of faults, each in a model of its own.
finding explore_planted(const model& what, memory_model memory = memory_model::views) {
    exploration how;
    how.memory = memory;
    how.schedules = 50'000;
    return explore(how, what);
}

TEST(canaries, a_data_race_is_found_where_an_edge_is_too_weak) {
    for (const auto memory : {memory_model::sequential, memory_model::views}) {
        const auto found = explore_planted(
            [](scenario& story) {
                auto data = std::make_shared<scheduled_plain<int>>(0);
                auto flag = std::make_shared<scheduled_atomic<int>>(0);
                story.thread([=] {
                    *data = 1;
                    flag->store(1, std::memory_order_relaxed);
                });
                story.thread([=] {
                    if (flag->load(std::memory_order_acquire) == 1) require(*data == 1, "unseen");
                });
            },
            memory);
        expect_found("published by a relaxed store", found, "data race");
    }
}

TEST(canaries, a_data_race_is_found_where_a_barrier_alone_stands_between) {
    const auto found = explore_planted([](scenario& story) {
        auto data = std::make_shared<scheduled_plain<int>>(0);
        auto flag = std::make_shared<scheduled_atomic<int>>(0);
        story.thread([=] {
            *data = 1;
            scheduled::heavy_barrier();
            flag->store(1, std::memory_order_relaxed);
        });
        story.thread([=] {
            if (flag->load(std::memory_order_relaxed) == 0) return;
            scheduled::light_barrier();
            require(*data == 1, "unseen");
        });
    });
    expect_found("published by a barrier alone", found, "data race");
}

TEST(canaries, a_stale_value_is_found_with_views_only) {
    const model weak = [](scenario& story) {
        auto words = std::make_shared<std::vector<scheduled_atomic<int>>>(2);
        story.thread([=] {
            (*words)[0].store(1, std::memory_order_relaxed);
            (*words)[1].store(1, std::memory_order_relaxed);
        });
        story.thread([=] {
            const bool is_set = (*words)[1].load(std::memory_order_relaxed) == 1;
            const int value = (*words)[0].load(std::memory_order_relaxed);
            require(!is_set || value == 1, "a stale value");
        });
    };
    expect_found("two relaxed words", explore_planted(weak), "stale value");
    EXPECT_EQ(explore_planted(weak, memory_model::store_buffers).failure, "") << "x86 hides it";
}

TEST(canaries, a_destruction_that_nothing_orders_is_found) {
    const auto found = explore_planted([](scenario& story) {
        auto* word = make_in_run<scheduled_atomic<int>>(0);
        auto gone = std::make_shared<scheduled_atomic<int>>(0);
        story.thread([=] {
            word->fetch_add(1);
            gone->fetch_add(1, std::memory_order_relaxed);
        });
        story.thread([=] {
            while (gone->load(std::memory_order_relaxed) == 0) scheduled::yield();
            word->~scheduled_atomic();
        });
    });
    expect_found("destroyed after a relaxed look", found, "destroyed");
}

TEST(canaries, a_timer_that_hides_a_lost_wake_is_found) {
    const auto found = explore_planted([](scenario& story) {
        auto word = std::make_shared<scheduled_atomic<std::uint32_t>>(0);
        story.thread([=] {
            word->store(1);  // but wakes nobody
        });
        story.thread([=] {
            while (word->load() == 0) static_cast<void>(scheduled::wait(*word, 0, 1'000'000));
        });
        story.timer_may_help([] { return false; });
    });
    expect_found("rescued by its timer", found, "a wake was lost");
}

TEST(canaries, a_livelock_is_found) {
    const auto found = explore_planted([](scenario& story) {
        auto word = std::make_shared<scheduled_atomic<int>>(0);
        story.thread([=] {
            while (word->load() == 0) scheduled::pause(1);
        });
    });
    EXPECT_NE(found.failure.find("livelock"), std::string::npos) << found.failure;
}

TEST(canaries, an_exception_that_leaves_a_thread_is_found) {
    const auto found = explore_planted([](scenario& story) {
        story.thread([] { throw std::runtime_error("nobody catches it"); }, "thread 1");
    });
    EXPECT_NE(found.failure.find("nobody catches it"), std::string::npos) << found.failure;
}

TEST(canaries, exceptions_in_flight_belong_to_their_fiber) {
    const auto found = explore_planted([](scenario& story) {
        for (int t = 0; t < 2; ++t) {
            story.thread([=] {
                try {
                    throw t;
                } catch (int thrown) {
                    scheduler::current()->step("in the handler");
                    require(thrown == t, "another thread's exception");
                    require(std::current_exception() != nullptr, "the exception is gone");
                }
                require(std::uncaught_exceptions() == 0, "miscounted exceptions");
            });
        }
    });
    EXPECT_EQ(found.failure, "");
}

TEST(canaries, exhaustive_runs_see_every_order) {
    exploration how;
    how.how = strategy::exhaustive;
    how.memory = memory_model::sequential;
    how.schedules = 10'000;
    auto orders = std::make_shared<std::set<std::string>>();
    const auto found = explore(how, [=](scenario& story) {
        auto order = std::make_shared<std::string>();
        for (const char* name : {"a", "b"}) {
            story.thread([=] {
                for (int i = 0; i < 2; ++i) {
                    scheduler::current()->step(name);
                    *order += name;
                }
            });
        }
        story.at_end([=] { orders->insert(*order); });
    });
    EXPECT_TRUE(found.has_seen_all);
    EXPECT_EQ(*orders, (std::set<std::string>{"aabb", "abab", "abba", "baab", "baba", "bbaa"}));
}

TEST(canaries, a_lost_wake_is_found_exhaustively) {
    exploration how;
    how.how = strategy::exhaustive;
    how.memory = memory_model::sequential;
    how.schedules = 10'000;
    const auto found = explore(how, [](scenario& story) {
        auto q = std::make_shared<tiny_queue>();
        q->with.looks_again = false;
        story.thread([=] { q->put(); });
        story.thread([=] { q->get(); });
    });
    expect_found("no second look, exhaustive", found, "stuck");
}

TEST(canaries, a_seed_repeats_its_run) {
    const finding once = explore_tiny({.looks_again = false});
    exploration how;
    how.first_seed = once.seed;
    how.schedules = 1;
    const finding again = explore(how, [](scenario& story) {
        auto q = std::make_shared<tiny_queue>();
        q->with.looks_again = false;
        story.thread([=] { q->put(); }, "putter");
        story.thread([=] { q->get(); }, "getter");
    });
    EXPECT_EQ(again.failure, once.failure);
    EXPECT_EQ(std::count(again.trace.begin(), again.trace.end(), '\n'),
              std::count(once.trace.begin(), once.trace.end(), '\n'));
}

}  // namespace
}  // namespace conq::testing

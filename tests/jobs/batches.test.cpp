// SPDX-License-Identifier: BSL-1.0
// An engine may change the rows of a batch together: the result is the same as one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "conq/jobs.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/support/thread_state.hpp"

namespace conq {
namespace {

class JobBatches : public testing::TestWithParam<const char*> {
protected:
    std::string url() {
        const std::string scheme = GetParam();
        return scheme + (scheme == "sqlite:" ? folder_ / "q?durability=process" : "");
    }

    folder folder_;
};
INSTANTIATE_TEST_SUITE_P(Engines, JobBatches, testing::Values("memory:", "sqlite:"),
                         [](const auto& about) {
                             const std::string scheme = about.param;
                             return scheme.substr(0, scheme.size() - 1);
                         });

std::vector<job_lease> taken(job_queue& queue, std::size_t most) {
    std::vector<job_lease> out;
    static_cast<void>(queue.try_take_many(most, out));
    return out;
}

std::vector<std::string> numbers(std::size_t count) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(std::to_string(i));
    return out;
}

TEST_P(JobBatches, ALeaseThatIsLostInTheMiddleIsLeftOut) {
    job_queue queue(url());
    std::vector<job_id> ids;
    ASSERT_EQ(queue.put_many(numbers(10), ids), status::ok);
    auto some = taken(queue, 5), others = taken(queue, 5);
    EXPECT_EQ(queue.attach(some.at(2).ticket()).fail("why"), status::ok);
    EXPECT_EQ(queue.attach(others.at(0).ticket()).release(), status::ok);
    EXPECT_EQ(queue.done_many(some), 4U);
    EXPECT_EQ(queue.done_and_forget(others), 4U);
    EXPECT_EQ(queue.find(ids.at(2))->note, "why");
    EXPECT_EQ(queue.find(ids.at(5))->state, job_state::ready);
    EXPECT_EQ(queue.stats().done, 4U);
}

TEST_P(JobBatches, OfWhatIsDoneAndForgottenNothingIsKept) {
    job_queue queue(url());
    std::vector<job_id> ids;
    ASSERT_EQ(queue.put_many(numbers(200), ids), status::ok);
    const job_id keyed = queue.put("a", {.key = "k"}).value();
    auto some = taken(queue, 300);
    ASSERT_EQ(some.size(), 201U);
    EXPECT_FALSE(queue.try_join());
    EXPECT_EQ(queue.done_and_forget(some), 201U);
    EXPECT_TRUE(some.empty());
    EXPECT_TRUE(queue.try_join());
    EXPECT_EQ(queue.stats().done, 0U);
    EXPECT_FALSE(queue.find(keyed));
    EXPECT_EQ(queue.newest(), keyed);
    EXPECT_EQ(queue.put("b", {.key = "k"}).value(), keyed + 1);
}

TEST_P(JobBatches, AJoinerIsTold) {
    job_queue queue(url());
    std::vector<job_id> ids;
    for (auto end : {&job_queue::done_many, &job_queue::done_and_forget}) {
        ASSERT_EQ(queue.put_many(numbers(3), ids), status::ok);
        auto some = taken(queue, 3);
        test::watched_thread joiner([&] { queue.join(); });
        joiner.wait_until_asleep();
        EXPECT_EQ((queue.*end)(some), 3U);
        joiner.join();
    }
}

TEST(JobBatchesInAFile, AnIdIsNotUsedAgainAfterItWasForgotten) {
    const folder place;
    job_id last = 0;
    for (int i = 0; i < 3; ++i) {
        job_queue queue(place / "q"), other(place / "q");
        const job_id id = queue.put("a").value();
        EXPECT_EQ(id, last + 1);
        auto some = taken(other, 1);
        EXPECT_EQ(other.done_and_forget(some), 1U);
        last = queue.newest();
        EXPECT_EQ(last, id);
    }
}

TEST(JobBatchesInAFile, OutputsGoWithTheirJobs) {
    const folder place;
    job_queue queue(place / "q");
    const job_id id = queue.put("a").value();
    EXPECT_EQ(queue.take().fail("why", "text"), status::ok);
    EXPECT_TRUE(queue.revive(id));
    EXPECT_EQ(queue.output(id), "text");
    auto some = taken(queue, 1);
    EXPECT_EQ(queue.done_and_forget(some), 1U);
    EXPECT_EQ(queue.output(id), std::nullopt);
}

// A queue, and the leases of it that are held.
struct player {
    explicit player(const std::string& url) : queue(url) {}
    job_queue queue;
    std::vector<job_lease> held;

    void put(std::minstd_rand draw) {
        std::vector<job_options> options(draw() % 100);
        std::vector<jobs::new_job> all;
        for (job_options& each : options) {
            if (draw() % 8 == 0) each.priority = static_cast<std::int32_t>(draw() % 3);
            if (draw() % 8 == 0) each.delay = std::chrono::hours(1);
            if (draw() % 8 == 0) each.key = std::to_string(draw() % 50);
            all.push_back({draw() % 2 == 0 ? "a" : "", &each});
        }
        std::vector<job_id> ids;
        EXPECT_EQ(queue.put_many(all, ids), status::ok);
    }
    void end(std::minstd_rand draw) {
        std::vector<job_lease> some;
        for (job_lease& each : held) {
            if (draw() % 4 != 0) some.push_back(std::move(each));
        }
        std::erase_if(held, [](const job_lease& each) { return !each; });
        std::shuffle(some.begin(), some.begin() + std::ssize(some) / 2, draw);
        for (job_lease& each : some) {
            const auto how = draw() % 16;
            if (how < 2) static_cast<void>(each.release());
            if (how == 2) static_cast<void>(each.fail("why"));
        }
        static_cast<void>(draw() % 2 == 0 ? queue.done_many(some) : queue.done_and_forget(some));
    }
    // Everything that can be seen of the queue.
    std::string look() {
        std::string out = std::to_string(queue.newest());
        for (const job_lease& each : held) {
            out += " " + std::to_string(each.id()) + "." + std::to_string(each.token());
        }
        for (int state = 0; state < 6; ++state) {
            out += "\n" + std::to_string(state);
            for (const job_info& each : queue.list(static_cast<job_state>(state), 0, 100'000)) {
                out += " " + std::to_string(each.id) + each.body + each.note;
            }
        }
        return out;
    }
};

TEST(JobBatchesInAFile, TheSameComesOfThemAsInMemory) {
    const auto seed = std::random_device()();
    SCOPED_TRACE(seed);
    const folder place;
    player memory("memory:"), file(place / "q?durability=process");
    std::minstd_rand draw(seed | 1U);
    for (int turn = 0; turn < 60; ++turn) {
        const auto kind = draw() % 3, some = draw();
        for (player* each : {&memory, &file}) {
            const std::minstd_rand own(static_cast<unsigned>(some));
            if (kind == 0) each->put(own);
            if (kind == 1) static_cast<void>(each->queue.try_take_many(some % 90 + 1, each->held));
            if (kind == 2) each->end(own);
        }
        ASSERT_EQ(memory.look(), file.look()) << "turn " << turn;
    }
}

}  // namespace
}  // namespace conq

// SPDX-License-Identifier: BSL-1.0
// The promises of every engine: the same tests for each.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "conq/jobs.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/support/thread_state.hpp"

namespace conq {
namespace {

using namespace std::chrono_literals;
using test::watched_thread;

class JobQueue : public testing::TestWithParam<const char*> {
protected:
    std::string url(const std::string& options = "durability=process") {
        const std::string scheme = GetParam();
        return scheme + (scheme == "sqlite:" ? folder_ / "q" : "") + "?" + options;
    }

    folder folder_;
};
INSTANTIATE_TEST_SUITE_P(Engines, JobQueue, testing::Values("memory:", "sqlite:"),
                         [](const auto& about) {
                             const std::string scheme = about.param;
                             return scheme.substr(0, scheme.size() - 1);
                         });

TEST_P(JobQueue, HandsOutWhatWasPutInOrderByteForByte) {
    job_queue queue(url());
    const std::string bytes("a\0\xff\n", 4);
    const job_id first = queue.put(bytes).value();
    EXPECT_LT(first, queue.put("").value());
    auto task = queue.take();
    EXPECT_EQ(*task, bytes);
    EXPECT_EQ(task.id(), first);
    EXPECT_EQ(task.attempt(), 1U);
    EXPECT_EQ(task.done("well"), status::ok);
    EXPECT_EQ(task.state(), status::empty);
    auto empty_body = queue.take();
    EXPECT_EQ(*empty_body, "");
    EXPECT_EQ(empty_body.done(), status::ok);
    EXPECT_EQ(queue.try_take().state(), status::empty);
    EXPECT_EQ(queue.list(job_state::done).at(0).note, "well");
    EXPECT_EQ(queue.list(job_state::done, first).size(), 1U);
}

TEST_P(JobQueue, LowerPrioritiesComeFirst) {
    job_queue queue(url());
    static_cast<void>(queue.put("b", {.priority = 1}));
    static_cast<void>(queue.put("c", {.priority = 1}));
    static_cast<void>(queue.put("a", {.priority = -1}));
    for (const char* each : {"a", "b", "c"}) {
        auto task = queue.try_take();
        EXPECT_EQ(*task, each);
        EXPECT_EQ(task.done(), status::ok);
    }
}

TEST_P(JobQueue, AKeyThatIsKnownAddsNothing) {
    job_queue queue(url());
    std::vector<job_id> ids;
    EXPECT_EQ(queue.put_many({"a", "b"}, ids, {.key = "k"}), status::ok);
    EXPECT_EQ(ids.at(0), ids.at(1));
    EXPECT_EQ(queue.take().done(), status::ok);
    EXPECT_EQ(queue.put("c", {.key = "k"}).value(), ids.at(0));
    EXPECT_EQ(queue.try_take().state(), status::empty);
    EXPECT_TRUE(queue.forget(ids.at(0)));
    EXPECT_GT(queue.put("c", {.key = "k"}).value(), ids.at(0));
}

TEST_P(JobQueue, ABatchIsTakenInOrderAndEndsAtOnce) {
    job_queue queue(url());
    std::vector<job_id> ids;
    EXPECT_EQ(queue.put_many({"a", "b", "c"}, ids), status::ok);
    std::vector<job_lease> some;
    EXPECT_EQ(queue.take_many(2, some), status::ok);
    ASSERT_EQ(some.size(), 2U);
    EXPECT_EQ(*some[0] + *some[1], "ab");
    EXPECT_EQ(queue.try_take_many(5, some), status::ok);
    ASSERT_EQ(some.size(), 3U);
    EXPECT_EQ(*some[2], "c");
    EXPECT_EQ(queue.try_take_many(5, some), status::empty);
    EXPECT_EQ(queue.done_many(some), 3U);
    EXPECT_TRUE(some.empty());
    EXPECT_EQ(queue.done_many(some), 0U);
    EXPECT_EQ(queue.stats().done, 3U);
    queue.shutdown();
    EXPECT_EQ(queue.take_many(5, some), status::shut_down);
}

TEST_P(JobQueue, ALeaseOfABatchThatEndedByItselfIsNotEndedAgain) {
    job_queue queue(url());
    std::vector<job_id> ids;
    EXPECT_EQ(queue.put_many({"a", "b"}, ids), status::ok);
    std::vector<job_lease> some;
    std::stop_source stop;
    EXPECT_EQ(queue.take_many(2, some, stop.get_token()), status::ok);
    EXPECT_EQ(some.at(0).fail("why"), status::ok);
    EXPECT_EQ(queue.done_many(some), 1U);
    EXPECT_EQ(queue.stats().dead, 1U);
    stop.request_stop();
    EXPECT_EQ(queue.take_many(2, some, stop.get_token()), status::stopped);
}

TEST_P(JobQueue, ADelayedJobIsUnfinishedAndComesInTime) {
    job_queue queue(url());
    static_cast<void>(queue.put("later", {.delay = 30ms}));
    EXPECT_EQ(queue.stats().delayed, 1U);
    EXPECT_FALSE(queue.try_join());
    EXPECT_EQ(*queue.take(), "later");
}

TEST_P(JobQueue, ALeaseThatIsDroppedHandsTheJobBackAfterADelay) {
    job_queue queue(url());
    static_cast<void>(queue.put("a"));
    static_cast<void>(queue.take());
    EXPECT_EQ(queue.stats().delayed, 1U);
    EXPECT_EQ(queue.take().attempt(), 2U);
}

TEST_P(JobQueue, AnAttemptWithoutDoneIsSpentAndTheLastMakesADeadLetter) {
    job_queue queue(url());
    const job_id id = queue.put("a", {.max_attempts = 2}).value();
    EXPECT_EQ(queue.take().retry(0ms, "first"), status::ok);
    auto second = queue.take();
    EXPECT_EQ(second.attempt(), 2U);
    EXPECT_EQ(second.retry(0ms, "second"), status::ok);
    EXPECT_TRUE(queue.try_join());
    const auto dead = queue.list(job_state::dead);
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].note, "second");
    EXPECT_EQ(dead[0].attempts, 2U);
    EXPECT_TRUE(queue.revive(id));
    EXPECT_FALSE(queue.revive(id));
    EXPECT_EQ(queue.take().attempt(), 1U);
}

TEST_P(JobQueue, FailMakesADeadLetterAtOnceAndForgetDropsIt) {
    job_queue queue(url());
    const job_id id = queue.put("a").value();
    EXPECT_FALSE(queue.forget(id));
    EXPECT_EQ(queue.take().fail("why"), status::ok);
    EXPECT_EQ(queue.list(job_state::dead).at(0).note, "why");
    EXPECT_TRUE(queue.forget(id));
    EXPECT_TRUE(queue.list(job_state::dead).empty());
}

TEST_P(JobQueue, ReleaseHandsBackWithoutSpendingAnAttempt) {
    job_queue queue(url());
    static_cast<void>(queue.put("a", {.max_attempts = 1}));
    auto first = queue.take();
    const auto token = first.token();
    EXPECT_EQ(first.release(), status::ok);
    auto again = queue.take();
    EXPECT_EQ(again.attempt(), 1U);
    EXPECT_GT(again.token(), token);
}

TEST_P(JobQueue, ALeaseThatIsHeldIsRenewedForAsLongAsItLives) {
    job_queue queue(url("lease=1s&durability=process"));
    static_cast<void>(queue.put("a"));
    auto held = queue.take();
    EXPECT_EQ(queue.take_for(2500ms).state(), status::timed_out);
    EXPECT_EQ(held.done(), status::ok);
}

TEST_P(JobQueue, ATimeLimitIsHandedToWhoTakesTheJob) {
    job_queue queue(url());
    static_cast<void>(queue.put("a", {.time_limit = 1h}));
    auto task = queue.take();
    EXPECT_EQ(task.time_limit(), 1h);
    const auto ticket = task.detach(1h);
    auto again = queue.attach(*ticket);
    EXPECT_EQ(again.time_limit(), 1h);
    EXPECT_EQ(again.done(), status::ok);
    static_cast<void>(queue.put("b"));
    EXPECT_EQ(queue.take_this("c", {.time_limit = 2h, .key = "c"}).lease.time_limit(), 2h);
    EXPECT_EQ(queue.take().time_limit(), 0h);
}

TEST_P(JobQueue, AnAttemptThatTakesLongerThanItsLimitHasFailedAndItsLeaseIsLost) {
    job_queue queue(url());
    static_cast<void>(queue.put("a", {.max_attempts = 1, .time_limit = 1ms}));
    auto task = queue.take();
    EXPECT_TRUE(task.is_last_attempt());
    queue.join();
    EXPECT_NE(queue.list(job_state::dead).at(0).note.find("time limit"), std::string::npos);
    EXPECT_EQ(task.done(), status::lease_lost);
    EXPECT_EQ(queue.stats().dead, 1U);
    static_cast<void>(queue.put("b", {.max_attempts = 2, .time_limit = 1ms}));
    auto first = queue.take();
    EXPECT_FALSE(first.is_last_attempt());
    auto second = queue.take();
    EXPECT_EQ(second.attempt(), 2U);
    EXPECT_EQ(first.done(), status::lease_lost);
    queue.join();
    EXPECT_EQ(queue.stats().dead, 2U);
}

TEST_P(JobQueue, AnAdvisoryTimeLimitLeavesTheLeaseToItsHolder) {
    job_queue queue(url("time_limit=advisory"));
    job_queue other(url());  // of the same store, unless it is in memory
    const job_options options{.max_attempts = 1, .time_limit = 1ms};
    static_cast<void>(queue.put("a", options));
    auto held = queue.take();
    EXPECT_EQ(held.time_limit(), 1ms);
    static_cast<void>(other.put("b", options));
    const auto late = other.take();  // its limit ends later
    while (other.stats().dead == 0) std::this_thread::yield();
    EXPECT_EQ(held.done(), status::ok);
}

TEST_P(JobQueue, ShutdownRefusesPutsAndDrainsAndReopenLiftsIt) {
    job_queue queue(url());
    static_cast<void>(queue.put("a"));
    queue.shutdown();
    EXPECT_EQ(queue.put("b").state(), status::shut_down);
    EXPECT_EQ(queue.take().done(), status::ok);
    EXPECT_EQ(queue.take().state(), status::shut_down);
    queue.reopen();
    EXPECT_TRUE(queue.put("b"));
    static_cast<void>(queue.put("c", {.delay = 1h}));
    queue.shutdown(immediate);
    EXPECT_EQ(queue.take().state(), status::shut_down);
    EXPECT_EQ(queue.stats().cancelled, 2U);
    EXPECT_TRUE(queue.try_join());
}

TEST_P(JobQueue, CountsWhatThisHandleHoldsApartFromWhatOthersHold) {
    job_queue queue(url());
    for (const char* each : {"a", "b", "c"}) static_cast<void>(queue.put(each));
    auto held = queue.take(), detached = queue.take();
    EXPECT_TRUE(detached.detach(1h));
    EXPECT_EQ(queue.stats().running, 2U);
    EXPECT_EQ(queue.stats().running_here, 1U);
    job_queue other(url());
    EXPECT_EQ(other.stats().running_here, 0U);
    EXPECT_EQ(held.done(), status::ok);
    EXPECT_EQ(queue.stats().running, 1U);
    EXPECT_EQ(queue.stats().running_here, 0U);
}

TEST_P(JobQueue, PauseHandsOutNothingUntilResume) {
    job_queue queue(url());
    EXPECT_FALSE(queue.is_paused());
    static_cast<void>(queue.put("a"));
    queue.pause();
    EXPECT_TRUE(queue.is_paused());
    EXPECT_TRUE(queue.stats().is_paused);
    EXPECT_EQ(queue.try_take().state(), status::empty);
    watched_thread taking([&] { EXPECT_EQ(*queue.take(), "a"); });
    taking.wait_until_asleep();
    queue.resume();
}

TEST_P(JobQueue, TakeThisPutsAndTakesTheJobOfAKeyOnce) {
    job_queue queue(url());
    const job_options options{.key = "k"};
    auto first = queue.take_this("a", options);
    EXPECT_EQ(*first.lease, "a");
    auto second = queue.take_this("a", options);
    EXPECT_FALSE(second.lease);
    EXPECT_EQ(second.state, job_state::running);
    EXPECT_EQ(first.lease.fail("why"), status::ok);
    EXPECT_EQ(queue.take_this("a", options).state, job_state::dead);
    auto revived = queue.take_this("a", options, true);
    EXPECT_EQ(revived.lease.done(), status::ok);
    EXPECT_EQ(queue.take_this("a", options, true).state, job_state::done);
    EXPECT_EQ(queue.stats().done, 1U);
}

TEST_P(JobQueue, KeepsWhatAJobHasWrittenUntilTheJobIsForgotten) {
    job_queue queue(url());
    const std::string bytes("out\0\xff", 5);
    const job_id good = queue.put("a").value(), bad = queue.put("b").value();
    EXPECT_FALSE(queue.output(good));
    EXPECT_EQ(queue.take().done("well", bytes), status::ok);
    EXPECT_EQ(queue.take().fail("why", "first"), status::ok);
    EXPECT_EQ(queue.output(good), bytes);
    EXPECT_EQ(queue.find(good)->note, "well");
    EXPECT_TRUE(queue.revive(bad));
    EXPECT_EQ(queue.output(bad), "first");
    EXPECT_EQ(queue.take().fail("why", "second"), status::ok);
    EXPECT_EQ(queue.output(bad), "second");
    queue.keep_outputs(true);
    EXPECT_TRUE(queue.forget(bad));
    EXPECT_EQ(queue.forget_all(job_state::done), 1U);
    EXPECT_FALSE(queue.output(good));
    EXPECT_FALSE(queue.output(bad));
}

TEST_P(JobQueue, TheOutputOfALeaseThatWasLostIsNotKept) {
    job_queue queue(url());
    const job_id id = queue.put("a").value();
    const auto ticket = queue.take().detach(1h);
    auto mine = queue.attach(*ticket), late = queue.attach(*ticket);
    EXPECT_EQ(mine.done("", "mine"), status::ok);
    EXPECT_EQ(late.done("", "late"), status::lease_lost);
    EXPECT_EQ(queue.output(id), "mine");
}

TEST_P(JobQueue, TakeThisSaysWhichJobItIsAndWhetherItsOutputIsNew) {
    job_queue queue(url());
    const job_options options{.key = "k"};
    auto first = queue.take_this("a", options);
    EXPECT_EQ(first.id, first.lease.id());
    EXPECT_EQ(queue.take_this("a", options).id, first.id);
    EXPECT_EQ(first.lease.fail("why", "bad"), status::ok);
    const auto after = queue.take_this("a", options);
    EXPECT_EQ(after.id, first.id);
    EXPECT_TRUE(after.has_new_output);
    auto again = queue.take_this("a", options, true);
    EXPECT_FALSE(queue.take_this("a", options).has_new_output);  // not finished
    EXPECT_EQ(again.lease.done(), status::ok);

    const job_options silent{.key = "silent"};
    EXPECT_EQ(queue.take_this("b", silent).lease.done(), status::ok);
    EXPECT_FALSE(queue.take_this("b", silent).has_new_output);
}

TEST_P(JobQueue, CountsListsAndForgetsMoreThanFitsIntoOneTransaction) {
    job_queue queue(url());
    constexpr std::size_t count = 12'000;
    std::vector<job_id> ids;
    ASSERT_EQ(queue.put_many(std::vector<std::string>(count, "a"), ids), status::ok);
    for (std::size_t i = 0; i < count; i += 1'000) EXPECT_TRUE(queue.cancel(ids[i]));
    EXPECT_EQ(queue.stats().ready, count - 12);
    EXPECT_EQ(queue.stats().cancelled, 12U);
    const auto some = queue.list(job_state::cancelled, ids[0], 7);
    ASSERT_EQ(some.size(), 7U);
    EXPECT_EQ(some.back().id, ids[7'000]);
    EXPECT_EQ(queue.list(job_state::cancelled, ids[10'500]).size(), 1U);
    EXPECT_EQ(queue.list(job_state::ready, 0, count).size(), count - 12);
    EXPECT_EQ(queue.forget_all(job_state::cancelled), 12U);
    EXPECT_EQ(queue.forget_all(job_state::cancelled), 0U);
    EXPECT_EQ(queue.stats().cancelled, 0U);
    EXPECT_GT(queue.put("b").value(), ids.back());
}

TEST_P(JobQueue, RemembersTheFirstValueUntilItIsReplaced) {
    job_queue queue(url());
    EXPECT_EQ(queue.remember("n", "a"), "a");
    EXPECT_EQ(queue.remember("n", "b"), "a");
    EXPECT_EQ(queue.remember("n", "b", true), "b");
    EXPECT_EQ(queue.remember("m", ""), "");
}

TEST_P(JobQueue, CancelFinishesWhatNobodyHolds) {
    job_queue queue(url());
    const job_id id = queue.put("a").value();
    auto held = queue.take();
    EXPECT_FALSE(queue.cancel(id));
    EXPECT_EQ(held.release(), status::ok);
    EXPECT_TRUE(queue.cancel(id));
    EXPECT_FALSE(queue.cancel(id));
    EXPECT_FALSE(queue.cancel(id + 100));
    EXPECT_TRUE(queue.try_join());
}

TEST_P(JobQueue, AStopThatWasAskedBeforeTakesNothing) {
    job_queue queue(url());
    static_cast<void>(queue.put("a"));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(queue.take(stop.get_token()).state(), status::stopped);
    EXPECT_EQ(queue.join(stop.get_token()), status::stopped);
    EXPECT_TRUE(queue.take_for(0ms));  // a deadline that is past tries once
}

TEST_P(JobQueue, AStopEndsWaits) {
    job_queue queue(url());
    std::stop_source of_take, of_join;
    watched_thread taking(
        [&] { EXPECT_EQ(queue.take(of_take.get_token()).state(), status::stopped); });
    taking.wait_until_asleep();
    of_take.request_stop();
    taking.join();
    static_cast<void>(queue.put("a"));
    watched_thread joining([&] { EXPECT_EQ(queue.join(of_join.get_token()), status::stopped); });
    joining.wait_until_asleep();
    of_join.request_stop();
}

TEST_P(JobQueue, JoinReturnsWhenTheLastJobEndsAndTimesOutBefore) {
    job_queue queue(url());
    EXPECT_TRUE(queue.try_join());
    static_cast<void>(queue.put("a"));
    EXPECT_EQ(queue.join_for(1ms), status::timed_out);
    std::thread worker([&] { EXPECT_EQ(queue.take().done(), status::ok); });
    queue.join();
    worker.join();
    EXPECT_EQ(queue.stats().done, 1U);
    EXPECT_EQ(queue.stats().unfinished(), 0U);
}

TEST_P(JobQueue, ManyThreadsTakeEachJobOnce) {
    job_queue queue(url());
    constexpr int producers = 2, takers = 3, each_puts = 100;
    std::vector<std::set<std::string>> taken(takers);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : taken) {
            threads.emplace_back([&] {
                while (auto task = queue.take()) {
                    EXPECT_TRUE(mine.insert(*task).second);
                    EXPECT_EQ(task.done(), status::ok);
                }
            });
        }
        std::vector<std::jthread> putting;
        for (int producer = 0; producer < producers; ++producer) {
            putting.emplace_back([&, producer] {
                for (int i = 0; i < each_puts; ++i) {
                    EXPECT_TRUE(queue.put(std::to_string(producer * each_puts + i)));
                }
            });
        }
        putting.clear();
        queue.join();
        queue.shutdown();
    }
    std::set<std::string> all;
    std::size_t count = 0;
    for (const auto& mine : taken) {
        count += mine.size();
        all.insert(mine.begin(), mine.end());
    }
    EXPECT_EQ(count, std::size_t{producers * each_puts});
    EXPECT_EQ(all.size(), count);
}

TEST_P(JobQueue, ADetachedLeaseIsTakenUpByItsTicket) {
    job_queue queue(url());
    static_cast<void>(queue.put("a"));
    auto task = queue.take();
    const job_ticket ticket = task.detach(1h).value();
    EXPECT_EQ(task.state(), status::empty);
    EXPECT_EQ(ticket.id, 1U);
    EXPECT_EQ(queue.try_take().state(), status::empty);
    auto again = queue.attach(ticket);
    EXPECT_EQ(*again, "a");
    EXPECT_EQ(again.ticket(), ticket);
    EXPECT_EQ(again.attempt(), 1U);
    EXPECT_EQ(again.done("well"), status::ok);
    EXPECT_EQ(queue.attach(ticket).state(), status::lease_lost);
    EXPECT_TRUE(queue.try_join());
}

TEST_P(JobQueue, ADetachedLeaseEndsByTimeAndItsTicketIsStale) {
    job_queue queue(url());
    static_cast<void>(queue.put("a"));
    const job_ticket stale = queue.take().detach(1ms).value();
    auto other = queue.take_for(10s);
    EXPECT_EQ(*other, "a");
    EXPECT_GT(other.token(), stale.token);
    EXPECT_EQ(queue.attach(stale).state(), status::lease_lost);
    EXPECT_EQ(other.done(), status::ok);
}

TEST_P(JobQueue, ALeaseIsExtendedUntilItHasEnded) {
    job_queue queue(url());
    static_cast<void>(queue.put("a"));
    auto task = queue.take();
    EXPECT_EQ(task.extend(1h), status::ok);
    EXPECT_EQ(task.done(), status::ok);
    EXPECT_EQ(task.extend(1h), status::empty);
}

TEST_P(JobQueue, ASpanMayBeTheLongestThatThereIs) {
    job_queue queue(url());
    static_cast<void>(queue.put("a", {.delay = job_span::max(), .time_limit = job_span::max()}));
    EXPECT_EQ(queue.try_take().state(), status::empty);
    static_cast<void>(queue.put("b"));
    auto task = queue.take();
    EXPECT_EQ(task.extend(job_span::max()), status::ok);
    EXPECT_EQ(queue.try_take().state(), status::empty);
    EXPECT_EQ(task.retry(job_span::max()), status::ok);
    EXPECT_EQ(queue.try_take().state(), status::empty);
    static_cast<void>(queue.put("c"));
    EXPECT_TRUE(queue.take().detach(job_span::max()));
    EXPECT_EQ(queue.take_for(600ms).state(), status::timed_out);
    EXPECT_EQ(queue.stats().delayed, 2U);
}

TEST_P(JobQueue, AJobIsFoundByItsIdAsItIs) {
    job_queue queue(url());
    EXPECT_FALSE(queue.find(1).has_value());
    const job_id id = queue.put("a").value();
    EXPECT_EQ(queue.find(id)->state, job_state::ready);
    EXPECT_EQ(queue.find(id)->begin_ms, 0);
    auto task = queue.take();
    EXPECT_GE(queue.find(id)->begin_ms, queue.find(id)->put_ms);
    EXPECT_EQ(queue.find(id)->end_ms, 0);
    EXPECT_EQ(task.fail("why"), status::ok);
    const job_info found = queue.find(id).value();
    EXPECT_EQ(found.state, job_state::dead);
    EXPECT_EQ(found.body + found.note, "awhy");
    EXPECT_GE(found.end_ms, found.begin_ms);
}

TEST_P(JobQueue, FinishedJobsAreForgottenByState) {
    job_queue queue(url());
    std::vector<job_id> ids;
    EXPECT_EQ(queue.put_many(std::vector<std::string>(1500, "x"), ids), status::ok);
    queue.shutdown(immediate);
    EXPECT_EQ(queue.forget_all(job_state::done), 0U);
    EXPECT_EQ(queue.forget_all(job_state::cancelled), 1500U);
    EXPECT_THROW(static_cast<void>(queue.forget_all(job_state::ready)), std::invalid_argument);
    EXPECT_EQ(queue.stats().cancelled, 0U);
    queue.reopen();
    EXPECT_GT(queue.put("new").value(), ids.back());
}

}  // namespace
}  // namespace conq

// SPDX-License-Identifier: BSL-1.0
// The same test body on a queue in memory and on jobs in a store: what a worker does with an item,
// and what becomes of the item.
#include "conq/typed.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "conq/queue.hpp"
#include "conq/workers.hpp"
#include "tests/jobs/folder.hpp"

namespace conq {
namespace {

using namespace std::chrono_literals;

// A codec of numbers as text.
struct decimal {
    [[nodiscard]] std::string encode(int item) const {
        if (item < 0) throw std::invalid_argument("a negative number");
        return std::to_string(item);
    }
    [[nodiscard]] int decode(std::string_view bytes) const {
        int item = 0;
        const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), item);
        if (error != std::errc{} || end != bytes.data() + bytes.size()) {
            throw std::invalid_argument("not a number");
        }
        return item;
    }
};
using typed_numbers = decltype(typed<int>(std::declval<job_queue&>(), decimal{}));
static_assert(work_queue<queue<int>>);
static_assert(work_queue<typed_numbers>);

// A queue in memory; a process that opens it has a copy of its own.
struct in_memory {
    static constexpr bool hands_back = false;
    queue<int>& open() { return queue_; }
    queue<int> queue_;
};

// The same on jobs of an engine; each process opens its own.
struct in_store {
    static constexpr bool hands_back = true;
    explicit in_store(std::string url) : url_(std::move(url)) {}
    typed_numbers& open() {
        if (!queue_) {
            jobs_.emplace(url_);
            queue_.emplace(*jobs_, decimal{});
        }
        return *queue_;
    }
    std::string url_;
    std::optional<job_queue> jobs_;
    std::optional<typed_numbers> queue_;
};
struct in_file : private folder, in_store {
    in_file() : in_store("sqlite:" + (*this / "q") + "?durability=process") {}
};
struct in_engine_of_memory : in_store {
    in_engine_of_memory() : in_store("memory:") {}
};

template <class Place> class TypedQueue : public testing::Test {
protected:
    // The job engines delay the next attempt; a worker that waits sees it.
    template <class Queue> auto next(Queue& queue) { return queue.take_for(10s); }
    Place place_;
};
using places = testing::Types<in_memory, in_engine_of_memory, in_file>;
TYPED_TEST_SUITE(TypedQueue, places);

TYPED_TEST(TypedQueue, AWorkerThatReturnsHasDoneTheItem) {
    auto& queue = this->place_.open();
    std::atomic<int> sum{0};
    for (int i = 1; i <= 10; ++i) EXPECT_EQ(queue.put(i), status::ok);
    workers crew(queue, 2, [&](int& item) { sum += item; });
    crew.join();
    EXPECT_EQ(sum, 55);
    EXPECT_EQ(queue.try_take().state(), status::empty);
}

TYPED_TEST(TypedQueue, AWorkerThatThrowsDropsTheItem) {
    auto& queue = this->place_.open();
    std::atomic<int> calls{0};
    EXPECT_EQ(queue.put(7), status::ok);
    workers crew(queue, 1, [&](int& item) {
        EXPECT_EQ(item, 7);
        if (++calls == 1) throw std::runtime_error("the first time");
    });
    EXPECT_THROW(crew.join(), std::runtime_error);
    EXPECT_EQ(calls, TypeParam::hands_back ? 2 : 1);
    EXPECT_EQ(crew.failures(), 1U);
    EXPECT_EQ(queue.try_take().state(), status::empty);
}

TYPED_TEST(TypedQueue, ALeaseThatIsDroppedEndsItsDuty) {
    auto& queue = this->place_.open();
    EXPECT_EQ(queue.put(7), status::ok);
    {
        EXPECT_EQ(*queue.take(), 7);
    }
    if (TypeParam::hands_back) {
        auto again = this->next(queue);
        ASSERT_TRUE(again);
        EXPECT_EQ(*again, 7);
        again.done();
    }
    queue.join();
    EXPECT_EQ(queue.try_take().state(), status::empty);
}

TYPED_TEST(TypedQueue, TheItemOfAProcessThatDiesIsTakenByAnother) {
    if (std::is_same_v<TypeParam, in_engine_of_memory>) return;  // no other process can have it
    if (std::is_same_v<TypeParam, in_memory>) {
        EXPECT_EQ(this->place_.open().put(7), status::ok);
    }
    const pid_t child = fork();
    if (child == 0) {
        auto& queue = this->place_.open();
        if (TypeParam::hands_back) static_cast<void>(queue.put(7));
        auto task = queue.take();
        _exit(task && *task == 7 ? 0 : 1);
    }
    int how = -1;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    EXPECT_EQ(how, 0);
    auto& queue = this->place_.open();
    auto task = this->next(queue);
    ASSERT_TRUE(task);
    EXPECT_EQ(*task, 7);
    task.done();
    queue.join();
}

TYPED_TEST(TypedQueue, TheRangeEndsWhenShutDownAndDrained) {
    auto& queue = this->place_.open();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.put(i), status::ok);
    queue.shutdown();
    EXPECT_EQ(queue.put(5), status::shut_down);
    std::vector<int> seen;
    for (auto& task : queue) seen.push_back(*task);
    EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4}));
    queue.join();
}

TYPED_TEST(TypedQueue, AStopThatWasAskedWins) {
    auto& queue = this->place_.open();
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(queue.put(1, source.get_token()), status::stopped);
    EXPECT_EQ(queue.put(1), status::ok);
    EXPECT_EQ(queue.take(source.get_token()).state(), status::stopped);
    EXPECT_EQ(queue.take_for(1s, source.get_token()).state(), status::stopped);
    EXPECT_EQ(queue.join(source.get_token()), status::stopped);
    EXPECT_EQ(*queue.take(), 1);
}

TEST(TypedJobs, BytesThatAreNoItemBecomeADeadLetterAndTakeGoesOn) {
    job_queue jobs("memory:");
    auto queue = typed<int>(jobs, decimal{});
    static_cast<void>(jobs.put("x"));
    EXPECT_EQ(queue.put(1), status::ok);
    auto task = queue.take_for(10s);
    EXPECT_EQ(*task, 1);
    EXPECT_EQ(task.done("as text"), status::ok);
    EXPECT_EQ(queue.take_for(0s).state(), status::timed_out);
    ASSERT_EQ(jobs.list(job_state::dead).size(), 1U);
    EXPECT_EQ(jobs.list(job_state::dead).at(0).body, "x");
    EXPECT_EQ(jobs.list(job_state::dead).at(0).note, "its bytes are no item: not a number");
    EXPECT_EQ(jobs.list(job_state::done).at(0).note, "as text");
}

TEST(TypedJobs, WhatAWorkersFunctionThrowsIsTheNoteOfTheJob) {
    job_queue jobs("memory:");
    auto queue = typed(jobs);
    EXPECT_EQ(queue.put("a", {.max_attempts = 1}), status::ok);
    EXPECT_EQ(queue.put("done before it throws", {.max_attempts = 1}), status::ok);
    workers crew(queue, 1, [](decltype(queue)::lease_type& task) {
        if (*task != "a") task.done("well");
        throw std::runtime_error("no such song");
    });
    EXPECT_THROW(crew.join(), std::runtime_error);
    ASSERT_EQ(jobs.list(job_state::dead).size(), 1U);
    EXPECT_EQ(jobs.list(job_state::dead).at(0).note, "no such song");
    EXPECT_EQ(jobs.list(job_state::done).at(0).note, "well");
}

// A codec that has no memory to decode the bytes, until it has.
struct hungry {
    [[nodiscard]] std::string encode(const std::string& item) const { return item; }
    [[nodiscard]] std::string decode(std::string_view bytes) const {
        if (*refusals > 0 && (*refusals)-- > 0) throw std::bad_alloc();
        return std::string(bytes);
    }
    int* refusals;
};

TEST(TypedJobs, NoMemoryToDecodeIsAFailedAttempt) {
    job_queue jobs("memory:");
    int refusals = 1;
    auto queue = typed<std::string>(jobs, hungry{&refusals});
    EXPECT_EQ(queue.put("a"), status::ok);
    auto task = queue.take_for(10s);
    ASSERT_TRUE(task);
    EXPECT_EQ(*task, "a");
    EXPECT_EQ(task.job().attempt(), 2U);
    EXPECT_EQ(jobs.list(job_state::dead).size(), 0U);
}

TEST(TypedJobs, WhatTheCodecThrowsIsThrownAndNothingIsPut) {
    job_queue jobs("memory:");
    auto queue = typed<int>(jobs, decimal{});
    EXPECT_THROW(static_cast<void>(queue.put(-1)), std::invalid_argument);
    EXPECT_TRUE(queue.try_join());
}

TEST(TypedJobs, WithoutACodecItemsAreBytes) {
    job_queue jobs("memory:");
    auto queue = typed(jobs);
    EXPECT_EQ(queue.put("a\n", {.priority = 3}), status::ok);
    auto task = queue.try_take();
    EXPECT_EQ(*task, "a\n");
    EXPECT_EQ(task.job().attempt(), 1U);
    EXPECT_EQ(task.release(), status::ok);
    EXPECT_EQ(*queue.try_take(), "a\n");
}

}  // namespace
}  // namespace conq

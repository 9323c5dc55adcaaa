// SPDX-License-Identifier: BSL-1.0
// The code of docs/guide.md, in the same order: the guide quotes it from here, and it runs.
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "conq/conq.hpp"

namespace {

using namespace std::chrono_literals;

// What a program does with an item. Here it records them; some items cannot be processed.
std::mutex lock;
std::vector<std::string> worked_on;

void work(const std::string& item) {
    if (item == "torn") throw std::runtime_error("a torn picture");
    const std::lock_guard held(lock);
    worked_on.push_back(item);
}

void tell(const char* chapter) {
    const std::lock_guard held(lock);
    std::printf("%s: %zu\n", chapter, worked_on.size());
    worked_on.clear();
}

void four_calls() {
    conq::queue<std::string> q;
    std::jthread worker([&] {
        while (auto item = q.get()) {  // no item: shut down and drained
            work(*item);
            q.task_done();
        }
    });
    q.put("a.png");
    q.put("b.png");
    q.join();      // both have been processed
    q.shutdown();  // the worker's loop ends
    tell("four calls");
}

void leases() {
    conq::queue<std::string> q;
    std::jthread worker([&] {
        for (auto& task : q) work(*task);  // each turn of the loop is one task_done
    });
    q.put("a.png");
    q.join();
    q.shutdown();
    worker.join();
    tell("leases");

    conq::queue<std::string> some_torn;
    std::jthread careful([&] {
        while (auto task = some_torn.take()) {
            try {
                work(*task);
                task.done();
            } catch (const std::exception& error) {
                std::printf("skipped: %s\n", error.what());
            }  // dropped without done(): it still counts as done, and join does not hang
        }
    });
    some_torn.put("torn");
    some_torn.put("c.png");
    some_torn.join();
    some_torn.shutdown();
    tell("leases that are dropped");
}

// NOLINTBEGIN(bugprone-use-after-move): a put that fails leaves its argument as it was
void answers() {
    conq::bounded_queue<std::unique_ptr<std::string>> q(1);
    auto first = std::make_unique<std::string>("a.png");
    auto second = std::make_unique<std::string>("b.png");
    q.put(std::move(first));
    if (q.try_put(std::move(second)) == conq::status::full) {
        work(*second);  // a put that fails has not touched its argument
    }
    std::stop_source stop;
    while (auto item = q.get_for(1ms, stop.get_token())) {
        work(**item);
        q.task_done();
    }  // timed_out here; item.state() would say so
    stop.request_stop();
    if (q.get(stop.get_token()).state() == conq::status::stopped) tell("answers");
}
// NOLINTEND(bugprone-use-after-move)

void shutdowns() {
    conq::queue<std::string> q;
    for (const char* name : {"a.png", "b.png", "c.png"}) q.put(name);
    q.shutdown();  // no more puts; the remaining items come out
    if (q.put("late.png") == conq::status::shut_down) work("late.png");
    work(*q.get());
    q.task_done();
    q.shutdown(conq::immediate);  // the other two are dropped, and count as done
    q.join();
    tell("shutdowns");
}

void pools() {
    conq::bounded_queue<std::string> q(100);
    conq::workers pool(q, 4, [](std::string& item) { work(item); });
    for (int i = 0; i < 1'000; ++i) q.put("picture " + std::to_string(i));
    q.put("torn");
    try {
        pool.join();  // all have been processed; rethrows the first failure
    } catch (const std::runtime_error& failure) {
        std::printf("a job failed: %s\n", failure.what());
    }
    tell("pools");
}

// Folders inside folders: a job puts more jobs, and join still knows when all are done.
void walks() {
    struct folder {
        int depth;
    };
    conq::queue<folder> q;  // no bound: workers put into it
    conq::workers pool(q, 2, [&](folder& here) {
        work("folder");
        for (int i = 0; i < 3 && here.depth < 4; ++i) q.put({here.depth + 1});
    });
    q.put({0});
    pool.join();  // 1 + 3 + 9 + 27 + 81
    tell("walks");
}

void delays() {
    conq::delay_queue<std::string> q;
    q.put_after("again.png", 2ms);  // or put_at(item, time_point)
    q.put("at once.png");           // due at once, as in the other queues
    q.shutdown();                   // keeps the delays: the loop ends when the last was due
    for (auto& task : q) work(*task);
    tell("delays");
}

void hand_overs() {
    conq::rendezvous<std::string> q;
    conq::workers pool(q, 1, [](std::string& item) { work(item); });
    q.put("a.png");  // returns when the worker has it
    const std::string next = "b.png";
    if (q.try_put(next) != conq::status::ok) work(next);  // no worker is free: do it here
    pool.join();
    tell("hand-overs");
}

void batches() {
    conq::bounded_queue<std::string> q(100);
    std::jthread worker([&] {
        while (auto tasks = q.take_many(16)) {  // up to 16, as many as are there
            for (const std::string& each : tasks) work(each);
            tasks.done();  // one task_done for all of them
        }
    });
    std::vector<std::string> names;
    names.reserve(1'000);
    for (int i = 0; i < 1'000; ++i) names.push_back("picture " + std::to_string(i));
    const auto put = q.put_many(names.begin(), names.end());  // waits for room as often as it takes
    if (put.status != conq::status::ok) std::printf("only %d\n", static_cast<int>(put.count));
    q.join();
    q.shutdown();
    worker.join();
    tell("batches");
}

}  // namespace

int main() {
    four_calls();
    leases();
    answers();
    shutdowns();
    pools();
    walks();
    delays();
    hand_overs();
    batches();
}

// SPDX-License-Identifier: BSL-1.0
// What is made is destroyed exactly once: items and memory, even if an item throws on its way. And
// what workers guarantee to those who start them, and to those who never ask about failures.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "conq/parallel/workers.hpp"
#include "conq/queue/spsc_queue.hpp"
#include "models.hpp"

namespace conq::testing {
namespace {

// How much this run has made and not destroyed yet. Each model sets it to zero first.
struct {
    int items, blocks;
} alive;

class counted_item {
public:
    explicit counted_item(int value) noexcept : value_(value) { ++alive.items; }
    counted_item(counted_item&& other) noexcept : value_(other.value_) { ++alive.items; }
    counted_item& operator=(counted_item&&) = delete;
    ~counted_item() { --alive.items; }
    [[nodiscard]] int value() const noexcept { return value_; }

private:
    int value_;
    [[maybe_unused]] char more_[1'000] = {};  // makes segments of 16 slots, the minimum
};

template <class T> struct counting_allocator {
    using value_type = T;
    counting_allocator() = default;
    template <class U>
    counting_allocator(const counting_allocator<U>&) noexcept {}  // NOLINT: allocators convert
    T* allocate(std::size_t n) {
        T* const made = scheduled_allocator<T>().allocate(n);
        ++alive.blocks;
        return made;
    }
    void deallocate(T*, std::size_t) noexcept { --alive.blocks; }
    friend bool operator==(counting_allocator, counting_allocator) noexcept { return true; }
};
struct counted_traits : scheduled_traits {
    template <class T> using allocator = counting_allocator<T>;
};
using counted_ring = basic_bounded_queue<counted_item, counted_traits>;
using counted_segments = basic_queue<counted_item, counted_traits>;
using counted_mutex_queue = basic_locked_queue<counted_item, counted_traits>;
using counted_pair_queue = basic_spsc_queue<counted_item, counted_traits>;
using counted_heap = basic_priority_queue<counted_item, lower_value, counted_traits>;

template <class Queue> void end_and_count(Queue* q) {
    q->~Queue();
    require(alive.items == 0, "an item was not destroyed, or twice");
    require(alive.blocks == 0, "memory was not given back, or twice");
}

// Items are taken by every form of call, or left in the queue.
template <class Queue> void count_all(scenario& story, int backlog) {
    alive = {};
    auto* q = make_in_run<Queue>(backlog + 32);
    for (int i = 0; i < backlog; ++i) static_cast<void>(q->put(typename Queue::value_type(i)));
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                for (int i = 0; i < 9; ++i)
                    static_cast<void>(q->put(typename Queue::value_type(i)));
            },
            "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            for (int i = 0; i < 4 + backlog; ++i) static_cast<void>(q->get());
            auto task = q->take();
            task = q->take();
            static_cast<void>(task.release());
            static_cast<void>(q->get());
        },
        "getter");
    story.thread([=] { q->trim(); }, "trimmer");
    story.at_end([=] { end_and_count(q); });
}

// The same for one putter and one getter, who go round a small ring. One item is left.
template <class Queue> void count_between_two(scenario& story) {
    alive = {};
    auto* q = make_in_run<Queue>(2);
    story.thread(
        [=] {
            for (int i = 0; i < 4; ++i) static_cast<void>(q->put(counted_item(i)));
        },
        "putter");
    story.thread(
        [=] {
            static_cast<void>(q->get());
            q->take().done();
            static_cast<void>(q->get());
        },
        "getter");
    story.at_end([=] { end_and_count(q); });
}

// One item at a time needs few segments, however many items pass. The segments of a backlog are
// given back when the backlog is gone.
void keep_little(scenario& story) {
    alive = {};
    auto* q = make_in_run<counted_segments>();
    const auto pass = [=](int items) {
        for (int i = 0; i < items; ++i) {
            static_cast<void>(q->put(counted_item(i)));
            static_cast<void>(q->get());
            require(alive.blocks <= 4, "segments are not used again");
        }
    };
    pass(140);
    story.thread([=] { pass(20); });
    story.at_end([=] { end_and_count(q); });
}

void give_back(scenario& story) {
    alive = {};
    auto* q = make_in_run<counted_segments>();
    constexpr int backlog = 20 * 16;
    constexpr int each = 12;  // for each of two threads, who cross into the last segment
    for (int i = 0; i < backlog; ++i) static_cast<void>(q->put(counted_item(i)));
    for (int i = 0; i < backlog - 2 * each; ++i) static_cast<void>(q->get());
    for (int g = 0; g < 2; ++g) {
        story.thread([=] {
            for (int i = 0; i < each; ++i) static_cast<void>(q->get());
        });
    }
    story.at_end([=] {
        q->trim();
        require(alive.blocks <= 17, "the memory of a backlog is not given back");
        end_and_count(q);
    });
}

// Items whose move may throw are kept in boxes on the heap. Each box is freed, even if its item
// throws.
class boxed_item : public counted_item {
public:
    explicit boxed_item(int value, bool throws = false) : counted_item(value), throws_(throws) {}
    boxed_item(boxed_item&& other) noexcept(false)
        : counted_item(std::move(other)), throws_(other.throws_) {
        if (throws_) throw std::runtime_error("a move");
    }

private:
    bool throws_;
};
void give_boxes_back(scenario& story) {
    using queue = basic_priority_queue<boxed_item, lower_value, counted_traits>;
    alive = {};
    auto* q = make_in_run<queue>();
    story.thread([=] {
        bool has_thrown = false;
        for (const int value : {2, 1, 0}) static_cast<void>(q->put(boxed_item(value)));
        try {
            static_cast<void>(q->put(boxed_item(3, true)));
        } catch (const std::runtime_error&) {
            has_thrown = true;
        }
        require(has_thrown, "an item came in, and its move threw");
        static_cast<void>(q->get());
    });
    story.at_end([=] { end_and_count(q); });
}

// An immediate shutdown destroys the items that it drops, as every call does.
template <class Queue> void count_dropped(scenario& story) {
    alive = {};
    auto* q = make_in_run<Queue>(8);
    for (int i = 0; i < 4; ++i) static_cast<void>(q->put(counted_item(i)));
    story.thread([=] { q->shutdown(immediate); }, "closer");
    story.thread([=] { static_cast<void>(q->put(counted_item(9))); }, "putter");
    story.at_end([=] { end_and_count(q); });
}

// A put or get whose item throws changes nothing, and blocks nobody.
template <class Queue> void throw_on_the_way(scenario& story) {
    auto q = std::make_shared<Queue>(2);
    auto sum = std::make_shared<int>(0);
    auto caught = std::make_shared<int>(0);
    story.thread(
        [=] {
            fragile_item broken(100, 1);
            try {
                static_cast<void>(q->put(std::move(broken)));
            } catch (const std::runtime_error&) {
                ++*caught;
            }
            require(broken.value() == 100, "a put that threw has touched its argument");
            require(q->unfinished() <= 2, "a put that threw is counted");
        },
        "unlucky putter");
    story.thread([=] { static_cast<void>(q->put(fragile_item(1, 2))); }, "putter");
    story.thread([=] { static_cast<void>(q->put(fragile_item(2, -1))); }, "lucky putter");
    for (int g = 0; g < 2; ++g) {
        story.thread(
            [=] {
                try {
                    *sum += q->get()->value();
                } catch (const std::runtime_error&) {
                    ++*caught;
                    *sum += q->get()->value();
                }
            },
            "getter " + std::to_string(g + 1));
    }
    story.at_end([=] {
        require(*caught == 2, "not two moves threw");
        require(*sum == 3 && q->size() == 0, "an item was lost, or is there twice");
        require(q->unfinished() == 2, "miscounted");
        require(q->try_get().state() == status::empty, "held up, or an item too many");
        q->task_done(2);
        q->join();
    });
}

// A get waits, is served, and throws: the item stays for the next get.
template <class Queue> void throw_after_waiting(scenario& story) {
    auto q = std::make_shared<Queue>(2);
    story.thread(
        [=] {
            bool has_thrown = false;
            try {
                static_cast<void>(q->get());
            } catch (const std::runtime_error&) {
                has_thrown = true;
            }
            require(has_thrown && q->size() == 1, "an item that threw was taken");
            require(q->get()->value() == 5, "another item");
        },
        "getter");
    story.thread([=] { static_cast<void>(q->put(fragile_item(5, 2))); }, "putter");
}

// Of three waiting getters, the first two that are woken throw. Each wakes the next one.
template <class Queue> void throw_among_waiters(scenario& story) {
    auto q = std::make_shared<Queue>(2);
    auto caught = std::make_shared<int>(0);
    for (int g = 0; g < 3; ++g) {
        story.thread(
            [=] {
                try {
                    require(q->get()->value() == 5, "another item");
                } catch (const std::runtime_error&) {
                    ++*caught;
                }
            },
            "getter " + std::to_string(g + 1));
    }
    story.thread([=] { static_cast<void>(q->put(fragile_item(5, 2, 2))); }, "putter");
    story.at_end([=] {
        require(*caught == 2, "not two moves threw");
        require(q->empty(), "an item is left");
    });
}

// ---- workers

// A platform that can make two threads of a pool, but no third.
struct few_threads : scheduled {
    class thread : public scheduled_thread {
    public:
        template <class Body>
        thread(const char* name, Body body) : scheduled_thread(checked(name), std::move(body)) {}

    private:
        static const char* checked(const char* name) {
            if (std::string(name).ends_with("-3")) throw std::runtime_error("no more threads");
            return name;
        }
    };
};
struct few_threads_traits : scheduled_traits {
    using platform = few_threads;
};

// If a pool cannot be made, the threads that it has made already are ended.
void fail_to_start(scenario& story) {
    using queue = basic_bounded_queue<slow_item, few_threads_traits>;
    auto* q = make_in_run<queue>(2);
    static_cast<void>(q->put(slow_item(0)));
    story.thread([=] {
        bool has_thrown = false;
        try {
            workers pool(*q, 3, [](slow_item&) {});
        } catch (const std::runtime_error&) {
            has_thrown = true;
        }
        require(has_thrown, "a third thread was made");
        if (q->size() == 1) q->take().done();
        q->join();
        q->~queue();
    });
}

// Who asks about failures.
enum class asks { nobody, join, failures, a_handler, a_handler_that_throws, join_after_it };

// Records what is written to standard error while it lives.
class told {
public:
    told() : before_(dup(STDERR_FILENO)), file_(memfd_create("told", 0)) {
        dup2(file_, STDERR_FILENO);
    }
    ~told() {
        dup2(before_, STDERR_FILENO);
        close(before_);
        close(file_);
    }
    told(const told&) = delete;
    told& operator=(const told&) = delete;
    [[nodiscard]] std::string text() const {
        std::fflush(stderr);
        char bytes[1'000] = {};
        const ssize_t size = pread(file_, bytes, sizeof bytes - 1, 0);
        return {bytes, static_cast<std::size_t>(size)};
    }

private:
    int before_, file_;
};

void fail_and_ask(asks who) {
    auto q = std::make_shared<ring_queue>(2);
    const told told_meanwhile;
    error_handler handler;
    if (who >= asks::a_handler) {
        handler = [=](std::exception_ptr) {
            if (who > asks::a_handler) throw std::runtime_error("a handler failed");
        };
    }
    std::string rethrown;
    {
        workers pool(*q, 1, [](slow_item&) { throw std::runtime_error("a task failed"); }, handler);
        static_cast<void>(q->put(slow_item(0)));
        if (who == asks::join || who == asks::join_after_it) {
            try {
                pool.join();
            } catch (const std::runtime_error& failure) {
                rethrown = failure.what();
            }
        }
        q->join();
        if (who == asks::failures) require(pool.failures() == 1, "miscounted failures");
    }
    const std::string text = told_meanwhile.text();
    const bool is_told = who == asks::nobody || who == asks::a_handler_that_throws;
    const char* const what = who < asks::a_handler ? "a task failed" : "a handler failed";
    require(text.empty() != is_told, "told to nobody who did not ask, or to somebody who did");
    require(!is_told || text.find(what) != std::string::npos, "the failure is not named");
    if (who == asks::join || who == asks::join_after_it) require(rethrown == what, "another one");
}

// Once a failure is counted, join rethrows it. Here the task is done before it fails: what fails is
// a second done.
void ask_when_counted(scenario& story) {
    auto q = std::make_shared<ring_queue>(2);
    story.thread([=] {
        workers pool(*q, 1, [=](slow_item&) { q->task_done(); });
        static_cast<void>(q->put(slow_item(0)));
        while (pool.failures() == 0) scheduler::current()->step_back("yield");
        bool has_thrown = false;
        try {
            pool.join();
        } catch (const std::logic_error&) {
            has_thrown = true;
        }
        require(has_thrown, "a failure was counted, and join did not rethrow it");
    });
}

// An item whose move throws when a worker takes it: that is a failure, and the item is taken again.
void fail_to_take(scenario& story) {
    auto q = std::make_shared<basic_bounded_queue<fragile_item, scheduled_traits>>(2);
    story.thread([=] {
        int processed = 0;
        std::string rethrown;
        workers pool(*q, 1, [&](fragile_item&) { ++processed; });
        static_cast<void>(q->put(fragile_item(5, 2)));
        try {
            pool.join();
        } catch (const std::runtime_error& failure) {
            rethrown = failure.what();
        }
        require(rethrown == "a move" && pool.failures() == 1, "a failure was lost");
        require(processed == 1, "an item was lost");
    });
}

// The tasks of the models below: each waits for its gate to open, and then puts the next task.
constexpr int filler = 0, last = 3, gates = 4;
struct gated {
    std::array<scheduled_atomic<bool>, gates> is_open{};
    scheduled_atomic<int> begun{0};
    ring_queue q{1};
    void run(int task) {
        begun.fetch_add(1);
        if (task == filler) return;
        while (!is_open[static_cast<std::size_t>(task)].load()) scheduled::yield();
        if (task != last) static_cast<void>(q.put(slow_item(last)));
    }
    static void await_a_sleeper() {
        while (scheduler::current()->asleep() == 0) scheduled::yield();
    }
};

// If the only worker waits for room in its own queue, a message says so.
void wait_for_oneself(scenario& story) {
    auto all = std::make_shared<gated>();
    story.thread([=] {
        const told told_meanwhile;
        workers pool(all->q, 1, [=](slow_item& task) { all->run(task.value()); });
        for (const int task : {1, filler}) static_cast<void>(all->q.put(slow_item(task)));
        for (auto& each : all->is_open) each.store(true);
        while (told_meanwhile.text().empty()) scheduled::yield();
        require(told_meanwhile.text().find("all 1 wait") != std::string::npos, "what else?");
        all->q.take().done();
        pool.join();
    });
}

// If two workers wait for room in their own queue one after the other, no message comes: that is no
// mistake.
void wait_in_turn(scenario& story) {
    auto all = std::make_shared<gated>();
    story.thread([=] {
        const told told_meanwhile;
        workers pool(all->q, 2, [=](slow_item& task) { all->run(task.value()); });
        for (const int task : {1, 2, filler}) static_cast<void>(all->q.put(slow_item(task)));
        all->is_open[1].store(true);
        all->await_a_sleeper();
        all->q.take().done();  // the filler: so the first worker puts the last task, and begins it
        while (all->begun.load() != 3) scheduled::yield();
        static_cast<void>(all->q.put(slow_item(filler)));
        all->is_open[2].store(true);
        all->await_a_sleeper();
        require(told_meanwhile.text().empty(), "one of two waits, and it was said of both");
        all->is_open[last].store(true);
        pool.join();
    });
}

// busy() counts the workers that are in the function; once join has returned, none.
void count_the_busy(scenario& story) {
    auto q = std::make_shared<ring_queue>(2);
    story.thread([=] {
        auto busy = std::make_shared<std::function<std::size_t()>>();
        workers pool(*q, 2, [=](slow_item&) {
            require((*busy)() >= 1, "a worker that is busy is not counted");
        });
        *busy = [&pool] { return pool.busy(); };
        static_cast<void>(q->put(slow_item(0)));
        pool.join();
        require(pool.busy() == 0, "somebody is busy with nothing");
    });
}

}  // namespace

void add_clean_up_models(protocol_models& to) {
    const std::string memory = "items and memory";
    to.push_back({memory, "an item at a time", keep_little});
    to.push_back({memory, "a backlog comes and goes", give_back});
    to.push_back({memory, "dropped, bounded_queue", count_dropped<counted_ring>});
    to.push_back({memory, "dropped, queue", count_dropped<counted_segments>});
    to.push_back({memory, "dropped, spsc_queue", count_dropped<counted_pair_queue>});
    to.push_back({memory, "spsc_queue", count_between_two<counted_pair_queue>});
    to.push_back({memory, "bounded_queue", [](auto& s) { count_all<counted_ring>(s, 0); }});
    to.push_back({memory, "boxes", give_boxes_back});
    using fixed = basic_bounded_queue<boxed_item, counted_traits>;
    to.push_back({memory, "locked buffer", [](auto& s) { count_all<fixed>(s, 0); }});
    to.push_back({memory, "priority_queue", [](auto& s) { count_all<counted_heap>(s, 0); }});
    to.push_back({memory, "locked_queue", [](auto& s) { count_all<counted_mutex_queue>(s, 0); }});
    to.push_back({memory, "queue", [](auto& s) { count_all<counted_segments>(s, 0); }});
    const std::string thrown = "an item that throws";
    using locked_buffer = basic_bounded_queue<fragile_item, scheduled_traits>;
    using mutex = basic_locked_queue<fragile_item, scheduled_traits>;
    to.push_back({thrown, "after waiting, locked buffer", throw_after_waiting<locked_buffer>});
    to.push_back({thrown, "after waiting, locked_queue", throw_after_waiting<mutex>});
    using pair_queue = basic_spsc_queue<fragile_item, scheduled_traits>;
    to.push_back({thrown, "after waiting, spsc_queue", throw_after_waiting<pair_queue>});
    to.push_back({thrown, "among waiters, locked buffer", throw_among_waiters<locked_buffer>});
    to.push_back({thrown, "among waiters, locked_queue", throw_among_waiters<mutex>});
    to.push_back({thrown, "locked buffer", throw_on_the_way<locked_buffer>});
    using stack = basic_lifo_queue<fragile_item, scheduled_traits>;
    using heap = basic_priority_queue<fragile_item, lower_value, scheduled_traits>;
    to.push_back({thrown, "after waiting, lifo_queue", throw_after_waiting<stack>});
    to.push_back({thrown, "after waiting, priority_queue", throw_after_waiting<heap>});
    to.push_back({thrown, "lifo_queue", throw_on_the_way<stack>});
    to.push_back({thrown, "priority_queue", throw_on_the_way<heap>});
    to.push_back({thrown, "locked_queue", throw_on_the_way<mutex>});
    const std::string pools = "workers and those who ask";
    for (const asks who : {asks::nobody, asks::join, asks::failures, asks::a_handler,
                           asks::a_handler_that_throws, asks::join_after_it}) {
        to.push_back({pools, "who fail, " + std::to_string(static_cast<int>(who)),
                      [=](auto& story) { story.thread([=] { fail_and_ask(who); }); }});
    }
    to.push_back({pools, "who cannot start", fail_to_start});
    to.push_back({pools, "who cannot take", fail_to_take});
    to.push_back({"workers' own puts", "the only worker waits", wait_for_oneself});
    to.push_back({"workers' own puts", "one after the other", wait_in_turn});
    to.push_back({pools, "who are busy", count_the_busy});
    to.push_back({pools, "who are asked when it is counted", ask_when_counted});
}

}  // namespace conq::testing

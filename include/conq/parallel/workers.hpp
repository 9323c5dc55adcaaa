// SPDX-License-Identifier: BSL-1.0
// workers: threads that take items from a queue and call a function for each.
#ifndef CONQ_PARALLEL_WORKERS_HPP
#define CONQ_PARALLEL_WORKERS_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "conq/contract/concepts.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/platform/lock.hpp"
#include "conq/platform/native.hpp"
#include "conq/queue/own_put.hpp"

namespace conq {

/// How many workers to start, and their name.
struct worker_options {
    /// The number of workers; 0: as many threads as the machine runs at once.
    std::size_t threads = 0;
    /// The system's tools show the threads as "name-1", "name-2"… (Linux keeps 15 bytes).
    std::string name = "conq";
};

/// Receives an exception that a worker's function, or the queue, threw, on that worker's thread.
using error_handler = std::function<void(std::exception_ptr)>;

/// Threads that take items from `queue` and call `function` for each, until the queue is shut down
/// and drained, or until the workers are stopped.
///
/// `function` is called in the first of these forms that fits: `fn(lease&, std::stop_token)`,
/// `fn(T&, std::stop_token)`, `fn(lease&)`, `fn(T&)`. All workers share one copy of it and call it
/// concurrently. When it returns, the worker calls done() on the lease. When it throws, the lease
/// is dropped (a memory queue counts the item as done; a job queue keeps the exception's message in
/// the job) and the exception goes to the error handler; without a handler, the first exception is
/// kept for join() and the others are counted. An exception of the queue itself is treated alike:
/// an item whose move throws stays in the queue and is taken again.
///
/// A worker that puts into its own full queue waits for the other workers; if all of them do so,
/// they wait for ever. A line on standard error then says so, once. Give such a queue no bound
/// (`conq::queue`), put from outside the workers, or limit the wait (put_for).
///
/// Threads: all members may be called from any thread. The queue must outlive the workers.
/// Progress: the destructor waits for the functions that are running.
template <work_queue Queue, class Function> class workers {
    using platform_type = typename platform_of<Queue>::type;
    using stop_source = typename platform_type::stop_source;
    using stop_token = decltype(std::declval<stop_source&>().get_token());
    using lease_type = typename Queue::lease_type;
    using item_type = typename Queue::value_type;
    static constexpr bool lease_and_stop = std::invocable<Function&, lease_type&, stop_token>;
    static constexpr bool item_and_stop = std::invocable<Function&, item_type&, stop_token>;
    static constexpr bool lease_alone = std::invocable<Function&, lease_type&>;
    static constexpr bool item_alone = std::invocable<Function&, item_type&>;
    static_assert(
        lease_and_stop || item_and_stop || lease_alone || item_alone,
        "conq: a worker's function takes (lease&, stop_token), (T&, stop_token), (lease&) "
        "or (T&)");

public:
    /// Starts `threads` workers. Throws std::invalid_argument if that is less than 1, and
    /// std::system_error if a thread cannot be made.
    workers(Queue& queue, std::integral auto threads, Function function,
            error_handler on_error = nullptr)
        : workers(queue, worker_options{.threads = checked(threads)}, std::move(function),
                  std::move(on_error)) {}

    /// Starts workers as `options` says.
    workers(Queue& queue, worker_options options, Function function,
            error_handler on_error = nullptr)
        : queue_(queue),
          name_(std::move(options.name)),
          function_(std::move(function)),
          on_error_(std::move(on_error)) {
        const std::size_t count =
            options.threads != 0 ? options.threads
                                 : std::max<std::size_t>(1, std::thread::hardware_concurrency());
        crew_.size = count;
        const auto start = [&] {
            threads_.reserve(count);
            for (std::size_t i = 1; i <= count; ++i) {
                threads_.emplace_back((name_ + "-" + std::to_string(i)).c_str(), [this] { run(); });
            }
        };
        platform::call_cleanly(start, [&] { end_threads(); });
    }
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    /// Stops the workers, waits for the functions that are running, and reports on standard error
    /// if tasks failed and nobody has asked. Items that no worker has taken stay in the queue: to
    /// wait for them, call join() first.
    ~workers() {
        end_threads();
        if (failures_.load() != 0 && !looked_.load()) tell_failures();
    }

    /// Waits until every item of the queue has been done, then rethrows the first failure that no
    /// join has rethrown yet. It does not return after a stop that has left items in the queue.
    /// Throws std::logic_error on a worker's own thread: that holds an item, and would wait for
    /// itself.
    void join() {
        if (crew_.is_mine()) {
            platform::throw_or_abort(std::logic_error(
                "conq: workers " + name_ + ": a worker that joins waits for itself: join outside"));
        }
        queue_.join();
        looked_.store(true);
        std::exception_ptr first;
        {
            const std::lock_guard held(lock_);
            first = std::exchange(first_failure_, nullptr);
        }
        if (first != nullptr) std::rethrow_exception(first);
    }

    /// Asks the workers to end after their current item; returns at once. Functions that take a
    /// stop token see the request there. Items in the queue stay there.
    void stop() noexcept { stop_.request_stop(); }

    /// The number of workers inside the function now. O(1), non-blocking, as is failures().
    [[nodiscard]] std::size_t busy() const noexcept { return busy_.load(); }
    /// The number of exceptions that ended a call of the function or came from the queue. Each is
    /// counted once join can rethrow it or the handler has returned.
    [[nodiscard]] std::uint64_t failures() const noexcept {
        looked_.store(true);
        return failures_.load();
    }
    /// The number of worker threads.
    [[nodiscard]] std::size_t size() const noexcept { return threads_.size(); }

private:
    using thread = typename platform_type::thread;
    template <class U> using atomic = typename platform_type::template atomic<U>;
    // The pause before a failed take is repeated, so that a lasting failure burns no core.
    static constexpr std::uint64_t retry_pause_ns = 1'000'000;

    static std::size_t checked(std::integral auto threads) {
        if (std::cmp_less(threads, 1)) {
            platform::throw_or_abort(
                std::invalid_argument("conq: workers: " + std::to_string(threads) +
                                      " threads are too few: give at least 1"));
        }
        return static_cast<std::size_t>(threads);
    }

    void run() {
        crew_.enter();
        const stop_token stop = stop_.get_token();
        while (run_one(stop)) {
        }
    }

    // Takes one item and processes it. Returns false if stopped, or shut down and drained.
    bool run_one(const stop_token& stop) noexcept {
        const auto take_and_process = [&] {
            auto task = queue_.take(stop);
            if (!task) return false;
            busy_.fetch_add(1);
            const auto keep = [&](const std::exception_ptr& failure) {
                fail(failure);  // while the lease lives: join must see it
                hand_back(task, failure);
                return false;
            };
            const bool is_good = platform::call_or([&] { return call(task, stop), true; }, keep);
            busy_.fetch_sub(1);
            if (is_good) task.done();
            return true;
        };
        const auto retry = [&](std::exception_ptr failure) {
            fail(std::move(failure));  // thrown by the queue itself, in take or done
            platform_type::sleep(retry_pause_ns);
            return true;
        };
        return platform::call_or(take_and_process, retry);
    }

    void call(lease_type& task, const stop_token& stop) {
        if constexpr (lease_and_stop) {
            std::invoke(function_, task, stop);
        } else if constexpr (item_and_stop) {
            std::invoke(function_, *task, stop);
        } else if constexpr (lease_alone) {
            std::invoke(function_, task);
        } else {
            std::invoke(function_, *task);
        }
    }

    // A job keeps why its attempt failed. Any other lease, and one that the store does not take
    // back now, is dropped.
    static void hand_back([[maybe_unused]] lease_type& task,
                          [[maybe_unused]] const std::exception_ptr& failure) {
        if constexpr (requires(const char* why) { task.retry(why); }) {
            platform::use_message(failure, [&](const char* why) {
                const auto retry = [&] { return static_cast<void>(task.retry(why)), true; };
                platform::call_or(retry, [](const std::exception_ptr&) { return false; });
            });
        }
    }

    // Counts last, so that whoever sees the count finds the exception by join.
    void fail(std::exception_ptr failure) noexcept {
        if (!handle(failure)) {
            const std::lock_guard held(lock_);
            if (first_failure_ == nullptr) first_failure_ = std::move(failure);
        }
        failures_.fetch_add(1);
    }

    // Whether the handler took it. If the handler throws, its own exception is kept instead.
    bool handle(std::exception_ptr& failure) noexcept {
        if (!on_error_) return false;
        looked_.store(true);
        const auto keep = [&](std::exception_ptr of_handler) {
            looked_.store(false);
            failure = std::move(of_handler);
            return false;
        };
        return platform::call_or([&] { return on_error_(failure), true; }, keep);
    }

    void tell_failures() const noexcept {
        platform::use_message(first_failure_, [&](const char* first) {
            std::fprintf(stderr,
                         "conq: workers %s: %llu task(s) failed and nobody asked (first: %s): call "
                         "join() or failures(), or give an error handler\n",
                         name_.c_str(), static_cast<unsigned long long>(failures_.load()), first);
        });
    }

    // The workers of this pool, as their puts know them.
    struct crew_of_pool : crew<platform_type> {
        explicit crew_of_pool(workers& of) noexcept
            : crew<platform_type>{&of.queue_, 0, &tell}, pool(of) {}
        static void tell(crew<platform_type>& self) noexcept {
            auto& all = static_cast<crew_of_pool&>(self);
            if (all.has_told.exchange(true)) return;
            std::fprintf(stderr,
                         "conq: workers %s: all %zu wait for room in the full queue that they take "
                         "from, and if nobody else does, for ever: give the queue no bound, put "
                         "from outside, or use put_for\n",
                         all.pool.name_.c_str(), all.size);
        }
        workers& pool;
        atomic<bool> has_told{false};
    };

    void end_threads() noexcept {
        stop();
        for (thread& each : threads_) each.join();
    }

    Queue& queue_;
    std::string name_;
    Function function_;
    error_handler on_error_;
    crew_of_pool crew_{*this};
    stop_source stop_;
    atomic<std::size_t> busy_{0};
    atomic<std::uint64_t> failures_{0};
    mutable atomic<bool> looked_{false};
    platform::futex_lock<platform_type> lock_;
    std::exception_ptr first_failure_;
    std::vector<thread> threads_;
};

}  // namespace conq

#endif

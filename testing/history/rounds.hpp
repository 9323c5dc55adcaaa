// SPDX-License-Identifier: BSL-1.0
// Rounds: one queue and a random crowd of threads that put, get, join, shut down, stop and resize
// it; every call is recorded. Many short rounds of different shapes meet more interleavings than
// one long round.
#ifndef CONQ_TESTING_HISTORY_ROUNDS_HPP
#define CONQ_TESTING_HISTORY_ROUNDS_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <iterator>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "conq/platform/native.hpp"
#include "testing/history/checker.hpp"
#include "testing/history/dice.hpp"
#include "testing/history/recorder.hpp"

namespace conq::testing {

/// What a queue allows and can do.
struct crowd {
    unsigned putters_most = 4, getters_most = 4;
    bool has_mixers = true;  ///< threads that put and get
    bool resizes = false;    ///< set_maxsize is called
    bool joins_wait = true;  ///< join() without a limit is called; it hangs if items were lost
    unsigned priority_from = 48;
    std::uint64_t priorities = 1;  ///< how many at most
};

/// What happens in a round.
struct shape {
    std::uint64_t seed;
    unsigned putters, getters, mixers, joiners;
    std::uint64_t puts_each;
    unsigned tries_percent, timed_percent, token_percent;  ///< of puts and gets; the others wait
    std::uint64_t dones_most;                              ///< in one call
    std::uint64_t pauses_most;                             ///< between two calls
    std::uint64_t priorities;
    bool stops, closes, drops, resizes;  ///< at a random moment
    unsigned batches_percent;            ///< of puts and gets; the others move one item

    [[nodiscard]] std::uint64_t puts_most() const noexcept {
        return (putters + mixers) * puts_each;
    }
};

/// The shape of the round with this seed.
[[nodiscard]] shape draw_shape(std::uint64_t seed, const crowd& of);
[[nodiscard]] std::string to_string(const shape& of);

inline constexpr std::uint64_t puts_each_most = 1024;
inline constexpr std::uint64_t batch_most = 20;

/// Ends the program, with a text, if it is not fed for long. Otherwise a call that hangs would end
/// in the time-out of the whole test, which says nothing about the cause.
class watchdog {
public:
    /// `what()` returns the text; another thread calls it. Until `may_bark`, the program does not
    /// end; null: it may from the beginning.
    watchdog(std::chrono::milliseconds patience, std::function<std::string()> what,
             const std::atomic<bool>* may_bark = nullptr);
    ~watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    /// Feeds the watchdog: all is well.
    void feed();

private:
    void watch(std::chrono::milliseconds patience);

    std::function<std::string()> what_;
    const std::atomic<bool>* may_bark_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t fed_ = 0;
    bool ends_ = false;
    std::thread thread_;
};

/// Runs rounds, one after the other.
///
/// A thread that puts ends when it has put all its items, or when a put answers `shut_down`. Then
/// the queue is shut down, and a thread that gets ends when a get answers `shut_down`. So a round
/// ends on every correct queue, whatever its shape.
template <class Queue> class rounds {
public:
    /// If a round lasts longer than `patience`, one of its calls hangs, and the program ends. A
    /// patience that is short for a busy machine needs `hangs`: without it the program goes on.
    explicit rounds(const crowd& of, std::chrono::milliseconds patience = std::chrono::minutes(3),
                    const std::atomic<bool>* hangs = nullptr)
        : crowd_(of),
          logs_(make_logs()),
          watchdog_(patience, [this] { return unanswered(); }, hangs) {}

    /// Runs a round on a queue, which must be new. Returns all that happened to the queue.
    [[nodiscard]] history run(Queue& queue, const shape& how) {
        watchdog_.feed();
        queue_ = &queue;
        shape_ = how;
        ready_ = 0;
        used_ = 0;
        goes_ = puts_ended_ = gets_ended_ = false;
        stop_ = std::stop_source();
        for (thread_log& log : logs_) log.clear();
        std::vector<std::thread> putters, getters, others;
        for (unsigned i = 0; i < how.putters; ++i) putters.push_back(start(&rounds::put_all, i));
        for (unsigned i = 0; i < how.mixers; ++i) {
            putters.push_back(start(&rounds::mix, how.putters + i));
        }
        for (unsigned i = 0; i < how.getters; ++i) getters.push_back(start(&rounds::get_all, i));
        for (unsigned i = 0; i < how.joiners; ++i) others.push_back(start(&rounds::join_often, i));
        if (how.stops) others.push_back(start(&rounds::ask_stop, 0));
        if (how.closes || how.drops) others.push_back(start(&rounds::close, 0));
        if (how.resizes) others.push_back(start(&rounds::resize, 0));
        while (ready_ != used_) std::this_thread::yield();
        goes_ = true;
        for (std::thread& each : putters) each.join();
        puts_ended_ = true;
        recorded<Queue>(queue, logs_[used_]).shutdown();
        for (std::thread& each : getters) each.join();
        gets_ended_ = true;
        for (std::thread& each : others) each.join();
        history all;
        for (const thread_log& log : logs_) gather(all, log);
        all.at_end = final_state{queue.size(), queue.unfinished()};
        return all;
    }

private:
    using nanoseconds = std::chrono::nanoseconds;
    static constexpr unsigned threads_most = 16;
    // A getter may get all that at most six threads put, and call task_done for it; and it polls.
    static constexpr std::size_t calls_most = 16 * puts_each_most;

    // What belongs to one thread of a round.
    struct me {
        recorded<Queue> queue;
        thread_log& log;
        conq::testing::dice dice;
        unsigned number;        // among the threads of its kind
        bool has_token = true;  // until the thread was stopped
    };

    static std::vector<thread_log> make_logs() {
        std::vector<thread_log> logs;
        for (unsigned i = 0; i < threads_most; ++i) {
            logs.emplace_back(static_cast<std::uint8_t>(i), calls_most);
        }
        return logs;
    }

    std::thread start(void (rounds::*body)(me&), unsigned number) {
        const unsigned id = used_++;
        return std::thread([this, body, number, id] {
            me self{{*queue_, logs_[id]}, logs_[id], dice(shape_.seed * 31 + id), number};
            ++ready_;
            while (!goes_) std::this_thread::yield();
            (this->*body)(self);
        });
    }

    // The calls that have not returned. Read while their threads hang.
    [[nodiscard]] std::string unanswered() const {
        std::string text = to_string(shape_) + "\n";
        std::uint64_t origin_ns = ~std::uint64_t{0};  // of the first call: a thread may have none
        for (const thread_log& log : logs_) {
            if (!log.calls().empty()) origin_ns = std::min(origin_ns, log.calls()[0].begin_ns);
        }
        for (const thread_log& log : logs_) {
            if (log.calls().empty() || log.calls().back().said != answer::maybe) continue;
            text += "    " + to_string(log.calls().back(), origin_ns) + "\n";
        }
        return text;
    }

    void put_all(me& self) {
        std::uint64_t left = shape_.puts_each, told = 0;  // told of a shutdown: some ask again
        while (left > 0) {
            // A put may fail, even more than once. When the log has little room left, puts only
            // wait.
            const bool must_wait = self.log.room() < 2 * puts_each_most;
            const bool by_batch = !must_wait && self.dice.chance(shape_.batches_percent);
            const many_put put =
                by_batch ? put_many_somehow(self, left) : put_one_somehow(self, left, must_wait);
            if (put.said == answer::shut_down && ++told > self.dice.below(6)) return;
            if (put.said == answer::stopped) self.has_token = false;
            left -= put.count;
            pause(self);
        }
    }

    void get_all(me& self) {
        std::uint64_t undone = 0, polls = shape_.puts_each + 64, told = 0;
        for (;;) {
            const bool by_lease = self.dice.chance(10);
            const bool by_batch = polls != 0 && self.dice.chance(shape_.batches_percent);
            const taken got = by_batch   ? get_many_somehow(self, by_lease)
                              : by_lease ? self.queue.take_and_done()
                                         : get_somehow(self, polls == 0);
            if (got.said == answer::shut_down && ++told > self.dice.below(6)) break;
            if (got.said == answer::stopped) self.has_token = false;
            if (got.said != answer::ok && polls > 0) --polls;
            if (by_lease || got.said != answer::ok) continue;
            undone += by_batch ? got.value : 1;
            if (undone >= self.dice.between(1, shape_.dones_most)) {
                self.queue.done(undone);
                undone = 0;
            }
            pause(self);
        }
        if (undone > 0) self.queue.done(undone);
    }

    // Puts and gets without waiting for long: a thread that does both could wait for itself.
    void mix(me& self) {
        for (std::uint64_t left = shape_.puts_each; left > 0; --left) {
            const std::uint64_t kind = self.dice.below(100);
            answer said = answer::ok;
            taken got{answer::empty, 0};
            if (kind < 30) {
                said = self.queue.try_put(value(self, left));
            } else if (kind < 50) {
                said = self.queue.put_for(value(self, left), span(self));
            } else if (kind < 75) {
                got = self.queue.try_get();
            } else if (kind < 95) {
                got = self.queue.get_for(span(self));
            } else if (kind < 97) {
                self.queue.done(std::uint64_t{1} << 32);  // more than were put: refused
            } else if constexpr (requires { self.queue.trim(); }) {
                self.queue.trim();
            }
            if (got.said == answer::ok) self.queue.done(1);
            if (said == answer::shut_down) return;
            pause(self);
        }
    }

    void join_often(me& self) {
        for (int i = 0; i < 200 && !gets_ended_; ++i) {
            const std::uint64_t kind = self.dice.below(100);
            if (kind < 30 && crowd_.joins_wait) {
                self.queue.join();
            } else if (kind < 60) {
                static_cast<void>(self.queue.join_for(span(self)));
            } else if (kind < 80 && crowd_.joins_wait && self.has_token) {
                self.has_token = self.queue.join(stop_.get_token()) != answer::stopped;
            } else {
                static_cast<void>(self.queue.try_join());
            }
            linger(self, 20);
        }
    }

    void ask_stop(me& self) {
        linger(self, std::uint64_t{1} << self.dice.below(11));
        self.queue.ask_stop(stop_);
    }
    void close(me& self) {
        linger(self, std::uint64_t{1} << self.dice.below(11));
        if (shape_.closes) self.queue.shutdown();
        linger(self, 20);
        if (shape_.drops) self.queue.shutdown_now();
    }
    void resize(me& self) {
        static constexpr std::uint64_t bounds[] = {0, 1, 2, 3, 8, 64, 100, 1000};
        for (int i = 0; i < 1000 && !puts_ended_; ++i) {
            if constexpr (requires { self.queue.set_maxsize(1); }) {
                self.queue.set_maxsize(bounds[self.dice.below(std::size(bounds))]);
            }
            linger(self, 20);
        }
    }

    many_put put_one_somehow(me& self, std::uint64_t left, bool must_wait) {
        const answer said = put_somehow(self, value(self, left), must_wait);
        return {said, said == answer::ok ? 1u : 0u};
    }
    many_put put_many_somehow(me& self, std::uint64_t left) {
        std::uint64_t values[batch_most];
        const std::uint64_t count = std::min(left, self.dice.between(1, batch_most));
        for (std::uint64_t i = 0; i < count; ++i) values[i] = value(self, left - i);
        const std::span batch(values, static_cast<std::size_t>(count));
        return within_some_limit(
            self, [&](auto... within) { return self.queue.put_many(batch, within...); });
    }
    taken get_many_somehow(me& self, bool by_lease) {
        const auto most = static_cast<std::size_t>(self.dice.between(1, batch_most));
        return within_some_limit(self, [&](auto... within) {
            return by_lease ? self.queue.take_many_and_done(most, within...)
                            : self.queue.get_many(most, within...);
        });
    }
    template <class Call> auto within_some_limit(me& self, Call call) {
        const std::uint64_t kind = self.dice.below(100);
        const bool with_token = self.has_token && self.dice.chance(shape_.token_percent);
        const std::stop_token token = with_token ? stop_.get_token() : std::stop_token();
        if (kind < shape_.tries_percent) return call(now);
        if (kind < shape_.tries_percent + shape_.timed_percent) {
            return with_token ? call(span(self), token) : call(span(self));
        }
        return with_token ? call(token) : call();
    }
    answer put_somehow(me& self, std::uint64_t value, bool must_wait) {
        const std::uint64_t kind = self.dice.below(100);
        const bool with_token = self.has_token && self.dice.chance(shape_.token_percent);
        const std::stop_token token = with_token ? stop_.get_token() : std::stop_token();
        if (must_wait) return self.queue.put(value);
        if (kind < shape_.tries_percent) return self.queue.try_put(value);
        if (kind < shape_.tries_percent + shape_.timed_percent) {
            return with_token ? self.queue.put_for(value, span(self), token)
                              : self.queue.put_for(value, span(self));
        }
        return with_token ? self.queue.put(value, token) : self.queue.put(value);
    }
    taken get_somehow(me& self, bool must_wait) {
        const std::uint64_t kind = self.dice.below(100);
        const bool with_token = self.has_token && self.dice.chance(shape_.token_percent);
        const std::stop_token token = with_token ? stop_.get_token() : std::stop_token();
        if (must_wait) return self.queue.get();
        if (kind < shape_.tries_percent) return self.queue.try_get();
        if (kind < shape_.tries_percent + shape_.timed_percent) {
            return with_token ? self.queue.get_for(span(self), token)
                              : self.queue.get_for(span(self));
        }
        return with_token ? self.queue.get(token) : self.queue.get();
    }

    // No two values are the same, as long as `left` counts down.
    std::uint64_t value(me& self, std::uint64_t left) {
        const std::uint64_t priority = self.dice.below(shape_.priorities);
        const std::uint64_t writers = shape_.putters + shape_.mixers;
        return priority << crowd_.priority_from |
               ((shape_.puts_each - left) * writers + self.number);
    }
    static nanoseconds span(me& self) {
        return nanoseconds(static_cast<std::int64_t>(self.dice.below(60'000)));
    }
    void pause(me& self) const {
        if (shape_.pauses_most == 0) return;
        if (self.dice.chance(5)) std::this_thread::yield();
        platform::native::pause(static_cast<int>(self.dice.below(shape_.pauses_most)));
    }
    // Lets the other threads have a random number of turns, as long as they have something to do.
    void linger(me& self, std::uint64_t most) const {
        for (std::uint64_t i = self.dice.below(most + 1); i > 0 && !puts_ended_; --i) {
            std::this_thread::yield();
        }
    }

    crowd crowd_;
    std::vector<thread_log> logs_;
    Queue* queue_ = nullptr;
    shape shape_{};
    std::stop_source stop_;
    std::atomic<unsigned> ready_{0};
    unsigned used_ = 0;
    std::atomic<bool> goes_{false}, puts_ended_{false}, gets_ended_{false};
    watchdog watchdog_;  // last: it reads the other members
};

}  // namespace conq::testing

#endif

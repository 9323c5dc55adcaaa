// SPDX-License-Identifier: BSL-1.0
// A queue in a crowd: far more threads than cores, rounds of puts and gets of which each is
// measured, and each item of which has to come out once.
#ifndef CONQ_TESTS_OVERSUBSCRIPTION_CROWD_HPP
#define CONQ_TESTS_OVERSUBSCRIPTION_CROWD_HPP

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "conq/queue.hpp"
#include "testing/faults/findings.hpp"
#include "testing/faults/process.hpp"
#include "testing/faults/stalls.hpp"
#include "testing/faults/team.hpp"
#include "testing/history/dice.hpp"

namespace conq::test {

/// The longest that a call may stand still if nothing explains it.
inline constexpr std::uint64_t stall_max_ns = 1'000'000'000;

/// An item. If it is marked, its first move, which is that into the queue, stops the process.
struct parcel {
    std::uint64_t value;
    std::atomic<platform::instant_ns>* stopped_at = nullptr;  ///< the mark: when it stopped

    explicit parcel(std::uint64_t v, std::atomic<platform::instant_ns>* mark = nullptr) noexcept
        : value(v), stopped_at(mark) {}
    parcel(parcel&& other) noexcept : value(other.value) {
        if (other.stopped_at == nullptr) return;
        std::exchange(other.stopped_at, nullptr)->store(platform::monotonic_now());
        testing::stoppable_thread::stop_itself();
    }
};

/// Plays rounds with a team of `threads`. Belongs to one thread.
template <class Queue> class crowd {
public:
    static constexpr int putters = 32, getters = 32, threads = putters + getters;

    /// `is_fifo`: the items of a putter come to each getter in their order.
    crowd(testing::team& team, bool is_fifo, testing::findings& found)
        : team_(team), is_fifo_(is_fifo), found_(found) {}

    /// A round of so long, on a queue of its own. `is_stopped`: one of the putters is, again and
    /// again, in the middle of a put. How many items went through.
    std::uint64_t run(std::uint64_t seed, std::uint64_t round_ns, bool is_stopped) {
        testing::dice random(seed);
        Queue queue(random.chance(50) ? 1 + random.below(4) : 1 + random.below(64));
        put_ = got_ = {};
        puts_ended_ = gets_ended_ = 0;
        putting_ = putters;
        end_ = platform::monotonic_now() + round_ns;
        team_.run([&](int index) {
            const testing::dice own(seed + 1 + static_cast<std::uint64_t>(index));
            if (index >= putters) {
                get_all(queue, index, own);
            } else if (index == 0 && is_stopped) {
                put_all_with_stops(queue, own);
            } else {
                put_all(queue, index, own);
            }
        });
        found_.expect(queue.empty() && queue.unfinished() == 0, "joined, and something is left");
        found_.expect(put_ == got_, "an item was lost, or came twice");
        take_in_meters();
        return put_.count;
    }

    /// Prints what the calls of all rounds took.
    void conclude(const char* name) const {
        const auto say = [](const char* side, const testing::histogram& took, std::uint64_t most) {
            std::printf("    %s: %s; at most %llu overtook a waiter\n", side, took.text().c_str(),
                        static_cast<unsigned long long>(most));
        };
        say("puts", puts_, put_overtakes_);
        say("gets", gets_, get_overtakes_);
        std::printf("    %s: the longest call took %.0f ms, the longest stall %.0f ms\n", name,
                    static_cast<double>(std::max(puts_.longest_ns(), gets_.longest_ns())) / 1e6,
                    static_cast<double>(longest_stall_ns_) / 1e6);
        std::fflush(stdout);
    }

private:
    // Some items, told apart by a sum of what is random about each.
    struct tally {
        std::uint64_t count = 0, sum = 0;
        void add(std::uint64_t value) {
            ++count;
            sum += testing::dice(value).below(std::uint64_t{1} << 40);
        }
        tally& operator+=(const tally& other) {
            count += other.count;
            sum += other.sum;
            return *this;
        }
        bool operator==(const tally&) const = default;
    };

    void put_all(Queue& queue, int index, testing::dice random) {
        testing::call_meter& meter = make_meter(index, puts_ended_);
        tally mine;
        const auto first = static_cast<std::uint64_t>(index) << 32;
        for (std::uint64_t i = 0; i < puts_least || platform::monotonic_now() < end_; ++i) {
            const bool stops = index == 0 && stop_is_wanted_.exchange(false);
            parcel item(first + i, stops ? &stopped_at_ : nullptr);
            status answer = status::timed_out;
            while (answer == status::timed_out) {
                const bool is_patient = random.chance(80);
                answer = meter.measure([&] {
                    return is_patient ? queue.put(std::move(item))
                                      : queue.put_for(std::move(item), a_while);
                });
            }
            found_.expect(answer == status::ok, "a put was refused");
            mine.add(first + i);
            if (random.chance(5)) platform::native::yield();
        }
        take_in(put_, mine);
        if (putting_.fetch_sub(1) != 1) return;
        queue.join();
        queue.shutdown();
    }

    // Meanwhile the thread that would have put sees to the stops.
    void put_all_with_stops(Queue& queue, testing::dice random) {
        stop_is_wanted_ = true;
        testing::stoppable_thread putter([&] { put_all(queue, 0, random); });
        while (putter.wait_until_stopped()) {
            std::this_thread::sleep_for(stop_length);  // the stop itself, which nobody waits for
            putter.resume();  // first: this thread may lose its core before it does so
            stops_.add({stopped_at_.load(), platform::monotonic_now()});
            std::this_thread::sleep_for(stop_length);
            stop_is_wanted_ = true;
        }
    }

    void get_all(Queue& queue, int index, testing::dice random) {
        testing::call_meter& meter = make_meter(index, gets_ended_);
        tally mine;
        std::array<std::uint64_t, putters> next_least{};
        for (;;) {
            const bool is_patient = random.chance(80);
            const auto got =
                meter.measure([&] { return is_patient ? queue.get() : queue.get_for(a_while); });
            if (got.state() == status::shut_down) break;
            if (!got) continue;
            mine.add(got->value);
            std::uint64_t& least = next_least.at(static_cast<std::size_t>(got->value >> 32));
            found_.expect(!is_fifo_ || got->value >= least, "a putter's items came out of order");
            least = got->value + 1;
            queue.task_done();
        }
        take_in(got_, mine);
    }

    void take_in(tally& all, const tally& mine) {
        const std::lock_guard held(mutex_);
        all += mine;
    }

    testing::call_meter& make_meter(int index, std::atomic<std::uint64_t>& ended) {
        auto& place = meters_[static_cast<std::size_t>(index)];
        place = std::make_unique<testing::call_meter>(ended, threads / 2);
        return *place;
    }

    // A stall that nothing explains is a finding.
    void take_in_meters() {
        std::vector<testing::account> accounts;
        for (int i = 0; i < threads; ++i) {
            const testing::call_meter& each = *meters_[static_cast<std::size_t>(i)];
            (i < putters ? puts_ : gets_).add(each.durations());
            std::uint64_t& most = i < putters ? put_overtakes_ : get_overtakes_;
            most = std::max(most, each.most_overtakes());
            accounts.push_back(each.long_ones());
        }
        watch_.catch_up();
        const std::uint64_t stall_ns = testing::longest_stall_ns(accounts, stops_);
        longest_stall_ns_ = std::max(longest_stall_ns_, stall_ns);
        if (stall_ns <= stall_max_ns) return;
        found_.add("a call stalled for " + std::to_string(stall_ns / 1'000'000) +
                   " ms, and nothing explains it");
    }

    // Of each putter, however late it gets a core: so that there is an order to look at.
    static constexpr std::uint64_t puts_least = 8;
    static constexpr std::chrono::milliseconds a_while{1}, stop_length{20};

    testing::team& team_;
    const bool is_fifo_;
    testing::findings& found_;
    testing::stop_log stops_;
    const testing::stop_watch watch_{stops_};
    // Of a round.
    platform::instant_ns end_ = 0;
    std::mutex mutex_;
    tally put_, got_;  // under the mutex
    std::atomic<int> putting_{0};
    std::atomic<bool> stop_is_wanted_{false};
    std::atomic<std::uint64_t> puts_ended_{0}, gets_ended_{0};
    std::atomic<platform::instant_ns> stopped_at_{0};
    std::array<std::unique_ptr<testing::call_meter>, threads> meters_;
    // Of all rounds.
    testing::histogram puts_, gets_;
    std::uint64_t put_overtakes_ = 0, get_overtakes_ = 0, longest_stall_ns_ = 0;
};

/// Whatever threads this one makes from here on have two cores.
inline void take_two_cores() {
    cpu_set_t allowed, two;
    CPU_ZERO(&two);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++i) {
        if (CPU_ISSET(i, &allowed)) CPU_SET(i, &two);
    }
    ::sched_setaffinity(0, sizeof two, &two);
}

}  // namespace conq::test

#endif

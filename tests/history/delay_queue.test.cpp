// SPDX-License-Identifier: BSL-1.0
// delay_queue promises to be linearizable: items that are due when they are put, first in, first
// out; items that were due earlier, by their instants. Waiting for an instant is not what the
// checker knows of; the scheduler's models and the contract's tests are about that.
#include "conq/delay_queue.hpp"

#include <chrono>
#include <utility>

#include "linearizable.hpp"

namespace conq::test {
namespace {

struct due_at_once : subject<delay_queue<std::uint64_t>, order::fifo> {
    static constexpr const char* name = "delay_queue of 4, due at once";
    static constexpr std::uint64_t bound = 4;
    static auto make() { return delay_queue<std::uint64_t>(4); }
};

// A delay_queue each item of which has been due since an instant long past: its rank.
class ranked_by_instant {
public:
    using value_type = std::uint64_t;
    explicit ranked_by_instant(std::uint64_t bound) : queue_(bound) {}

    status put(std::uint64_t value) { return queue_.put_at(value, due(value)); }
    template <class Stop> status put(std::uint64_t value, Stop stop) {
        return queue_.put_at(value, due(value), stop);
    }
    template <class... Limit> status put_for(std::uint64_t value, Limit... within) {
        return queue_.put_at(value, due(value), within...);
    }
    template <class... Limit> status put_until(std::uint64_t value, Limit... within) {
        return queue_.put_at(value, due(value), within...);
    }
    status try_put(std::uint64_t value) { return queue_.put_at(value, due(value), conq::now); }
    status emplace(std::uint64_t value) { return put(value); }
    status try_emplace(std::uint64_t value) { return try_put(value); }
    // Its own is due at once: here it is what a batch promises to be, one put after another.
    template <class First, class... Limit>
    batch_result put_many(First first, First last, Limit... within) {
        batch_result done;
        for (; first != last && done.status == status::ok; ++first) {
            done.status = queue_.put_at(std::uint64_t{*first}, due(*first), within...);
            if (done.status == status::ok) ++done.count;
        }
        return done;
    }

    auto get() { return queue_.get(); }
    template <class Stop> auto get(Stop stop) { return queue_.get(stop); }
    template <class... Limit> auto get_for(Limit... within) { return queue_.get_for(within...); }
    template <class... Limit> auto get_until(Limit... within) {
        return queue_.get_until(within...);
    }
    auto try_get() { return queue_.try_get(); }
    auto take() { return queue_.take(); }
    template <class Out, class... Limit>
    batch_result get_many(Out out, std::uint64_t max, Limit... within) {
        return queue_.get_many(out, max, within...);
    }
    template <class... Limit> auto take_many(std::uint64_t max, Limit... within) {
        return queue_.take_many(max, within...);
    }
    void task_done(std::uint64_t count) { queue_.task_done(count); }

    void join() { queue_.join(); }
    template <class Stop> status join(Stop stop) { return queue_.join(stop); }
    template <class... Limit> status join_for(Limit... within) {
        return queue_.join_for(within...);
    }
    status try_join() { return queue_.try_join(); }
    void shutdown() { queue_.shutdown(); }
    void shutdown(conq::immediate_t now) { queue_.shutdown(now); }
    void trim() { queue_.trim(); }
    [[nodiscard]] std::uint64_t size() const { return queue_.size(); }
    [[nodiscard]] std::uint64_t unfinished() const { return queue_.unfinished(); }

private:
    static std::chrono::steady_clock::time_point due(std::uint64_t value) {
        const std::uint64_t rank = value >> testing::crowd{}.priority_from;
        return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(1 + rank));
    }
    delay_queue<std::uint64_t> queue_;
};

struct due_long_ago : subject<ranked_by_instant, order::priority> {
    static constexpr const char* name = "delay_queue of 4, due before";
    static constexpr std::uint64_t bound = 4;
    static constexpr crowd by_whom{.priorities = 1024};
    static auto make() { return ranked_by_instant(bound); }
};

using all = ::testing::Types<due_at_once, due_long_ago>;
INSTANTIATE_TYPED_TEST_SUITE_P(delay_queue, linearizable, all, subject_names);

}  // namespace
}  // namespace conq::test

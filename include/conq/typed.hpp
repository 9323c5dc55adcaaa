// SPDX-License-Identifier: BSL-1.0
// Items in a job queue: put, take, task_done by lease, join, as on a queue in memory, so that
// workers and range-for run on jobs unchanged. Link conq::jobs.
//
//     conq::job_queue jobs("sqlite:encode.q");
//     auto queue = conq::typed<song>(jobs, song_codec());
//     conq::workers crew(queue, 4, [](song& each) { encode(each); });
#ifndef CONQ_TYPED_HPP
#define CONQ_TYPED_HPP

#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "conq/contract/limit.hpp"
#include "conq/contract/status.hpp"
#include "conq/jobs.hpp"
#include "conq/platform/exceptions.hpp"
#include "conq/queue/lease.hpp"

namespace conq {

/// Makes bytes of items and items of bytes. Each may throw; both may be called from any thread.
template <class Codec, class T>
concept codec_for = requires(const Codec& codec, const T& item, std::string_view bytes) {
    { codec.encode(item) } -> std::convertible_to<std::string>;
    { codec.decode(bytes) } -> std::convertible_to<T>;
};

/// The codec of items that are bytes already.
struct plain_bytes {
    /// The bytes.
    [[nodiscard]] std::string encode(std::string_view item) const { return std::string(item); }
    /// The bytes.
    [[nodiscard]] std::string decode(std::string_view bytes) const { return std::string(bytes); }
};

/// An item of a job queue that this process holds, or the reason why there is none: a job_lease
/// whose bytes have been decoded. What the worker changes in the item is not stored.
///
/// One that is destroyed without an end hands the job back, and the attempt is spent. Ends answer
/// and throw as those of job_lease. Threads: as any value.
template <class T> class [[nodiscard]] typed_lease {
public:
    /// The item's type.
    using value_type = T;

    /// None, and why.
    explicit typed_lease(status why) noexcept : job_(why) {}
    /// The job, and the item that its bytes are.
    typed_lease(job_lease job, T item) : job_(std::move(job)), item_(std::move(item)) {}

    /// Whether it holds a job.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(job_); }
    /// `ok`, or why there is no job; `empty` after an end.
    [[nodiscard]] status state() const noexcept { return job_.state(); }
    /// The item; undefined if there was none.
    [[nodiscard]] T& operator*() noexcept { return *item_; }
    [[nodiscard]] const T& operator*() const noexcept { return *item_; }
    [[nodiscard]] T* operator->() noexcept { return &*item_; }
    [[nodiscard]] const T* operator->() const noexcept { return &*item_; }
    /// The job under it: its id, token and attempt, and its other ends.
    [[nodiscard]] job_lease& job() noexcept { return job_; }

    /// The good end.
    status done(std::string_view result = {}) { return job_.done(result); }
    /// The attempt failed: again after a delay, or a dead letter.
    status retry(std::string_view reason = {}) { return job_.retry(reason); }
    /// A dead letter at once.
    status fail(std::string_view reason) { return job_.fail(reason); }
    /// Hands it back as if it had not been taken.
    status release() { return job_.release(); }

private:
    job_lease job_;
    std::optional<T> item_;
};

/// A job queue seen as a queue of T: a work_queue. Made by conq::typed.
///
/// A job whose bytes the codec refuses becomes a dead letter with the codec's message, and take
/// goes on to the next: it is neither lost nor does it end the workers. Where memory is short
/// (std::bad_alloc), that is a failed attempt, and the job is tried again later.
///
/// The job queue outlives it. Threads: all calls from any thread. Progress, errors and cost: those
/// of the job queue's call, and of the codec.
template <class T, codec_for<T> Codec> class typed_queue {
public:
    /// The item's type.
    using value_type = T;
    /// What take answers.
    using lease_type = typed_lease<T>;

    /// Items of `jobs`, by `codec`.
    explicit typed_queue(job_queue& jobs, Codec codec = {})
        : jobs_(&jobs), codec_(std::move(codec)) {}

    /// Adds an item: ok or shut_down. There is always room. What the codec throws is thrown, and
    /// nothing was put.
    status put(const T& item, const job_options& options = {}) {
        return jobs_->put(codec_.encode(item), options).state();
    }
    /// The same, but `stopped` if `stop` has asked before.
    template <stop_token_like Stop> [[nodiscard]] status put(const T& item, Stop stop) {
        return stop.stop_requested() ? status::stopped : put(item);
    }

    /// The next item; waits while there is none. After a shutdown it drains what is left, then
    /// answers shut_down.
    lease_type take() { return take_limited(limit<>{}); }
    /// The same, until `stop` asks.
    template <stop_token_like Stop> lease_type take(Stop stop) {
        return take_limited(limit_of(std::move(stop)));
    }
    /// The same, for a span, or until `stop` asks.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    lease_type take_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return take_limited(limit_for(span, std::move(stop)));
    }
    /// The same, until a time point, or until `stop` asks.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    lease_type take_until(std::chrono::time_point<Clock, Duration> point, Stop stop = {}) {
        return take_limited(limit_until(point, std::move(stop)));
    }
    /// The next item if there is one now; else empty or shut_down.
    lease_type try_take() {
        return decoded([this] { return jobs_->try_take(); });
    }

    /// As the job queue's.
    void join() { jobs_->join(); }
    template <stop_token_like Stop> [[nodiscard]] status join(Stop stop) {
        return jobs_->join(std::move(stop));
    }
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status join_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return jobs_->join_for(span, std::move(stop));
    }
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    [[nodiscard]] status join_until(std::chrono::time_point<Clock, Duration> point,
                                    Stop stop = {}) {
        return jobs_->join_until(point, std::move(stop));
    }
    [[nodiscard]] bool try_join() { return jobs_->try_join(); }
    void shutdown() { jobs_->shutdown(); }
    void shutdown(immediate_t) { jobs_->shutdown(immediate); }

    /// The range over the queue: `for (auto& task : queue) work(*task);`
    [[nodiscard]] lease_iterator<typed_queue> begin() { return lease_iterator<typed_queue>(*this); }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    // One deadline for all the jobs that may have to be put aside.
    template <class Stop> lease_type take_limited(const limit<Stop>& within) {
        if (within.span_ns == platform::never) {
            return decoded([&] { return jobs_->take(within.stop); });
        }
        const auto until = platform::after(platform::monotonic_now(), within.span_ns);
        return decoded([&] {
            const auto at = platform::monotonic_now();
            const std::uint64_t left_ns = until > at ? until - at : 0;
            return jobs_->take_for(std::chrono::nanoseconds(left_ns), within.stop);
        });
    }

    template <class Take> lease_type decoded(const Take& take) {
        for (;;) {
            job_lease job = take();
            if (!job) return lease_type(job.state());
            if (std::optional<T> item = decode(job)) {
                return lease_type(std::move(job), *std::move(item));
            }
        }
    }
    // None: a dead letter, put off, or lost to somebody else meanwhile.
    std::optional<T> decode(job_lease& job) {
        const auto put_aside = [&](const std::exception_ptr& refusal) -> std::optional<T> {
            if (platform::is_out_of_memory(refusal)) {  // which says nothing of the bytes
                static_cast<void>(job.retry("no memory to decode its bytes"));
                return std::nullopt;
            }
            platform::use_message(refusal, [&](const char* why) {
                static_cast<void>(job.fail(std::string("its bytes are no item: ") + why));
            });
            return std::nullopt;
        };
        return platform::call_or([&] { return std::optional<T>(codec_.decode(*job)); }, put_aside);
    }

    job_queue* jobs_;
    [[no_unique_address]] Codec codec_;
};

/// `jobs` as a queue of T: `typed<T>(jobs, codec)`; without a codec T is std::string.
template <class T = std::string, codec_for<T> Codec = plain_bytes>
[[nodiscard]] typed_queue<T, Codec> typed(job_queue& jobs, Codec codec = {}) {
    return typed_queue<T, Codec>(jobs, std::move(codec));
}

}  // namespace conq

#endif

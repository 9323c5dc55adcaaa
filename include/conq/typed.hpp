// SPDX-License-Identifier: BSL-1.0
// Items in a job queue, with put, take, leases and join as on a queue in memory, so that workers
// and range-for run on jobs unchanged. Link conq::jobs.
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

/// Turns items into bytes, and bytes into items. Both functions may throw, and may be called from
/// any thread.
template <class Codec, class T>
concept codec_for = requires(const Codec& codec, const T& item, std::string_view bytes) {
    { codec.encode(item) } -> std::convertible_to<std::string>;
    { codec.decode(bytes) } -> std::convertible_to<T>;
};

/// The codec for items that are bytes already.
struct plain_bytes {
    /// The bytes.
    [[nodiscard]] std::string encode(std::string_view item) const { return std::string(item); }
    /// The bytes.
    [[nodiscard]] std::string decode(std::string_view bytes) const { return std::string(bytes); }
};

/// An item of a job queue that this process holds, or the reason why there is none: a job_lease
/// whose bytes have been decoded. What the worker changes in the item is not stored.
///
/// A lease that is destroyed before done(), retry(), fail() or release() ends as by retry(), so the
/// attempt is spent. These calls return and throw what those of job_lease do. Threads: used by one
/// at a time, as any value; it may move to another.
template <class T> class [[nodiscard]] typed_lease {
public:
    /// The item's type.
    using value_type = T;

    /// A lease without a job, because of `why`.
    explicit typed_lease(status why) noexcept : job_(why) {}
    /// A lease of `job`, whose bytes have been decoded to `item`.
    typed_lease(job_lease job, T item) : job_(std::move(job)), item_(std::move(item)) {}

    /// Whether the lease holds a job.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(job_); }
    /// `ok`, or why there is no job; `empty` after an end.
    [[nodiscard]] status state() const noexcept { return job_.state(); }
    /// The item. The behaviour is undefined if there was none.
    [[nodiscard]] T& operator*() noexcept { return *item_; }
    [[nodiscard]] const T& operator*() const noexcept { return *item_; }
    [[nodiscard]] T* operator->() noexcept { return &*item_; }
    [[nodiscard]] const T* operator->() const noexcept { return &*item_; }
    /// The job's own lease, for its id, token and attempt, and for the other calls that end it.
    [[nodiscard]] job_lease& job() noexcept { return job_; }

    /// Ends the lease: the job is done.
    status done(std::string_view result = {}) { return job_.done(result); }
    /// Ends the lease: the attempt has failed. The job is handed out again after a delay, or is a
    /// dead letter if this was the last attempt.
    status retry(std::string_view reason = {}) { return job_.retry(reason); }
    /// Ends the lease: the job becomes a dead letter at once.
    status fail(std::string_view reason) { return job_.fail(reason); }
    /// Ends the lease as if the job had not been taken.
    status release() { return job_.release(); }

private:
    job_lease job_;
    std::optional<T> item_;
};

/// A job queue seen as a queue of T: a work_queue. Made by conq::typed.
///
/// A job whose bytes the codec refuses becomes a dead letter with the codec's message, and take
/// goes on to the next job: such a job is not lost, and does not end the workers. If decoding
/// throws std::bad_alloc, the attempt has failed, and the job is tried again later.
///
/// The job queue must outlive this object. Threads: any may make all calls. Progress, errors and
/// cost: those of the job queue's call, and of the codec.
template <class T, codec_for<T> Codec> class typed_queue {
public:
    /// The item's type.
    using value_type = T;
    /// What take returns.
    using lease_type = typed_lease<T>;

    /// A view of `jobs` that uses `codec`.
    explicit typed_queue(job_queue& jobs, Codec codec = {})
        : jobs_(&jobs), codec_(std::move(codec)) {}

    /// Adds an item. Returns ok or shut_down; never waits for room. If the codec throws, nothing is
    /// added, and the exception is passed on.
    status put(const T& item, const job_options& options = {}) {
        return jobs_->put(codec_.encode(item), options).state();
    }
    /// The same, but returns `stopped`, and adds nothing, if `stop` has asked before the call.
    template <stop_token_like Stop> [[nodiscard]] status put(const T& item, Stop stop) {
        return stop.stop_requested() ? status::stopped : put(item);
    }

    /// Takes the next item; waits while there is none. After a shutdown it takes what is left, and
    /// returns shut_down when there is nothing more.
    lease_type take() { return take_limited(limit<>{}); }
    /// The same, but returns `stopped` once `stop` asks.
    template <stop_token_like Stop> lease_type take(Stop stop) {
        return take_limited(limit_of(std::move(stop)));
    }
    /// The same, but returns `timed_out` after `span`, `stopped` once `stop` asks.
    template <class Rep, class Period, stop_token_like Stop = never_stop_token>
    lease_type take_for(std::chrono::duration<Rep, Period> span, Stop stop = {}) {
        return take_limited(limit_for(span, std::move(stop)));
    }
    /// The same, but returns `timed_out` at `point`, `stopped` once `stop` asks.
    template <class Clock, class Duration, stop_token_like Stop = never_stop_token>
    lease_type take_until(std::chrono::time_point<Clock, Duration> point, Stop stop = {}) {
        return take_limited(limit_until(point, std::move(stop)));
    }
    /// Takes the next item if there is one now; else returns empty or shut_down. Does not wait for
    /// one.
    lease_type try_take() {
        return decoded([this] { return jobs_->try_take(); });
    }

    /// The same as those of the job queue.
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
    // All the jobs that may have to be put aside share one deadline.
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
    // None: the job has become a dead letter, was put off, or its lease was lost meanwhile.
    std::optional<T> decode(job_lease& job) {
        const auto put_aside = [&](const std::exception_ptr& refusal) -> std::optional<T> {
            if (platform::is_out_of_memory(refusal)) {  // the bytes may be good
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

/// Makes a queue of T of `jobs`: `typed<T>(jobs, codec)`. Without a codec T is std::string.
template <class T = std::string, codec_for<T> Codec = plain_bytes>
[[nodiscard]] typed_queue<T, Codec> typed(job_queue& jobs, Codec codec = {}) {
    return typed_queue<T, Codec>(jobs, std::move(codec));
}

}  // namespace conq

#endif

// SPDX-License-Identifier: BSL-1.0
// moodycamel's ConcurrentQueue, always without a bound: with tokens, which is its fastest form, and
// without; blocking, and retried. The items of one producer keep their order, those of two do not.
#ifndef CONQ_BENCH_RIVALS_MOODYCAMEL_HPP
#define CONQ_BENCH_RIVALS_MOODYCAMEL_HPP

#include <cstdint>
#include <utility>

#include "bench/rivals/rival.hpp"
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#define CONQ_BENCH_HAS_MOODYCAMEL
#include <concurrentqueue/blockingconcurrentqueue.h>
#endif

namespace conq::bench {

template <class T, bool Blocks, bool Tokens> struct moodycamel_queue {
    static constexpr about who{
        Blocks ? (Tokens ? "moodycamel, blocking, tokens" : "moodycamel, blocking")
               : (Tokens ? "moodycamel, tokens" : "moodycamel"),
        Blocks, order::per_producer};
#if defined(CONQ_BENCH_HAS_MOODYCAMEL)
    using queue_type = std::conditional_t<Blocks, moodycamel::BlockingConcurrentQueue<T>,
                                          moodycamel::ConcurrentQueue<T>>;
    explicit moodycamel_queue(std::uint64_t capacity) : queue(capacity == 0 ? 1024 : capacity) {}

    template <class... Token> T take(Token&... token) {
        T item;
        if constexpr (Blocks) {
            queue.wait_dequeue(token..., item);
        } else {
            retry([&] { return queue.try_dequeue(token..., item); });
        }
        return item;
    }
    void put(T item) { queue.enqueue(std::move(item)); }
    T get() { return take(); }

    struct putting {
        queue_type& queue;
        moodycamel::ProducerToken token{queue};
        void put(T item) { queue.enqueue(token, std::move(item)); }
    };
    struct getting {
        moodycamel_queue& from;
        moodycamel::ConsumerToken token{from.queue};
        T get() { return from.take(token); }
    };
    auto putter()
        requires Tokens
    {
        return putting{queue};
    }
    auto getter()
        requires Tokens
    {
        return getting{*this};
    }
    queue_type queue;
#endif
};

}  // namespace conq::bench

#endif

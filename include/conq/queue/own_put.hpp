// SPDX-License-Identifier: BSL-1.0
// Workers that put into the very queue that they take from. A worker that finds it full waits for
// the others; when all wait, nobody is left to make room. That is a mistake in the program, which
// would show only as silence: so it is detected and reported.
#ifndef CONQ_QUEUE_OWN_PUT_HPP
#define CONQ_QUEUE_OWN_PUT_HPP

#include <cstddef>

namespace conq {

/// The workers of one pool: what a put on one of their threads needs to know of them.
///
/// Threads: any, except that `enter` marks the calling thread. It must outlive the threads.
template <class Platform> struct crew {
    const void* queue;                         ///< the queue that they take from
    std::size_t size;                          ///< the number of workers
    void (*on_all_wait)(crew& self) noexcept;  ///< called by the last one that begins to wait

    /// How many of them sleep in a put into that queue.
    typename Platform::template atomic<std::size_t> waiting{0};

    /// Marks the calling thread as one of these workers.
    void enter() noexcept {
        if constexpr (requires { Platform::thread_slot(); }) Platform::thread_slot() = this;
    }
    /// Whether the calling thread is one of them.
    [[nodiscard]] bool is_mine() const noexcept {
        if constexpr (requires { Platform::thread_slot(); }) {
            return Platform::thread_slot() == this;
        } else {
            return false;
        }
    }
};

/// Lives while a put without a limit sleeps on `queue`, and counts the put if its thread is a
/// worker of that queue.
template <class Platform> class own_put {
public:
    /// `queue` is null if there is no such put.
    explicit own_put(const void* queue) noexcept {
        if constexpr (requires { Platform::thread_slot(); }) {
            auto* const mine = static_cast<crew<Platform>*>(Platform::thread_slot());
            if (queue == nullptr || mine == nullptr || mine->queue != queue) return;
            crew_ = mine;
            if (mine->waiting.fetch_add(1) + 1 == mine->size) mine->on_all_wait(*mine);
        }
    }
    own_put(const own_put&) = delete;
    own_put& operator=(const own_put&) = delete;
    ~own_put() {
        if (crew_ != nullptr) crew_->waiting.fetch_sub(1);
    }

private:
    crew<Platform>* crew_ = nullptr;
};

}  // namespace conq

#endif

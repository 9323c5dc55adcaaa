// SPDX-License-Identifier: BSL-1.0
// Workers that put into the very queue that they take from. One of them that finds it full waits
// for the others; when all wait, nobody is left to make room. That is a mistake of the program,
// which would show as a silence: it is detected and said.
#ifndef CONQ_QUEUE_OWN_PUT_HPP
#define CONQ_QUEUE_OWN_PUT_HPP

#include <cstddef>

namespace conq {

/// The workers of one pool: what a put on one of their threads has to know of them.
///
/// Threads: any, but `enter`, which marks the calling thread. Outlives the threads.
template <class Platform> struct crew {
    const void* queue;                         ///< that they take from
    std::size_t size;                          ///< how many they are
    void (*on_all_wait)(crew& self) noexcept;  ///< called by the last one that begins to wait

    /// How many of them sleep in a put to that queue.
    typename Platform::template atomic<std::size_t> waiting{0};

    /// The calling thread is one of them from here on.
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

/// Lives while a put without a limit sleeps on `queue`, and counts it if a worker of that queue
/// put.
template <class Platform> class own_put {
public:
    /// `queue`: null if it is not such a put.
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

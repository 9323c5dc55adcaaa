// SPDX-License-Identifier: BSL-1.0
// A stop source and its token for standard libraries that lack std::stop_source (which came with
// C++20's jthread), so that workers can be stopped there, too.
#ifndef CONQ_PLATFORM_OWN_STOP_HPP
#define CONQ_PLATFORM_OWN_STOP_HPP

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace conq::platform {

/// Requests a stop, once and for good. A callback runs under the lock of its source: it must
/// neither use the source nor destroy itself.
///
/// Threads: any. Progress: registering a callback, destroying one and requesting a stop take a
/// mutex.
class own_stop_source {
    struct listener {
        void (*call)(listener& self) noexcept;
        listener* next = nullptr;
    };
    struct shared {
        std::atomic<bool> is_requested{false};
        std::mutex mutex;
        listener* first = nullptr;  // under the mutex
    };

public:
    /// Tells whether a stop was requested from the source. It keeps the shared state alive.
    class token {
    public:
        /// Calls `Callback` when the stop is requested, or at once if it was already. The
        /// destructor waits for a call that is running on another thread.
        template <class Callback> class callback_type : listener {
        public:
            /// Registers the callback. Throws what moving the callback throws.
            callback_type(token from, Callback callback)
                : listener{[](listener& self) noexcept {
                      static_cast<callback_type&>(self).callback_();
                  }},
                  from_(std::move(from.state_)),
                  callback_(std::move(callback)) {
                const std::lock_guard held(from_->mutex);
                if (from_->is_requested.load()) {
                    callback_();
                } else {
                    this->next = from_->first;
                    from_->first = this;
                }
            }
            ~callback_type() {
                const std::lock_guard held(from_->mutex);
                listener** link = &from_->first;
                while (*link != nullptr && *link != this) link = &(*link)->next;
                if (*link != nullptr) *link = this->next;
            }
            callback_type(const callback_type&) = delete;
            callback_type& operator=(const callback_type&) = delete;

        private:
            std::shared_ptr<shared> from_;
            Callback callback_;
        };

        /// Whether a stop was requested.
        [[nodiscard]] bool stop_requested() const noexcept { return state_->is_requested.load(); }
        /// Always true.
        [[nodiscard]] bool stop_possible() const noexcept { return true; }

    private:
        friend own_stop_source;
        explicit token(std::shared_ptr<shared> state) noexcept : state_(std::move(state)) {}
        std::shared_ptr<shared> state_;
    };

    /// A token of this source. The token may outlive the source.
    [[nodiscard]] token get_token() const noexcept { return token(state_); }

    /// Requests a stop and calls the callbacks. False: a stop had been requested before.
    bool request_stop() noexcept {
        const std::lock_guard held(state_->mutex);
        if (state_->is_requested.exchange(true)) return false;
        while (state_->first != nullptr) {
            listener& each = *std::exchange(state_->first, state_->first->next);
            each.call(each);
        }
        return true;
    }

private:
    std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

}  // namespace conq::platform

#endif

// SPDX-License-Identifier: BSL-1.0
// A stop source and its token for standard libraries without std::stop_source (before C++20's
// jthread), so that workers can be stopped there, too.
#ifndef CONQ_PLATFORM_OWN_STOP_HPP
#define CONQ_PLATFORM_OWN_STOP_HPP

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace conq::platform {

/// Asks to stop, once and for good. A callback runs under the lock of its source: it must neither
/// use the source nor be destroyed by itself.
///
/// Threads: any. Progress: to register a callback, to end one and to request take a mutex.
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
    /// What tells whether the source has been asked.
    class token {
    public:
        /// Calls `Callback` when the stop is requested, at once if it has been. Its destructor
        /// waits for a call that runs on another thread.
        template <class Callback> class callback_type : listener {
        public:
            /// Registers the callback. Throws what moving it throws.
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

        /// Whether the stop was requested.
        [[nodiscard]] bool stop_requested() const noexcept { return state_->is_requested.load(); }
        /// Always true.
        [[nodiscard]] bool stop_possible() const noexcept { return true; }

    private:
        friend own_stop_source;
        explicit token(std::shared_ptr<shared> state) noexcept : state_(std::move(state)) {}
        std::shared_ptr<shared> state_;
    };

    /// A token of this source. It may outlive it.
    [[nodiscard]] token get_token() const noexcept { return token(state_); }

    /// Asks to stop and calls the callbacks. False: it had been asked before.
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

// SPDX-License-Identifier: BSL-1.0
// A stop source and its token on the deterministic scheduler. They behave as the standard's do: a
// request runs the callbacks one by one, and the destructor of a callback that is running waits
// until it has ended.
#ifndef CONQ_TESTING_SCHEDULER_SCHEDULED_STOP_HPP
#define CONQ_TESTING_SCHEDULER_SCHEDULED_STOP_HPP

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "conq/platform/lock.hpp"
#include "testing/scheduler/scheduled_atomic.hpp"

namespace conq::testing {

template <class Platform> class basic_scheduled_stop {
    using function = std::function<void()>;

public:
    class token {
    public:
        template <class Callback> class callback_type {
        public:
            callback_type(token from, Callback callback)
                : source_(from.source_), call_(std::move(callback)) {
                if (!source_->add(call_)) call_();
            }
            ~callback_type() { source_->remove(call_); }
            callback_type(const callback_type&) = delete;
            callback_type& operator=(const callback_type&) = delete;

        private:
            basic_scheduled_stop* source_;
            function call_;
        };
        explicit token(basic_scheduled_stop* source) noexcept : source_(source) {}
        [[nodiscard]] bool stop_requested() const noexcept { return source_->requested_.load(); }
        [[nodiscard]] bool stop_possible() const noexcept { return true; }

    private:
        basic_scheduled_stop* source_;
    };

    [[nodiscard]] token get_token() noexcept { return token(this); }

    bool request_stop() {
        if (requested_.exchange(true)) return false;
        for (;;) {
            function* next = nullptr;
            {
                const std::lock_guard held(lock_);
                if (callbacks_.empty()) return true;
                next = callbacks_.back();
                callbacks_.pop_back();
                runner_ = scheduler::current()->self();
                running_.store(next);
            }
            (*next)();  // may destroy the callback, if this thread does it
            running_.store(nullptr);
        }
    }

private:
    // False: the stop was requested already, and the callback was not added.
    bool add(function& call) {
        const std::lock_guard held(lock_);
        if (requested_.load()) return false;
        callbacks_.push_back(&call);
        return true;
    }
    void remove(function& call) {
        {
            const std::lock_guard held(lock_);
            std::erase(callbacks_, &call);
            if (runner_ == scheduler::current()->self()) return;
        }
        while (running_.load() == &call) Platform::yield();
    }

    scheduled_atomic<bool> requested_{false};
    scheduled_atomic<function*> running_{nullptr};
    platform::futex_lock<Platform> lock_;
    std::vector<function*> callbacks_;  // under the lock
    std::size_t runner_ = threads_max;
};

}  // namespace conq::testing

#endif

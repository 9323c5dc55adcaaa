// SPDX-License-Identifier: BSL-1.0
// The platform seam on the deterministic scheduler: the same queue headers run on it.
#ifndef CONQ_TESTING_SCHEDULER_SCHEDULED_HPP
#define CONQ_TESTING_SCHEDULER_SCHEDULED_HPP

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

#include "conq/platform/clock.hpp"
#include "conq/platform/futex_portable.hpp"
#include "conq/queue/traits.hpp"
#include "testing/scheduler/scheduler.hpp"

namespace conq::testing {

/// std::atomic's members, as points of the schedule.
template <class T> class scheduled_atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

public:
    scheduled_atomic(T value = {}) noexcept : cell_(bits(value)) {}  // NOLINT: as std::atomic's

    T load(std::memory_order = std::memory_order_seq_cst) const {
        return value(scheduler::current()->load(cell_));
    }
    void store(T to, std::memory_order order = std::memory_order_seq_cst) {
        scheduler::current()->store(cell_, bits(to), order == std::memory_order_seq_cst);
    }
    T exchange(T to, std::memory_order = std::memory_order_seq_cst) {
        return change("exchange", [&](T) { return to; });
    }
    T fetch_add(T by, std::memory_order = std::memory_order_seq_cst) {
        return change("add", [&](T was) { return static_cast<T>(was + by); });
    }
    T fetch_sub(T by, std::memory_order = std::memory_order_seq_cst) {
        return change("sub", [&](T was) { return static_cast<T>(was - by); });
    }
    T fetch_or(T with, std::memory_order = std::memory_order_seq_cst) {
        return change("or", [&](T was) { return static_cast<T>(was | with); });
    }
    T fetch_and(T with, std::memory_order = std::memory_order_seq_cst) {
        return change("and", [&](T was) { return static_cast<T>(was & with); });
    }
    bool compare_exchange_strong(T& expected, T to, std::memory_order = std::memory_order_seq_cst,
                                 std::memory_order = std::memory_order_seq_cst) {
        const T was = value(scheduler::current()->begin_rmw("cas", cell_));
        const bool is_equal = was == expected;
        if (is_equal) cell_.value = bits(to);
        expected = was;
        return is_equal;
    }
    bool compare_exchange_weak(T& expected, T to, std::memory_order a = std::memory_order_seq_cst,
                               std::memory_order b = std::memory_order_seq_cst) {
        if (scheduler::current()->fails_spuriously()) {
            expected = load(b);
            return false;
        }
        return compare_exchange_strong(expected, to, a, b);
    }

    [[nodiscard]] cell& shared() noexcept { return cell_; }

private:
    static std::uint64_t bits(T from) noexcept {
        std::uint64_t to = 0;
        std::memcpy(&to, &from, sizeof from);
        return to;
    }
    static T value(std::uint64_t from) noexcept {
        T to;
        std::memcpy(&to, &from, sizeof to);
        return to;
    }
    template <class Change> T change(const char* name, Change to) {
        const T was = value(scheduler::current()->begin_rmw(name, cell_));
        cell_.value = bits(to(was));
        return was;
    }

    cell cell_;
};

/// The seam; see platform/native.hpp for what each member means.
struct scheduled {
    template <class T> using atomic = scheduled_atomic<T>;
    template <class T> using plain = T;

    static platform::instant_ns now() { return scheduler::current()->now(); }
    static void pause(int) { scheduler::current()->step_back("pause"); }
    static void yield() { scheduler::current()->step_back("yield"); }
    static void sleep(std::uint64_t span_ns) { scheduler::current()->sleep(span_ns); }
    static platform::sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                    platform::instant_ns deadline) {
        return scheduler::current()->wait(word.shared(), expected, deadline)
                   ? platform::sleep_end::woken
                   : platform::sleep_end::timed_out;
    }
    static void wake(const void* address, int count) { scheduler::current()->wake(address, count); }
    static void interrupted() noexcept {}
};

/// Allocates at a point of the schedule.
template <class T> struct scheduled_allocator {
    using value_type = T;
    scheduled_allocator() = default;
    template <class U>
    scheduled_allocator(const scheduled_allocator<U>&) noexcept {}  // NOLINT: allocators convert
    T* allocate(std::size_t n) {
        if (scheduler* s = scheduler::current()) s->point("allocate", nullptr, n);
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) noexcept { std::allocator<T>().deallocate(p, n); }
    friend bool operator==(scheduled_allocator, scheduled_allocator) noexcept { return true; }
};

struct scheduled_traits {
    using platform = scheduled;
    using wake = policy::economical;
    template <class T> using allocator = scheduled_allocator<T>;
};
struct scheduled_prompt_traits : scheduled_traits {
    using wake = policy::prompt;
};

/// An item whose moves take time, so that two threads in the same slot are seen.
class slow_item {
public:
    explicit slow_item(int value) noexcept : value_(value) {}
    slow_item(slow_item&& other) noexcept : value_(other.value_) {
        scheduler::current()->point("move", nullptr, 0);
        require(value_ == other.value_ && value_ >= 0, "an item was torn while it was moved");
        other.value_ = -1;
    }
    ~slow_item() { value_ = -2; }
    [[nodiscard]] int value() const noexcept { return value_; }

private:
    int value_;
};

/// A stop source and its token, of the standard's shape.
class scheduled_stop {
public:
    class token {
    public:
        template <class Callback> class callback_type {
        public:
            callback_type(token from, Callback callback)
                : source_(from.source_), callback_(callback), entry_([this] { callback_(); }) {
                if (source_->requested_.load()) {
                    callback_();
                } else {
                    source_->callbacks_.push_back(&entry_);
                }
            }
            ~callback_type() {
                while (source_->running_ == &entry_) scheduled::yield();
                std::erase(source_->callbacks_, &entry_);
            }
            callback_type(const callback_type&) = delete;

        private:
            scheduled_stop* source_;
            Callback callback_;
            std::function<void()> entry_;
        };
        explicit token(scheduled_stop* source) noexcept : source_(source) {}
        [[nodiscard]] bool stop_requested() const noexcept { return source_->requested_.load(); }
        [[nodiscard]] bool stop_possible() const noexcept { return true; }

    private:
        scheduled_stop* source_;
    };

    [[nodiscard]] token get_token() noexcept { return token(this); }
    void request_stop() {
        if (requested_.exchange(true)) return;
        while (!callbacks_.empty()) {
            running_ = callbacks_.back();
            callbacks_.pop_back();
            (*running_)();
            running_ = nullptr;
        }
    }

private:
    scheduled_atomic<bool> requested_{false};
    std::vector<std::function<void()>*> callbacks_;
    std::function<void()>* running_ = nullptr;
};

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// Limits how many bytes may wait somewhere, whatever the size of each piece.
#ifndef CONQ_CLI_BYTE_BUDGET_HPP
#define CONQ_CLI_BYTE_BUDGET_HPP

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace conq::cli {

/// Limits how many bytes are in use at once. Any thread. Must outlive its charges.
class byte_budget {
public:
    explicit byte_budget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// Bytes taken from a budget. The destructor or end() gives them back.
    class charge {
    public:
        charge() = default;
        charge(byte_budget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
        charge(charge&& other) noexcept
            : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
        charge& operator=(charge&& other) noexcept {
            std::swap(budget_, other.budget_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~charge() { end(); }
        void end() noexcept {
            if (budget_ != nullptr) std::exchange(budget_, nullptr)->give_back(bytes_);
        }

    private:
        byte_budget* budget_ = nullptr;
        std::size_t bytes_ = 0;
    };

    /// Waits until the bytes fit, and takes them. A piece larger than the whole budget waits until
    /// nothing else is in use.
    [[nodiscard]] charge take(std::size_t bytes) {
        std::unique_lock held(mutex_);
        has_room_.wait(held, [&] { return used_ == 0 || used_ + bytes <= bytes_max_; });
        used_ += bytes;
        return {*this, bytes};
    }

private:
    void give_back(std::size_t bytes) noexcept {
        const std::lock_guard held(mutex_);
        used_ -= bytes;
        has_room_.notify_one();
    }

    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::condition_variable has_room_;
    std::size_t used_ = 0;
};

}  // namespace conq::cli

#endif

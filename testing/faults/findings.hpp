// SPDX-License-Identifier: BSL-1.0
// What a harness has found: a test expects no findings, a canary expects some.
#ifndef CONQ_TESTING_FAULTS_FINDINGS_HPP
#define CONQ_TESTING_FAULTS_FINDINGS_HPP

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace conq::testing {

/// Threads: any.
class findings {
public:
    /// Adds a finding: something is wrong.
    void add(std::string what) {
        const std::lock_guard held(mutex_);
        ++count_;
        if (texts_.size() < kept) texts_.push_back(std::move(what));
    }
    /// Adds the finding `what` unless `is_right`.
    void expect(bool is_right, const char* what) {
        if (!is_right) add(what);
    }

    [[nodiscard]] std::size_t count() const {
        const std::lock_guard held(mutex_);
        return count_;
    }
    /// The first few findings, one a line.
    [[nodiscard]] std::string text() const {
        const std::lock_guard held(mutex_);
        std::string all;
        for (const std::string& each : texts_) all += each + "\n";
        return all;
    }

private:
    static constexpr std::size_t kept = 10;
    mutable std::mutex mutex_;
    std::vector<std::string> texts_;
    std::size_t count_ = 0;
};

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// Runs the contract suite and prints its matrix of promises and queues.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace {

// Collects how each promise went on each queue, and prints it at the end.
class matrix : public ::testing::EmptyTestEventListener {
    void OnTestEnd(const ::testing::TestInfo& test) override {
        const std::string queue = test.type_param() != nullptr ? queue_of(test) : "";
        if (queue.empty()) return;
        const std::string suite = test.test_suite_name();
        const std::string promise = suite.substr(0, suite.find('/')) + "." + test.name();
        if (cells_.find(promise) == cells_.end()) promises_.push_back(promise);
        if (columns_.find(queue) == columns_.end()) {
            columns_[queue] = queues_.size();
            queues_.push_back(queue);
        }
        const ::testing::TestResult& result = *test.result();
        cells_[promise][queue] = result.Failed()                    ? 'F'
                                 : result.test_property_count() > 0 ? '-'
                                                                    : '+';
    }

    void OnTestProgramEnd(const ::testing::UnitTest&) override {
        std::printf("\nThe contract, promise by queue (+ holds, - does not apply, F fails)\n");
        for (std::size_t i = 0; i < queues_.size(); ++i) {
            std::printf("  %c  %s\n", static_cast<char>('a' + i), queues_[i].c_str());
        }
        std::size_t held = 0;
        for (const std::string& promise : promises_) {
            std::printf("  ");
            for (const std::string& queue : queues_) {
                const auto cell = cells_[promise].find(queue);
                const char mark = cell == cells_[promise].end() ? ' ' : cell->second;
                held += mark == '+' ? 1 : 0;
                std::printf("%c", mark);
            }
            std::printf("  %s\n", promise.c_str());
        }
        std::printf("%zu promises on %zu queues: %zu cells hold\n", promises_.size(),
                    queues_.size(), held);
    }

    // "put_get/bounded_queue, prompt" -> "bounded_queue, prompt"
    static std::string queue_of(const ::testing::TestInfo& test) {
        const std::string suite = test.test_suite_name();
        return suite.substr(suite.find('/') + 1);
    }

    std::vector<std::string> promises_, queues_;
    std::map<std::string, std::size_t> columns_;
    std::map<std::string, std::map<std::string, char>> cells_;
};

}  // namespace

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    ::testing::UnitTest::GetInstance()->listeners().Append(new matrix);
    return RUN_ALL_TESTS();
}

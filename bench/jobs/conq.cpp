// SPDX-License-Identifier: BSL-1.0
#include <vector>

#include "bench/jobs/session.hpp"
#include "conq/jobs.hpp"

namespace conq::bench {
namespace {

class conq_session final : public session {
public:
    explicit conq_session(std::shared_ptr<job_queue> queue) : queue_(std::move(queue)) {}

    void put(std::size_t count) override {
        if (count == 1) {
            static_cast<void>(queue_->put(job_body).value());
            return;
        }
        bodies_.resize(count, job_body);
        ids_.clear();
        static_cast<void>(queue_->put_many(bodies_, ids_));
    }
    std::size_t take(std::size_t count) override {
        const std::size_t before = held_.size();
        static_cast<void>(queue_->try_take_many(count, held_));
        return held_.size() - before;
    }
    void done() override { static_cast<void>(queue_->done_many(held_)); }

private:
    const std::shared_ptr<job_queue> queue_;
    std::vector<std::string> bodies_;
    std::vector<job_id> ids_;
    std::vector<job_lease> held_;
};

}  // namespace

store open_conq(const std::string& url) {
    return [queue = std::make_shared<job_queue>(url)] {
        return std::make_unique<conq_session>(queue);
    };
}

}  // namespace conq::bench

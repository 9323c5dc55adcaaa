// SPDX-License-Identifier: BSL-1.0
// What the models of a rendezvous share.
#ifndef CONQ_TESTS_SCHEDULES_RENDEZVOUS_MODELS_HPP
#define CONQ_TESTS_SCHEDULES_RENDEZVOUS_MODELS_HPP

#include <memory>

#include "conq/queue/rendezvous.hpp"
#include "models.hpp"

namespace conq::testing {

using meeting = basic_rendezvous<slow_item, scheduled_traits>;

/// How many items were accepted, and how many came out.
struct tally {
    int accepted = 0, received = 0;
};
/// Checks that both numbers are the same in the end, and that they agree with the queue's count.
template <class Queue>
void expect_equal(scenario& story, std::shared_ptr<Queue> q, std::shared_ptr<tally> both) {
    story.at_end([=] {
        require(both->accepted == both->received, "a put and its get do not agree");
        require(q->unfinished() == static_cast<std::uint64_t>(both->accepted), "miscounted");
    });
}

/// Adds a model of a protocol.
inline void add_hand_over(protocol_models& to, protocol_model like, const char* protocol,
                          const std::string& variant, const model& run) {
    like.protocol = std::string("hand-over: ") + protocol;
    like.variant = variant;
    like.run = run;
    to.push_back(like);
}

}  // namespace conq::testing

#endif

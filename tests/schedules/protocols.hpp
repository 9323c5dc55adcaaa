// SPDX-License-Identifier: BSL-1.0
// The protocols of the core as models: small programs on the queues themselves, whose checks hold
// under every schedule. The tests run the models, and the mutants are judged by them.
#ifndef CONQ_TESTS_SCHEDULES_PROTOCOLS_HPP
#define CONQ_TESTS_SCHEDULES_PROTOCOLS_HPP

#include <string>
#include <vector>

#include "testing/scheduler/explore.hpp"

namespace conq::testing {

/// One model of a protocol.
struct protocol_model {
    std::string protocol;  ///< what is checked: "parking"
    std::string variant;   ///< what it runs on: "bounded_queue of 2"
    model run;
    bool may_rely_on_timers = false;  ///< whether it has calls with a deadline
    bool is_small = false;            ///< whether all its schedules of two preemptions can be run
};
using protocol_models = std::vector<protocol_model>;

// Each of these adds the models of one file.
void add_parking_models(protocol_models& to);
void add_ending_models(protocol_models& to);  // shutdown, time-outs, stops, interrupts
void add_join_models(protocol_models& to);
void add_segment_models(protocol_models& to);
void add_worker_models(protocol_models& to);
void add_spsc_models(protocol_models& to);
void add_delay_models(protocol_models& to);
void add_rendezvous_models(protocol_models& to);
void add_rendezvous_partner_models(protocol_models& to);
void add_rendezvous_batch_models(protocol_models& to);
void add_part_models(protocol_models& to);      // the lock, the room of waiters, the count
void add_waking_models(protocol_models& to);    // each wake that nothing else replaces
void add_counting_models(protocol_models& to);  // what a look at the counts may answer
void add_clean_up_models(protocol_models& to);  // items, memory, exceptions, failures of workers
void add_p0260_models(protocol_models& to);
void add_batch_models(protocol_models& to);
void add_batch_lease_models(protocol_models& to);  // and exceptions in batches

/// The models of all files.
inline protocol_models all_models() {
    protocol_models all;
    add_parking_models(all);
    add_ending_models(all);
    add_join_models(all);
    add_segment_models(all);
    add_worker_models(all);
    add_spsc_models(all);
    add_delay_models(all);
    add_rendezvous_models(all);
    add_rendezvous_partner_models(all);
    add_rendezvous_batch_models(all);
    add_part_models(all);
    add_waking_models(all);
    add_counting_models(all);
    add_clean_up_models(all);
    add_p0260_models(all);
    add_batch_models(all);
    add_batch_lease_models(all);
    return all;
}

}  // namespace conq::testing

#endif

// SPDX-License-Identifier: BSL-1.0
// A work queue that hands out the lowest item first, equal items in the order of their puts.
//
//     struct sooner {
//         bool operator()(const job& a, const job& b) const { return a.deadline < b.deadline; }
//     };
//     conq::priority_queue<job, sooner> q;
//     q.put(job{.deadline = 20});
//     q.put(job{.deadline = 10});
//     q.get();  // the job with deadline 10
#ifndef CONQ_PRIORITY_QUEUE_HPP
#define CONQ_PRIORITY_QUEUE_HPP

#include "conq/queue/priority_queue.hpp"

#endif
